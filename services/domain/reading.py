"""YAML text → documents and problems. Every problem of every document is found in one go."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node

from services.domain.documents import Document

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_LONGEST_BITS = 64


@dataclass(frozen=True, order=True)
class Problem:
    file: str
    line: int
    """Counted from 1."""
    key: str
    """Path to the value: ``flow.nodes.welcome.keys.1``; empty when the whole document is meant."""
    value: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: "
        what = f"{self.key}: " if self.key else ""
        return f"{where}{what}{self.value}: {self.expected}" if self.value else f"{where}{what}{self.expected}"


@dataclass(frozen=True)
class Located:
    """A document and where it stands, so that later checks can point at its lines too."""

    document: Document
    file: str
    source: Any
    """The YAML nodes, which know their lines."""

    def place(self, key: str) -> str:
        """File and line."""
        return f"{self.file}:{_line(self.source, key.split('.'))}"

    def problem(self, key: str, value: object, expected: str) -> Problem:
        return Problem(self.file, _line(self.source, key.split(".") if key else []), key, _shown(value), expected)


@dataclass
class Reading:
    """What was read: documents, problems, and the (kind, id) of documents that could not be taken.

    References to those are not reported as missing: one mistake is one problem.
    """

    located: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of_all(cls, readings: Iterable["Reading"]) -> "Reading":
        together = cls()
        for reading in readings:
            together.located += reading.located
            together.problems += reading.problems
            together.broken |= reading.broken
        return together


class _Constructor(RoundTripConstructor):
    def construct_object(self, node: Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # as ruamel has it
        try:
            value = super().construct_object(node, deep)
        except (ValueError, IndexError):  # 2026-02-30, -_
            raise _misread(node) from None
        if isinstance(value, int) and value.bit_length() > _LONGEST_BITS:
            raise _misread(node)
        return value


def _misread(node: Node) -> MarkedYAMLError:
    problem = f"{_shown(node.value)} reads like a day, a time or a number, and is none"
    return MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def read(file: str, text: str) -> Reading:
    """Documents of one file, separated by ``---``."""
    reading = Reading()
    yaml = YAML(typ="rt")
    yaml.Constructor = _Constructor
    try:
        sources = [source for source in yaml.load_all(text) if source is not None]
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        reading.problems.append(Problem(file, line, "", "", f"not valid YAML: {error.problem}"))
        return reading
    except YAMLError as error:
        reading.problems.append(Problem(file, 1, "", "", f"not valid YAML: {str(error).splitlines()[0]}"))
        return reading
    for source in sources:
        try:
            reading.located.append(Located(_DOCUMENT.validate_python(source), file, source))
        except ValidationError as invalid:
            reading.problems += [_problem(file, source, details) for details in invalid.errors()]
            if isinstance(source, dict):
                reading.broken.add(
                    (str(source.get("kind")), str(source.get("number" if source.get("kind") == "hotline" else "id")))
                )
    return reading


def _problem(file: str, source: Any, details: ErrorDetails) -> Problem:
    path, value = _yaml_path(source, details["loc"]), details["input"]
    if details["type"] == "union_tag_invalid":
        path, value = [*path, "kind"], value["kind"]
    shown = "" if details["type"] == "missing" or _SECRET.intersection(path[-2:]) else _shown(value)
    return Problem(file, _line(source, path), ".".join(path), shown, _expected(details))


_SECRET = {"password", "secret", "codes"}
"""Keys whose values, and whose lists' values, are not shown."""

_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "union_tag_not_found": "'kind' is missing",
    "union_tag_invalid": "unknown kind; expected one of {expected_tags}",
    "string_type": "expected text; put numbers in quotes",
    "date_from_datetime_inexact": "expected a day, like 2026-01-31",
    "value_error": "{error}",
}
"""By pydantic's error type, where its own words would not help somebody who writes YAML."""


def _expected(details: ErrorDetails) -> str:
    sentence = _SENTENCES.get(details["type"])
    return sentence.format(**details.get("ctx", {})) if sentence else details["msg"]


def _yaml_path(source: Any, loc: tuple[str | int, ...]) -> list[str]:
    """Pydantic's location also names the kinds it chose from and ``[key]``; what is left leads through the YAML."""
    path: list[str] = []
    for step in loc:
        inner = _child(source, str(step))
        last = step == loc[-1]
        if _has(source, str(step)) or (
            last and isinstance(source, dict) and step != "[key]" and not _is_kind(source, step)
        ):
            path.append(str(step))
            source = inner
    return path


def _is_kind(source: dict[Any, Any], step: str | int) -> bool:
    return source.get("kind") == step


def _has(source: Any, step: str) -> bool:
    """Also when what is there is nothing."""
    if isinstance(source, dict):
        return any(str(key) == step for key in source)
    return _child(source, step) is not None


def _child(source: Any, step: str) -> Any:
    if isinstance(source, dict):
        return next((value for key, value in source.items() if str(key) == step), None)
    if isinstance(source, list) and step.isdigit() and int(step) < len(source):
        return source[int(step)]
    return None


def _line(source: Any, path: list[str]) -> int:
    """Line of the deepest step of ``path`` that exists."""
    line = source.lc.line + 1 if isinstance(source, CommentedBase) else 1
    for step in path:
        if not isinstance(source, CommentedBase):
            break
        key = next((key for key in _positions(source) if str(key) == step), None)
        if key is None:
            break
        line = source.lc.data[key][0] + 1
        source = _child(source, step)
    return int(line)


def _positions(source: CommentedBase) -> dict[Any, list[int]]:
    return source.lc.data or {}


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return ""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  # what fits a line
