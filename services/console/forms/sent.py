"""What a browser sent of a form: as it was typed, and as a document has it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from services.console.forms.filled import Pairs
from services.console.forms.shapes import Shape

DEEPEST = 30
MOST_ROWS = 2000
"""Of one list; the documents' own limits are below."""
_NUMBER = re.compile(r"-?[0-9]{1,15}")


@dataclass
class Sent:
    """Values by name, the parts of names within one another."""

    values: list[str] = field(default_factory=list)
    inner: dict[str, "Sent"] = field(default_factory=dict)

    def at(self, key: str) -> "Sent":
        return self.inner.get(key) or Sent()

    @property
    def text(self) -> str:
        return self.values[-1] if self.values else ""

    def rows(self) -> list["Sent"]:
        """In the order of their numbers."""
        numbers = sorted((int(key), key) for key in self.inner if _NUMBER.fullmatch(key))
        return [self.inner[key] for _, key in numbers[:MOST_ROWS]]


def sent(pairs: Iterable[tuple[str, str]]) -> Sent:
    root = Sent()
    for name, value in pairs:
        parts = name.split(".", DEEPEST)
        if len(parts) > DEEPEST:
            continue
        here = root
        for part in parts:
            here = here.inner.setdefault(part, Sent())
        here.values.append(value.replace("\r\n", "\n"))
    return root


def act(root: Sent, action: str) -> str:
    """Does what a button beside a row says: ``remove:keys.1``, ``up:members.2``, ``down:members.0``.

    ``add:keys`` is left to whoever fills the form anew; the name of what gets a row, or nothing.
    """
    verb, _, name = action.partition(":")
    if verb == "add":
        return name
    *parents, key = name.split(".")
    here = root
    for part in parents:
        here = here.at(part)
    if key in here.inner:
        _move(here, key, verb)
    return ""


def _move(rows: Sent, key: str, verb: str) -> None:
    order = sorted((one for one in rows.inner if _NUMBER.fullmatch(one)), key=int)
    at = order.index(key) if key in order else -1
    if verb == "remove":
        del rows.inner[key]
    elif (to := at + {"up": -1, "down": 1}.get(verb, 0)) != at and at >= 0 and 0 <= to < len(order):
        rows.inner[key], rows.inner[order[to]] = rows.inner[order[to]], rows.inner[key]


def typed(shape: Shape, node: Sent) -> Any:  # noqa: C901, PLR0911 - a case for each widget
    """As it was typed, empty rows too; None: nothing."""
    match shape.widget:
        case "const":
            return shape.default
        case "object":
            if shape.nullable and not node.at("@").values:
                return None
            return {one.key: typed(one, node.at(one.key)) for one in shape.inner}
        case "rows":
            return [typed(shape.inner[0], row) for row in node.rows()]
        case "pairs":
            at, to = shape.inner
            return Pairs((typed(at, row.at("@key")) or "", typed(to, row.at("@value"))) for row in node.rows())
        case "prompt":
            return _prompt(shape, node)
        case "flag":
            return "true" in node.values
        case "choices":
            return [one for one in node.values if one]
        case "number" if _NUMBER.fullmatch(node.text.strip()):
            return int(node.text)
        case "text" | "long":
            return node.text if node.text or shape.empty else None
        case _:
            return node.text.strip() or None


def _prompt(shape: Shape, node: Sent) -> Any:
    says = node.at("@as").text
    if says == "languages" and "languages" in shape.says:
        one = Shape(key="value", owner="languages", widget="prompt", says=("text", "file"))
        return Pairs((row.at("@key").text, _prompt(one, row.at("@value"))) for row in node.at("@in").rows())
    if says == "file" and "file" in shape.says:
        file, sha256 = node.at("@file").text, node.at("@sha256").text
        return {"file": file, "sha256": sha256} if file else None
    return node.text or node.at("@text").text or None


def plain(shape: Shape, value: Any, double: Callable[[str], None], path: str = "") -> Any:
    """As the document has it: what was left empty is not there. ``double`` is told the path of a key that is twice."""
    match shape.widget:
        case "object" if value is not None:
            inner = {one.key: plain(one, value.get(one.key), double, _join(path, one.key)) for one in shape.inner}
            return {one.key: inner[one.key] for one in shape.inner if not _left_out(one, inner[one.key])}
        case "rows":
            rows = [one for one in value or () if not _blank(one)]
            return [plain(shape.inner[0], one, double, f"{path}.{index}") for index, one in enumerate(rows)]
        case "pairs":
            return _mapping(shape.inner[1], value or (), double, path)
        case "prompt" if isinstance(value, Pairs):
            one = Shape(key="value", owner="languages", widget="prompt", says=("text", "file"))
            return _mapping(one, value, double, path)
        case _:
            return value


def _mapping(shape: Shape, rows: Iterable[tuple[Any, Any]], double: Callable[[str], None], path: str) -> Any:
    made: dict[str, Any] = {}
    for key, one in rows:
        if key == "" and _blank(one):
            continue
        if key in made:
            double(f"{path}.{key}")
        value = plain(shape, one, double, f"{path}.{key}")
        made[key] = "" if value is None and not shape.nullable else value
    return made


def _left_out(shape: Shape, value: Any) -> bool:
    return value is None or (shape.nullable and shape.widget != "object" and value in ([], {}))


def _blank(value: Any) -> bool:
    """Whether nobody has typed anything; a box that is not ticked says nothing."""
    if isinstance(value, dict):
        return all(map(_blank, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_blank, value))
    return value in {None, "", False}


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part)
