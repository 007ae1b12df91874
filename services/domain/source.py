"""YAML text → plain values that know their lines.

libyaml splits the text into events, and they become values here: by the core schema of YAML 1.2, so that ``no`` is a
word and ``12:30`` is text, and with limits. Anchors and aliases, tags, doubled keys and whatever is too deep or too
much are problems; the file is read on behind those that are only in one place.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from services.domain.problem import Problem, shown

LARGEST = 16_000_000
"""Bytes of a file."""
MOST = 500_000
"""Values in a file."""
DEEPEST = 30
"""Lists and mappings in one another."""

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | float | None] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
    | dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf"))
    | dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf"))
    | dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))
)
_LONGEST = 19
"""Digits of a number."""

Path = tuple[str | int, ...]


class Mapping(dict[str, Any]):
    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        """Of each key."""


class Sequence(list[Any]):
    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []
        """Of each item."""


def text_of(file: str, data: bytes) -> tuple[str, list[Problem]]:
    """What a file says; nothing when it is not UTF-8."""
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        expected = f"byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        return "", [Problem(file, line, "", "", expected)]


def parse(file: str, text: str) -> tuple[list[Any], list[Problem]]:
    """The values of a file's documents, separated by ``---``; those before a place where it cannot be read on."""
    reader = _Reader(file, text)
    values = []
    try:
        for value in reader.documents():
            values.append(value)  # noqa: PERF402 - what was there before an error counts
    except _StopError as stop:
        reader.problems.append(stop.problem)
    except yaml.YAMLError as error:
        reader.problems.append(_not_yaml(file, text, error))
    return values, reader.problems


class _StopError(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._events: Iterator[Any] = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
        self._count = 0

    def documents(self) -> Iterator[Any]:
        """Empty ones are none."""
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                value = self._value(next(self._events), ())
                if value is not None:
                    yield value

    def _value(self, event: Any, path: Path) -> Any:
        self._count += 1
        if self._count > MOST:
            raise _StopError(self._problem(event, path, None, f"more than {MOST} values in one file"))
        if len(path) > DEEPEST:
            raise _StopError(
                self._problem(event, path[:3], None, f"more than {DEEPEST} lists and mappings in one another")
            )
        if isinstance(event, yaml.AliasEvent):
            self._flaw(
                event, path, f"*{event.anchor}", "aliases are not read: write it out; put a * that is meant in quotes"
            )
            return None
        if event.anchor is not None:
            self._flaw(event, path, f"&{event.anchor}", "anchors are not read; put a & that is meant in quotes")
        if event.tag is not None:
            self._flaw(event, path, event.tag, "tags are not read; put a ! that is meant in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path) if event.implicit[0] else event.value
        return self._mapping(event, path) if isinstance(event, yaml.MappingStartEvent) else self._sequence(event, path)

    def _mapping(self, start: Any, path: Path) -> Mapping:
        mapping = Mapping(start.start_mark.line + 1)
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            value = self._value(next(self._events), (*path, key or ""))
            if key is None:
                continue
            if key in mapping:
                self._flaw(event, (*path, key), None, f"is there twice, first on line {mapping.lines[key]}")
            else:
                mapping[key] = value
                mapping.lines[key] = event.start_mark.line + 1
        return mapping

    def _key(self, event: Any, path: Path) -> str | None:
        """As it is written: an unquoted ``1`` is the same as ``"1"``."""
        if isinstance(event, yaml.ScalarEvent) and event.anchor is None and event.tag is None:
            return str(event.value)
        self._flaw(event, path, None, "a key is a word or a number; put one that begins with & * or ! in quotes")
        if not isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            self._value(event, path)
        return None

    def _sequence(self, start: Any, path: Path) -> Sequence:
        sequence = Sequence(start.start_mark.line + 1)
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            sequence.lines.append(event.start_mark.line + 1)
            sequence.append(self._value(event, (*path, len(sequence))))
        return sequence

    def _scalar(self, event: Any, path: Path) -> Any:
        text: str = event.value
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) > _LONGEST:
                self._flaw(event, path, text, "too long for a number; put text in quotes")
            elif re.match(r"[-+]?0[0-9]", text):
                self._flaw(event, path, text, "no number begins with 0; put text, like that of a telephone, in quotes")
            else:
                return int(text, 0)
            return text
        return float(text) if _FRACTION.fullmatch(text) else text

    def _flaw(self, event: Any, path: Path, value: object, expected: str) -> None:
        self.problems.append(self._problem(event, path, value, expected))

    def _problem(self, event: Any, path: Path, value: object, expected: str) -> Problem:
        said = "" if value is None else shown(value, path)
        return Problem(self._file, event.start_mark.line + 1, ".".join(map(str, path)), said, expected)


def _not_yaml(file: str, text: str, error: yaml.YAMLError) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark) is not None:
        line, reason = mark.line, _reason(error, text[mark.index : mark.index + 1])
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.encode()[: error.position].count(b"\n")
        reason = f"the sign {error.character:#04x} cannot stand in text"
    else:
        line, reason = 0, str(error)
    last = text.rstrip("\n").count("\n")
    return Problem(file, min(line, last) + 1, "", "", f"not valid YAML: {reason}")


def _reason(error: yaml.MarkedYAMLError, sign: str) -> str:
    if sign == "\t":
        return "a tab; indent with spaces"
    if error.context == "while scanning an alias":
        return "a * that is meant wants quotes"
    if "cannot start any token" in str(error.problem):
        return f"no text begins with {sign}; put it in quotes"
    return str(error.problem)
