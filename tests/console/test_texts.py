"""What people read."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from services.console import texts
from services.console.texts import CATALOGUES

CONSOLE = Path(texts.__file__).parent


def said() -> set[str]:
    """Every text that stands in a template or in the code as such."""
    methods = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
    found = extract_from_dir(str(CONSOLE), methods, keywords={"_": None, "texts": None, "label": None})
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
