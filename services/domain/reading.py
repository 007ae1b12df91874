"""YAML text → documents and problems. Every problem of every document is found in one go."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from services.domain.documents import Document, Ref, ref
from services.domain.problem import Problem, shown
from services.domain.source import Mapping, Sequence, parse
from services.domain.suggestion import did_you_mean, keys_at

_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)
_KINDS = get_args(get_args(Document)[0])


@dataclass(frozen=True)
class Located:
    """A document and where it stands, so that later checks can point at its lines too."""

    document: Document
    file: str
    source: Any = None
    """Values that know their lines; None of a document that stands in no file."""

    @classmethod
    def stored(cls, document: Document) -> "Located":
        return cls(document, f"{document.kind} {document.id} as stored")

    @property
    def ref(self) -> Ref:
        return ref(self.document)

    def place(self, key: str) -> str:
        """File and line."""
        return self.file if self.source is None else f"{self.file}:{_line(self.source, key.split('.'))}"

    def problem(self, key: str, value: object, expected: str) -> Problem:
        path = key.split(".") if key else []
        line = 0 if self.source is None else _line(self.source, path)
        return Problem(self.file, line, key, shown(value, path), expected)


@dataclass
class Reading:
    """What was read: documents, problems, and kind and id of the documents that could not be taken.

    References to those are not reported as missing: one mistake is one problem.
    """

    located: list[Located] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Ref] = field(default_factory=set)

    @classmethod
    def of_all(cls, readings: Iterable["Reading"]) -> "Reading":
        together = cls()
        for reading in readings:
            together.located += reading.located
            together.problems += reading.problems
            together.broken |= reading.broken
        return together


def read(file: str, text: str) -> Reading:
    """Documents of one file, separated by ``---``."""
    sources, flaws = parse(file, text)
    reading = Reading(problems=flaws)
    told = [(flaw.line, flaw.key) for flaw in flaws]
    for source in sources:
        one = take(file, source)
        reading.located += one.located
        reading.problems += [problem for problem in one.problems if not any(_covers(flaw, problem) for flaw in told)]
        reading.broken |= one.broken
    return reading


def take(file: str, source: Any) -> Reading:
    """One document of values, which may know their lines."""
    try:
        return Reading([Located(_DOCUMENT.validate_python(source), file, source)])
    except ValidationError as invalid:
        errors = invalid.errors()
        other_schema = [details for details in errors if details["loc"][1:] == ("schema",)]
        found = [_problem(file, source, details) for details in other_schema or errors]
        return Reading(problems=found, broken={_ref(source)})


def _covers(flaw: tuple[int, str], problem: Problem) -> bool:
    """One mistake is one problem: what could not be read is not missed."""
    line, key = flaw
    return line == problem.line and (problem.key == key or problem.key.startswith(f"{key}."))


def _ref(source: Any) -> Ref:
    fields = source if isinstance(source, dict) else {}
    return str(fields.get("kind")), str(fields.get("number" if fields.get("kind") == "hotline" else "id"))


def _problem(file: str, source: Any, details: ErrorDetails) -> Problem:
    path, value = _yaml_path(source, details["loc"]), details["input"]
    if details["type"] == "union_tag_invalid":
        path, value = [*path, "kind"], value["kind"]
    said = "" if details["type"] == "missing" else shown(value, path)
    expected = _expected(details)
    if details["type"] == "extra_forbidden":
        expected += did_you_mean(path[-1], keys_at(_KINDS, source, path[:-1]))
    return Problem(file, _line(source, path), ".".join(path), said, expected)


_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "union_tag_not_found": "'kind' is missing",
    "union_tag_invalid": "unknown kind; expected one of {expected_tags}",
    "string_type": "expected text; put numbers in quotes",
    "date_from_datetime_parsing": "there is no such day; expected one like 2026-01-31",
    "date_parsing": "there is no such day; expected one like 2026-01-31",
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
        return step in source
    return _child(source, step) is not None


def _child(source: Any, step: str) -> Any:
    if isinstance(source, dict):
        return source.get(step)
    if isinstance(source, list) and step.isdigit() and int(step) < len(source):
        return source[int(step)]
    return None


def _line(source: Any, path: list[str]) -> int:
    """Line of the deepest step of ``path`` that exists."""
    line: int = getattr(source, "line", 1)
    for step in path:
        if isinstance(source, Mapping) and step in source:
            line, source = source.lines[step], source[step]
        elif isinstance(source, Sequence) and step.isdigit() and int(step) < len(source):
            line, source = source.lines[int(step)], source[int(step)]
        else:
            break
    return line
