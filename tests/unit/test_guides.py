"""The pages of docs/nodes say what is so: each kind's keys, their limits and defaults, and examples that are right."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any, get_args

import pytest
import yaml
from annotated_types import Ge, Le, MaxLen
from pydantic.fields import FieldInfo

from services.domain.check import check
from services.domain.model import Model
from services.domain.nodes import KINDS, Node
from services.domain.nodes.base import NodeModel, SoundFile
from services.domain.reading import read

PAGES = Path(__file__).parents[2] / "docs" / "nodes"
OVERVIEW = (PAGES / "README.md").read_text(encoding="utf-8")
MODELS: Mapping[str, type[NodeModel]] = dict(zip(KINDS, get_args(get_args(Node)[0]), strict=True))
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
EXAMPLES = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in sorted(PAGES.glob("*.md"))
    for number, text in enumerate(EXAMPLE.findall(page.read_text(encoding="utf-8")))
]


def page(kind: str) -> str:
    return (PAGES / f"{kind}.md").read_text(encoding="utf-8")


def rows(kind: str) -> dict[str, tuple[str, str]]:
    """What the table of keys says: value and default by key."""
    table = page(kind).split("| key | value | default | meaning |\n| --- | --- | --- | --- |\n")[1].split("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return {key.strip("`"): (value, default) for key, value, default, _ in cells}


def fields(model: type[Model], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Of a model and its parts, by path: ``announcements.hint``, ``branches[].next``."""
    for name, field in model.model_fields.items():
        if name == "kind":
            continue
        yield f"{before}{name}", field
        for part, several in parts(field.annotation):
            yield from fields(part, f"{before}{name}{'[]' if several else ''}.")


def parts(annotation: Any, *, several: bool = False) -> Iterator[tuple[type[Model], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, Model) and annotation is not SoundFile:
        yield annotation, several
    for inner in get_args(annotation):
        if not isinstance(inner, FieldInfo):
            yield from parts(inner, several=several or getattr(annotation, "__origin__", None) is list)


def limits(field: FieldInfo) -> str | None:
    """``1 to 60``; None where there are none."""
    least = next((one.ge for one in constraints(field) if isinstance(one, Ge)), None)
    most = next((one.le for one in constraints(field) if isinstance(one, Le)), None)
    return None if least is None or most is None else f"{least} to {most}"


def longest(field: FieldInfo) -> int | None:
    """How many it may have, or how many characters."""
    return next((one.max_length for one in constraints(field) if isinstance(one, MaxLen)), None)


def constraints(field: FieldInfo) -> Iterator[Any]:
    """Also of what may be left out: ``Annotated[int, Field(ge=1)] | None``."""
    yield from field.metadata
    for either in get_args(field.annotation):
        for one in getattr(either, "__metadata__", ()):
            yield from one.metadata if isinstance(one, FieldInfo) else [one]


def test_every_kind_has_a_page_and_a_line_in_the_overview() -> None:
    assert sorted(file.stem for file in PAGES.glob("*.md")) == sorted([*KINDS, "README"])
    assert sorted(re.findall(r"^\| \[`(\w+)`\]\(\1\.md\) \|", OVERVIEW, re.MULTILINE)) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_a_page_has_the_keys_of_its_kind_and_no_others(kind: str) -> None:
    assert sorted(rows(kind)) == sorted(key for key, _ in fields(MODELS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_required_the_defaults_and_the_limits_are_as_the_page_says(kind: str) -> None:
    said = rows(kind)
    for key, field in fields(MODELS[kind]):
        value, default = said[key]
        assert (default == "required") == field.is_required(), key
        if isinstance(field.default, bool | int | str):
            written = str(field.default)
            assert default == f"`{written.lower() if isinstance(field.default, bool) else written}`", key
        assert limits(field) in {None, value}, key
        if most := longest(field):
            assert re.search(rf"\b{most}\b", value), key


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_begins_with_its_kind_and_has_an_example_of_it(kind: str) -> None:
    text = page(kind)
    assert text.startswith(f"# `{kind}`\n")
    assert any(node["kind"] == kind for example in EXAMPLE.findall(text) for node in flow(example)["nodes"].values())


@pytest.mark.parametrize("example", EXAMPLES)
def test_check_finds_nothing_wrong_with_an_example(example: str) -> None:
    reading = read("example", hotline(example) + yaml.safe_dump_all(named(flow(example)["nodes"].values())))
    assert [str(problem) for problem in [*reading.problems, *check(reading)]] == []


def flow(example: str) -> Any:
    return yaml.load(whole(example), yaml.BaseLoader)  # noqa: S506 - makes texts of everything


def whole(example: str) -> str:
    """An example is a whole flow, or nodes of which the first is the begin."""
    if example.startswith("start:"):
        return example
    return f"start: {example.partition(':')[0]}\nnodes:\n{indent(example, '  ')}"


def hotline(example: str) -> str:
    languages = "languages: {zh: cmn, en: en}\n" if "kind: language" in example else ""
    head = f"kind: hotline\nnumber: '4001234567'\naccount: shop\nname: shop\n{languages}"
    return f"{head}flow:\n{indent(whole(example), '  ')}---\n"


def named(nodes: Collection[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Documents that the hotline and its nodes name."""
    yield {"kind": "account", "id": "shop", "name": "shop", "tariff": "standard"}
    prices = [{"inbound": {"rules": [{"rule": "all", "steps": [{"rate": "0.12"}]}]}}]
    yield {"kind": "tariff", "id": "standard", "name": "standard", "bill_from": "platform", "prices": prices}
    for agent in {"anybody", *(node["agent"] for node in nodes if "agent" in node)}:
        yield {**of_shop("agent", agent), "bound": "13900139000"}
    for group in {node["group"] for node in nodes if "group" in node}:
        callback = {"show": "02161234567", "trunk": "carrier"}
        yield {**of_shop("group", group), "strategy": "sequence", "members": ["anybody"], "callback": callback}
    for name in {name for node in nodes for name in node.get("lists", ())}:
        yield of_shop("list", name)


def of_shop(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "id": name, "account": "shop", "name": name}
