"""What every template keeps to."""

import re
from pathlib import Path

import pytest

from services.console.rendering import TEMPLATES

FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL)
POSTED = re.compile(r'<form\b[^>]*\bmethod="post"')


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    before_login = path.parent.name == "entry"
    forms = [form for form in FORM.findall(text) if POSTED.match(form)]
    assert before_login or all("csrf()" in form for form in forms), "a form that is posted carries the page's word"
    assert not re.search(r"\son\w+=|<script(?![^>]*\bsrc=)|\sstyle=|javascript:", text), "no scripts or styles inline"
    assert "|safe" not in text.replace(" ", ""), "all that is put in is text"
    assert not re.search(r"[\u4e00-\u9fff]", text), "Chinese stands in the catalogues"
