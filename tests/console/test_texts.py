"""What people read."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services import domain
from services.console import problems, texts
from services.console.problems import Problem
from services.console.routes import ROUTES
from services.console.sentences import translated
from services.console.texts import CATALOGUES

PROBLEMS = {one.__name__ for one in vars(problems).values() if isinstance(one, type) and issubclass(one, Problem)}
SAYS = {"_", "texts", "label", "_area", *PROBLEMS}
"""Calls whose first argument people read."""
CONSOLE = Path(texts.__file__).parent


def said() -> set[str]:
    """Every text that stands in a template or in the code as such."""
    methods = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(str(CONSOLE), methods, keywords=dict.fromkeys(SAYS))
    return {str(message) for _, _, message, _, _ in found}


def test_all_that_is_said_in_templates_is_said_in_chinese() -> None:
    catalogue = texts.catalogue("zh-CN")
    known = {str(message.id) for message in catalogue if message.string}
    missing = sorted(said() - known)
    assert not missing


@pytest.mark.parametrize("path", sorted((CATALOGUES / "zh_CN").glob("*.po")), ids=lambda path: path.stem)
def test_a_catalogue_says_the_same_values(path: Path) -> None:
    """``%(count)s`` of the English text are those of the Chinese."""
    with path.open("rb") as file:
        for message in read_po(file, locale="zh_CN", abort_invalid=True):
            assert not message.fuzzy or not message.id
            assert not list(message.check()), message.id
            assert message.string, message.id


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) in SAYS
            and node.args
        ):
            yield node


@pytest.mark.parametrize("path", sorted(CONSOLE.rglob("*.py")), ids=lambda path: str(path.relative_to(CONSOLE)))
def test_values_are_no_part_of_a_text(path: Path) -> None:
    """Else nobody could have translated it."""
    assert not [ast.unparse(call) for call in calls(path) if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)]


SPOKEN_OF_DOCUMENTS = {"ValueError", "UnratableError", "problem", "Problem", "_problem", "_flaw", "wrong", "Mistake"}
"""Calls in the domain whose texts the console shows to whoever wrote a document."""
ELSEWHERE = {"amounts", "callfile", "cel", "ask"}
"""Modules of the domain that speak of calls, and to nobody at the console."""


def refusals() -> Iterator[str]:
    for path in sorted(Path(domain.__path__[0]).rglob("*.py")):
        if path.stem not in ELSEWHERE:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (
                    getattr(node.func, "id", getattr(node.func, "attr", "")) in SPOKEN_OF_DOCUMENTS
                ):
                    yield from (text for each in node.args if " " in (text := written(each)))


def written(text: ast.expr) -> str:
    """With something in the places of values."""
    match text:
        case ast.Constant(value=str()):
            return str(text.value)
        case ast.JoinedStr(values=values):
            return "".join(written(one) or "…" for one in values)
    return ""


MAKES = {
    "there is no … of this id…": "there is no group of this id",
    "stands …, here with …": "stands on line 3 already, with no reason, here with reason 'x'",
    "there is no … at which it could …": "there is no 24:01 at which it could end",
    "…; add it, or say --tariff": "there is no tariff 'x' among the documents; add it, or say --tariff",
    "{…} is not the name of a variable; expected letters, digits and _": (
        "{a b} is not the name of a variable; expected letters, digits and _; "
        "expected names in braces, {order}, and {{ for a brace"
    ),
    "there is no format …; expected one of …, or none": (
        "there is no format 'x'; expected one of number, or none; expected names in braces, {order}, and {{ for a brace"
    ),
    "there is no placeholder {…}; …": "there is no placeholder {x}; write one of {caller}, {name}, and {{ for a brace",
    "…; …": "Single '}' encountered in format string; write one of {caller}, {name}, and {{ for a brace",
}
"""Of texts whose values are texts, or that others go round: what comes of them."""


def test_whatever_is_wrong_with_a_document_is_said_in_chinese() -> None:
    chinese = texts.texts("zh-CN", "setup")
    wholes = [MAKES.get(text, text) for text in refusals()]
    assert len(wholes) > 80
    assert [whole for whole in wholes if translated(chinese, whole) == whole] == []


def test_every_area_has_a_catalogue() -> None:
    """Without one it would say whatever another area means by its words."""
    silent = {"openapi", "entry", "metrics"}
    assert {route.area for route in ROUTES} - silent <= {path.stem for path in (CATALOGUES / "zh_CN").glob("*.po")}


def test_a_word_is_what_it_is_in_the_area() -> None:
    """``Since`` is how long somebody waits, and where a correction holds from."""
    assert texts.texts("zh-CN", "live")("Since") != texts.texts("zh-CN", "calls")("Since")
