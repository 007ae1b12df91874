"""The set-up's pages: each is shown, and what is wrong with what was sent is told at its place."""

import re

import pytest

from services.domain.documents import Hotline
from services.store import documents
from tests.console.conftest import Console
from tests.harness.console import Visit

HOME = "/accounts/demo/setup"
FLOW = f"{HOME}/hotline/4001234567"
PAIR = re.compile(r'name="@mark" value="([^"]+)"')


async def mark(visit: Visit, path: str) -> str:
    found = PAIR.search((await visit.get(path)).text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    "path",
    ["", "/draft", "/prompts", "/new/group", "/new/agent", "/new/list", "/new/calendar", "/new/numbering",
     "/account/demo", "/hotline/4001234567", "/hotline/4001234567?view=trial", "/hotline/4001234567?view=source",
     "/hotline/4001234567/versions"],
)  # fmt: skip
async def test_a_page_is_shown(console: Console, path: str) -> None:
    async with console.visiting("boss@demo") as visit:
        answer = await visit.get(HOME + path)
        assert answer.status == 200, answer.text[:2000]


async def test_every_node_of_every_kind_has_its_form(console: Console) -> None:
    found = await documents.get(console.redis, Hotline, "4001234567")
    assert found
    async with console.visiting("boss@demo") as visit:
        for name in found.document.flow.nodes:
            answer = await visit.get(f"{FLOW}?node={name}")
            assert answer.status == 200, name
