"""What a model's JSON schema wants of a form: one shape for each value, within one another like the values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel

from services.domain.problem import SECRET

Widget = Literal[
    "const", "text", "long", "secret", "number", "money", "flag", "choice", "choices", "date", "prompt",
    "object", "rows", "pairs",
]  # fmt: skip

REFERS: Mapping[str, str] = {
    "members": "agent",
    "lists": "list",
    "next": "node",
    "otherwise": "node",
    "after": "node",
    "start": "node",
    **{kind: kind for kind in ("account", "agent", "calendar", "group", "numbering", "package", "tariff", "trunk")},
}
"""What a field's value, or each of its values, names: a kind of document, or a node of the same flow."""
KEYS_REFER: Mapping[str, str] = {"skills": "agent", "priorities": "agent", "weights": "agent"}
"""The same of a mapping's keys."""
LONG = frozenset({"refusal", "text"})
"""Texts of sentences."""
NODE = r"^[a-z0-9][a-z0-9_-]{0,39}$"


@dataclass(frozen=True, kw_only=True)
class Shape:
    key: str
    """As the document has it; ``item`` of lists' and mappings' values, ``key`` of mappings' keys."""
    owner: str
    """What it is a part of: ``menu``, ``group``, ``Announcements``."""
    widget: Widget
    required: bool = True
    nullable: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    refers: str = ""
    least: float | None = None
    most: float | None = None
    longest: int | None = None
    empty: bool = False
    """Whether an empty text is a value."""
    says: tuple[str, ...] = ()
    """Of a prompt: ``text``, ``file``, ``languages``."""
    inner: tuple["Shape", ...] = ()
    """Of an object its fields, of rows their item, of pairs their key and their value."""

    def field(self, key: str) -> "Shape":
        return next(one for one in self.inner if one.key == key)


@lru_cache(maxsize=200)
def shape_of(model: type[BaseModel]) -> Shape:
    schema = model.model_json_schema()
    kind = schema["properties"].get("kind", {}).get("const", model.__name__)
    ways = frozenset(getattr(model, "WAYS", ()))
    return _Maker(schema.get("$defs", {}), ways).shape(schema, kind, kind)


class _Maker:
    def __init__(self, definitions: Mapping[str, Any], ways: frozenset[str]) -> None:
        self._definitions = definitions
        self._ways = ways

    def shape(self, schema: Mapping[str, Any], key: str, owner: str, *, required: bool = True) -> Shape:
        default = schema.get("const", schema.get("default"))
        branches = [self._resolved(one) for one in (schema.get("anyOf") or [])]
        some = [one for one in branches if one.get("type") != "null"]
        nullable = len(some) < len(branches)
        single = self._resolved(some[0] if some else schema)
        made = self._made(single, some, key, owner)
        return replace(made, required=required, nullable=nullable, default=default)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        name = schema.get("$ref", "").rpartition("/")[2]
        return {**self._definitions[name], "name": name} if name else schema

    def _made(  # noqa: PLR0911 - a case for each type
        self, schema: Mapping[str, Any], some: list[Mapping[str, Any]], key: str, owner: str
    ) -> Shape:
        if says := self._says(schema):
            return Shape(key=key, owner=owner, widget="prompt", says=says)
        if any(one.get("type") == "number" for one in some):
            return Shape(key=key, owner=owner, widget="money")
        match schema.get("type"):
            case "object" if "properties" in schema:
                return self._object(schema, key, owner)
            case "object":
                return self._pairs(schema, key, owner)
            case "array":
                return self._array(schema, key, owner)
            case "boolean":
                return Shape(key=key, owner=owner, widget="flag")
            case "integer" | "number":
                least, most = schema.get("minimum"), schema.get("maximum")
                return Shape(key=key, owner=owner, widget="number", least=least, most=most)
        return self._text(schema, key, owner)

    def _says(self, schema: Mapping[str, Any]) -> tuple[str, ...]:
        if schema.get("name") == "SoundFile":
            return ("file",)
        forms = [self._resolved(one) for one in schema.get("oneOf", ())]
        if not any(one.get("name") == "SoundFile" for one in forms):
            return ()
        return ("text", "file", "languages")[: len(forms)]

    def _object(self, schema: Mapping[str, Any], key: str, owner: str) -> Shape:
        own, required = schema.get("name", owner), schema.get("required", ())
        inner = tuple(
            self.shape(one, name, own, required=name in required)
            for name, one in schema["properties"].items()
            if name != "schema"
        )
        return Shape(key=key, owner=owner, widget="object", inner=inner)

    def _array(self, schema: Mapping[str, Any], key: str, owner: str) -> Shape:
        item = self.shape(schema.get("items", {"type": "string"}), "item", key)
        if item.widget == "choice":
            return Shape(key=key, owner=owner, widget="choices", choices=item.choices)
        if refers := self._refers(key):
            item = replace(item, refers=refers)
        if key in SECRET:
            item = replace(item, widget="secret")
        return Shape(key=key, owner=owner, widget="rows", inner=(item,), most=schema.get("maxItems"))

    def _pairs(self, schema: Mapping[str, Any], key: str, owner: str) -> Shape:
        [(pattern, value)] = schema.get("patternProperties", {"": schema.get("additionalProperties", {})}).items()
        names = schema.get("propertyNames", {})
        at = Shape(
            key="key",
            owner=key,
            widget="choice" if "enum" in names else "text",
            choices=tuple(names.get("enum", ())),
            refers=KEYS_REFER.get(key, ""),
            empty=_takes_nothing(pattern),
        )
        to = replace(self.shape(value, "value", key), refers="node" if key in self._ways else "")
        return Shape(key=key, owner=owner, widget="pairs", inner=(at, to))

    def _text(self, schema: Mapping[str, Any], key: str, owner: str) -> Shape:
        made = Shape(key=key, owner=owner, widget="text", refers=self._refers(key), longest=schema.get("maxLength"))
        if "const" in schema:
            return replace(made, widget="const", refers="")
        if "enum" in schema:
            return replace(made, widget="choice", choices=tuple(schema["enum"]))
        if schema.get("format") == "date":
            return replace(made, widget="date")
        if key in SECRET:
            return replace(made, widget="secret")
        return replace(made, widget="long" if key in LONG else "text", empty=_takes_nothing(schema.get("pattern", "")))

    def _refers(self, key: str) -> str:
        return "node" if key in self._ways else REFERS.get(key, "")


def _takes_nothing(pattern: str) -> bool:
    return bool(pattern) and re.search(pattern, "") is not None


def every(shape: Shape) -> Iterator[Shape]:
    """It, and all within."""
    yield shape
    for one in shape.inner:
        yield from every(one)
