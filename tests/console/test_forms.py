"""Forms of the real models: what is shown, sent and read is the same."""

from typing import Any, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from services.console.forms.filled import Filler, pairs
from services.console.forms.sent import act, plain, sent, typed
from services.console.forms.shapes import Shape, every, shape_of
from services.domain.documents import Document, Group
from services.domain.nodes import Node
from services.domain.reading import read
from tests.harness.state import ROOT

DOCUMENTS: tuple[type[BaseModel], ...] = get_args(get_args(Document)[0])
NODES: tuple[type[BaseModel], ...] = get_args(get_args(Node)[0])
FORMS = [
    *(shape_of(model) for model in NODES),
    *(shape_of(model) for model in DOCUMENTS if model.__name__ != "Hotline"),
]
TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
EXAMPLES = [
    item.document for path in sorted(ROOT.glob("examples/*/*.yaml")) for item in read("", path.read_text()).located
]


def none_is_twice(path: str) -> None:
    raise AssertionError(path)


def through(shape: Shape, data: Any, action: str = "") -> Any:
    """Shown, sent back by a browser, and read."""
    browser = sent(pairs(Filler().fill(shape, data)))
    act(browser, action) if action else None
    return plain(shape, typed(shape, browser), none_is_twice)


def said(says: tuple[str, ...]) -> st.SearchStrategy[Any]:
    file = st.fixed_dictionaries({"file": TEXT, "sha256": TEXT})
    one = {"text": TEXT, "file": file}
    found = [one[form] for form in says if form in one]
    if "languages" in says:
        found.append(st.dictionaries(st.from_regex("[a-z]{2}", fullmatch=True), st.one_of(TEXT, file), min_size=1))
    return st.one_of(found)


def values(shape: Shape) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a case for each widget
    """Such as a document may have, limits apart."""
    match shape.widget:
        case "const":
            return st.just(shape.default)
        case "object":
            wanted = {one.key: values(one) for one in shape.inner if one.required and not one.nullable}
            more = {one.key: values(one) for one in shape.inner if one.key not in wanted and not always(one)}
            wanted |= {one.key: values(one) for one in shape.inner if one.key not in wanted and always(one)}
            return st.fixed_dictionaries(wanted, optional=more)
        case "rows":
            return st.lists(values(shape.inner[0]).filter(typed_at_all), max_size=3, min_size=int(shape.nullable))
        case "pairs":
            return st.dictionaries(TEXT, values(shape.inner[1]), max_size=3)
        case "prompt":
            return said(shape.says)
        case "flag":
            return st.booleans()
        case "number":
            return st.integers(-(10**15) + 1, 10**15 - 1)
        case "choice":
            return st.sampled_from(shape.choices)
        case "choices":
            return st.lists(st.sampled_from(shape.choices), unique=True, min_size=1)
    return TEXT


def always(shape: Shape) -> bool:
    """Whether a form sends it even if a document leaves it out: its default."""
    several = shape.widget in {"flag", "rows", "pairs", "object", "choices"}
    return (several and not shape.nullable) or shape.default is not None


def typed_at_all(value: Any) -> bool:
    return any(map(typed_at_all, value.values() if isinstance(value, dict) else value)) if isinstance(
        value, dict | list
    ) else value not in {None, "", False}  # fmt: skip


@pytest.mark.parametrize("shape", FORMS, ids=lambda shape: shape.owner)
@given(data=st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_shown_comes_back(shape: Shape, data: st.DataObject) -> None:
    value = data.draw(values(shape))
    assert through(shape, value) == value


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda one: f"{one.kind}-{one.id}")
def test_documents_of_the_examples_are_the_same_after_it(document: Any) -> None:
    data = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    nodes = data["flow"]["nodes"] if document.kind == "hotline" else {}
    for name, node in nodes.items():
        model = type(document.flow.nodes[name])
        again = TypeAdapter(Node).validate_python(through(shape_of(cast("Any", model)), node))
        assert again == document.flow.nodes[name]
    if document.kind != "hotline":
        assert TypeAdapter(Document).validate_python(through(shape_of(cast("Any", type(document))), data)) == document


def test_rows_are_added_taken_away_and_moved() -> None:
    shape = shape_of(Group).field("members")
    assert through(shape, ["a", "b", "c"], "remove:1") == ["a", "c"]
    assert through(shape, ["a", "b", "c"], "up:1") == ["b", "a", "c"]
    assert through(shape, ["a", "b", "c"], "down:2") == ["a", "b", "c"]
    assert through(shape, ["a"], "remove:9") == ["a"]
    with_one_more = Filler(extra="members").fill(shape, ["a"], "members", "members")
    assert [row.value for row in with_one_more.inner] == ["a", None]


def test_a_key_that_is_typed_twice_is_told() -> None:
    menu = next(one for one in FORMS if one.owner == "menu")
    told: list[str] = []
    browser = [("keys.0.@key", "1"), ("keys.0.@value", "a"), ("keys.1.@key", "1"), ("keys.1.@value", "b")]
    plain(menu, typed(menu, sent(browser)), told.append)
    assert told == ["keys.1"]


@pytest.mark.parametrize("name", [".".join("a" * 5000), "keys..@key", "keys.99999999999999999999.@key", "@", "."])
def test_names_that_no_page_has_are_harmless(name: str) -> None:
    menu = next(one for one in FORMS if one.owner == "menu")
    assert plain(menu, typed(menu, sent([(name, "x")])), none_is_twice) == {
        "kind": "menu", "barge_in": False, "keys": {},
    }  # fmt: skip


def test_every_reference_of_documents_is_a_choice_in_their_forms() -> None:
    """What documents say that they name is offered by a list of names in the form."""
    for document in EXAMPLES:
        if document.kind == "hotline":
            continue
        named = {kind for _, kind, _ in document.references()}
        assert named <= {one.refers for one in every(shape_of(type(document)))}
