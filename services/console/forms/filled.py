"""A shape with values in it: what a page shows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.console.forms.shapes import Shape


class Pairs(list[tuple[Any, Any]]):
    """A mapping as it was typed: a key may be there twice, or not yet."""


@dataclass(frozen=True)
class Filled:
    shape: Shape
    name: str
    """Of the input; of what has several, what their names begin with."""
    path: str
    """Where the value stands in the document: ``keys.1``, ``members.0``."""
    value: Any = None
    """None: there is none."""
    inner: tuple["Filled", ...] = ()
    wrong: tuple[str, ...] = ()
    """What was expected instead."""

    @property
    def present(self) -> bool:
        return self.value is not None

    @property
    def says(self) -> str:
        """Of a prompt."""
        if isinstance(self.value, dict):
            return "file" if "file" in self.value else "languages"
        return "text" if self.value is not None or "text" in self.shape.says else "file"

    @property
    def any_wrong(self) -> bool:
        return bool(self.wrong) or any(one.any_wrong for one in self.inner)

    def field(self, key: str) -> "Filled":
        return next(one for one in self.inner if one.shape.key == key)


def key_of(path: str) -> str:
    """The path of a mapping's key, of its value's."""
    return f"{path}.[key]"


class Filler:
    """``wrong``: by path. ``extra``: names of rows that get an empty one."""

    def __init__(self, wrong: Mapping[str, Sequence[str]] | None = None, extra: str = "") -> None:
        self._wrong = wrong or {}
        self._extra = extra

    def fill(self, shape: Shape, value: Any, name: str = "", path: str = "") -> Filled:
        inner: tuple[Filled, ...] = ()
        if shape.widget == "object":
            known = value if isinstance(value, dict) else {}
            inner = tuple(
                self.fill(one, known.get(one.key, one.default), _join(name, one.key), _join(path, one.key))
                for one in shape.inner
            )
        elif shape.widget == "rows":
            inner = tuple(self._rows(shape, value, name, path))
        elif shape.widget == "pairs":
            inner = tuple(self._pairs(shape, value, name, path))
        elif shape.widget == "prompt" and isinstance(value, dict | Pairs) and "languages" in shape.says:
            inner = tuple(self._languages(shape, value, name, path))
        return Filled(shape, name, path, value, inner, tuple(self._wrong.get(path, ())))

    def _rows(self, shape: Shape, value: Any, name: str, path: str) -> Iterator[Filled]:
        rows = [*(value or ()), *([None] if name == self._extra else [])]
        for index, row in enumerate(rows):
            yield self.fill(shape.inner[0], row, _join(name, str(index)), _join(path, str(index)))

    def _pairs(self, shape: Shape, value: Any, name: str, path: str) -> Iterator[Filled]:
        rows = [*_rows_of(value), *([("", None)] if name == self._extra else [])]
        at, to = shape.inner
        for index, (key, one) in enumerate(rows):
            row, where = _join(name, str(index)), f"{path}.{key}"
            both = (self.fill(at, key, f"{row}.@key", key_of(where)), self.fill(to, one, f"{row}.@value", where))
            yield Filled(shape, row, where, True, both)  # noqa: FBT003 - a row that is there

    def _languages(self, shape: Shape, value: Any, name: str, path: str) -> Iterator[Filled]:
        if isinstance(value, dict) and "file" in value:
            return
        at = Shape(key="key", owner="languages", widget="text")
        to = Shape(key="value", owner="languages", widget="prompt", says=("text", "file"))
        rows = [*_rows_of(value), *([("", None)] if name == self._extra else [])]
        for index, (key, one) in enumerate(rows):
            row, where = f"{name}.@in.{index}", f"{path}.{key}"
            both = (self.fill(at, key, f"{row}.@key", key_of(where)), self.fill(to, one, f"{row}.@value", where))
            yield Filled(shape, row, where, True, both)  # noqa: FBT003 - a row that is there


def pairs(filled: Filled) -> Iterator[tuple[str, str]]:  # noqa: C901 - a case for each widget
    """What a browser sends of it when nobody has touched anything."""
    shape, value = filled.shape, filled.value
    match shape.widget:
        case "const":
            pass
        case "object":
            if shape.nullable and not filled.present:
                return
            if shape.nullable:
                yield f"{filled.name}.@", "1"
            yield from _of_all(filled.inner)
        case "rows":
            yield from _of_all(filled.inner)
        case "pairs":
            yield from _of_all(one for row in filled.inner for one in row.inner)
        case "prompt":
            yield from _of_prompt(filled)
        case "choices":
            yield from ((filled.name, one) for one in value or ())
        case "flag":
            if value:
                yield filled.name, "true"
        case _:
            yield filled.name, "" if value is None else str(value)


def _of_all(inner: Any) -> Iterator[tuple[str, str]]:
    for one in inner:
        yield from pairs(one)


def _of_prompt(filled: Filled) -> Iterator[tuple[str, str]]:
    says, value = filled.says, filled.value
    yield f"{filled.name}.@as", says
    if says == "text":
        yield f"{filled.name}.@text", value or ""
    elif says == "file":
        known = value or {}
        yield f"{filled.name}.@file", known.get("file") or ""
        yield f"{filled.name}.@sha256", known.get("sha256") or ""
    else:
        yield from _of_all(one for row in filled.inner for one in row.inner)


def _rows_of(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, dict) else list(value or ())


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part)
