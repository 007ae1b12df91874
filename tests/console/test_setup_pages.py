"""The set-up's pages: what is sent is kept, or told what is wrong at its place; nothing is run as script."""

import re
import wave
from collections.abc import AsyncIterator
from html import unescape
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from services.console.forms.labels import CHOICES, LABELS, NODES
from services.console.forms.shapes import every
from services.console.problems import Sentences
from services.console.sentences import told, translated
from services.console.texts import texts
from services.domain.documents import Hotline
from services.domain.nodes import KINDS
from services.domain.nodes.base import SoundFile
from services.domain.usage import UnratableError
from services.store import documents, drafts
from tests.console.conftest import Console
from tests.console.test_forms import FORMS
from tests.harness.console import Answer, Visit

HOME = "/accounts/demo/setup"
FLOW = f"{HOME}/hotline/4001234567"
INPUT = re.compile(r"<input\b([^>]*)>|<textarea\b([^>]*)>([^<]*)</textarea>|<select\b([^>]*)>(.*?)</select>", re.DOTALL)
OPTION = re.compile(r'<option value="([^"]*)" selected')
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
async def logged_in(console: Console) -> AsyncIterator[Visit]:
    async with console.visiting("boss@demo") as visit:
        yield visit


@pytest.fixture
async def boss(logged_in: Visit) -> AsyncIterator[Visit]:
    """With nothing in the draft."""
    await logged_in.api("DELETE", "/api/v1/accounts/demo/draft")
    yield logged_in
    await logged_in.api("DELETE", "/api/v1/accounts/demo/draft")


def attribute(text: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', text)
    return unescape(found[1]) if found else ""


def fields(page: str) -> list[tuple[str, str]]:
    """What a browser would send of the form when nobody had touched it."""
    form = page[page.index('<form id="form"') :]
    form = form[: form.index("</form>")]
    sent = []
    for of_input, of_area, text, of_select, options in INPUT.findall(form):
        attributes = of_input or of_area or of_select
        if " disabled" in attributes or attribute(attributes, "type") == "file":
            continue
        if attribute(attributes, "type") == "checkbox" and " checked" not in attributes:
            continue
        chosen = OPTION.search(options)
        value = (
            attribute(attributes, "value") if of_input else unescape(text) if of_area else chosen[1] if chosen else ""
        )
        sent.append((attribute(attributes, "name"), unescape(value)))
    return sent


async def send(visit: Visit, path: str, sent: list[tuple[str, str]], **changed: str) -> Answer:
    names = {name.replace("__", "."): value for name, value in changed.items()}
    data = aiohttp.FormData([(name, names.pop(name, value)) for name, value in sent] + list(names.items()))
    return await visit.form(path, data)


async def drafted(console: Console) -> Hotline:
    draft = await drafts.get(console.redis, "demo:boss@demo")
    assert draft
    found = draft.documents["hotline", "4001234567"].document
    assert isinstance(found, Hotline)
    return found


@pytest.mark.parametrize(
    "path",
    ["", "/draft", "/prompts", "/new/group", "/new/agent", "/new/list", "/new/calendar", "/new/numbering",
     "/account/demo", "/hotline/4001234567?view=trial", "/hotline/4001234567?view=source",
     "/hotline/4001234567/versions"],
)  # fmt: skip
async def test_a_page_is_shown(boss: Visit, path: str) -> None:
    answer = await boss.get(HOME + path)
    assert answer.status == 200


async def test_what_nobody_has_touched_changes_nothing(console: Console, boss: Visit) -> None:
    found = await documents.get(console.redis, Hotline, "4001234567")
    assert found
    for name in ("", *found.document.flow.nodes):
        page = await boss.get(f"{FLOW}?node={name}")
        answer = await send(boss, FLOW, fields(page.text))
        assert answer.status == 303, (name, answer.text)
        assert await drafted(console) == found.document, name


async def test_what_is_wrong_is_told_at_its_field_and_nothing_is_kept(console: Console, boss: Visit) -> None:
    sent = fields((await boss.get(f"{FLOW}?node=welcome")).text)
    answer = await send(boss, FLOW, sent, timeout="soon", **{"keys.0.@key": "17x"})
    assert answer.status == 422
    assert 'value="soon" aria-invalid="true"' in answer.text
    assert 'value="17x" aria-invalid="true"' in answer.text
    assert "Input should be a valid integer" in answer.text
    assert await drafts.get(console.redis, "demo:boss@demo") is None


async def test_what_check_says_stands_at_the_node(boss: Visit) -> None:
    """A node that nothing leads to any more may be kept, but not put into effect."""
    sent = fields((await boss.get(f"{FLOW}?node=welcome")).text)
    assert (await send(boss, FLOW, sent, **{"keys__2__@value": "sales"})).status == 303
    page = (await boss.get(f"{FLOW}?node=repair")).text
    assert "no way leads to this node" in page
    assert re.search(r'<a class="box people[^"]* wrong chosen" href="[^"]*node=repair"', page)
    refused = await boss.form(f"{HOME}/draft", {"why": "x"})
    assert refused.status == 409
    assert "no way leads to this node" in refused.text


async def test_rows_come_and_go_without_anything_being_kept(console: Console, boss: Visit) -> None:
    sent = fields((await boss.get(f"{FLOW}?node=welcome")).text)
    more = await send(boss, FLOW, sent, **{"@do": "add:keys"})
    assert 'name="keys.4.@key"' in more.text
    fewer = await send(boss, FLOW, sent, **{"@do": "remove:keys.0"})
    assert ("keys.0.@key", "2") in fields(fewer.text)
    assert await drafts.get(console.redis, "demo:boss@demo") is None


async def node(visit: Visit, **values: str) -> Answer:
    mark = dict(fields((await visit.get(FLOW)).text))["@mark"]
    return await visit.form(f"{FLOW}/nodes", {"mark": mark, **values})


@pytest.mark.parametrize("kind", KINDS)
async def test_a_node_of_each_kind_is_put_in(console: Console, boss: Visit, kind: str) -> None:
    answer = await node(boss, what="add", node="welcome", key="9", kind=kind, name="new-one")
    assert answer.status == 303, answer.text
    hotline = await drafted(console)
    assert hotline.flow.nodes["new-one"].kind == kind
    assert dict(hotline.flow.nodes["welcome"].nexts())["keys.9"] == "new-one"
    page = await boss.get(answer.headers["Location"])
    assert page.status == 200
    assert (await send(boss, FLOW, fields(page.text))).status == 303
    assert await drafted(console) == hotline


async def test_a_node_is_renamed_and_taken_out_and_no_way_is_lost(console: Console, boss: Visit) -> None:
    await node(boss, what="rename", node="sorry", name="closed-now")
    hotline = await drafted(console)
    assert "sorry" not in {to for one in hotline.flow.nodes.values() for _, to in one.nexts()}
    page = (await boss.get(f"{FLOW}?node=repair")).text
    assert "welcome · keys.3" in page  # told before it is taken out
    await node(boss, what="remove", node="repair", to="service")
    assert dict((await drafted(console)).flow.nodes["welcome"].nexts())["keys.3"] == "service"
    assert (await node(boss, what="remove", node="welcome", to="welcome")).status == 409
    assert (await node(boss, what="rename", node="service", name="sales")).status == 409


async def test_a_second_window_is_told_what_the_first_has_kept(console: Console, boss: Visit) -> None:
    first, second = [fields((await boss.get(f"{FLOW}?node=welcome")).text) for _ in range(2)]
    assert (await send(boss, FLOW, first, timeout="7")).status == 303
    conflict = await send(boss, FLOW, second, timeout="9")
    assert conflict.status == 409
    assert "-      timeout: 7" in conflict.text
    assert "+      timeout: 9" in conflict.text
    assert (await drafted(console)).flow.nodes["welcome"].timeout == 7  # type: ignore[union-attr]
    mark = re.search(r'name="@mark" value="([^"]+)"', conflict.text)
    assert mark
    over = await send(boss, FLOW, second, **{"@mark": mark[1], "@over": "1"}, timeout="9")
    assert over.status == 303
    assert (await drafted(console)).flow.nodes["welcome"].timeout == 9  # type: ignore[union-attr]


async def test_script_is_text_wherever_it_stands(boss: Visit) -> None:
    sent = fields((await boss.get(FLOW)).text)
    assert (await send(boss, FLOW, sent, name=SCRIPT)).status == 303
    sent = fields((await boss.get(f"{FLOW}?node=sorry")).text)
    assert (await send(boss, FLOW, sent, **{"prompt.@text": f'"><img src=x onerror=alert(1)>{SCRIPT}'})).status == 303
    for path in (
        "",
        "/draft",
        "/prompts",
        *(f"/hotline/4001234567{more}" for more in ("", "?node=sorry", "?view=source", "?view=trial")),
    ):
        page = (await boss.get(HOME + path)).text
        assert "alert(1)" in page or path == "/hotline/4001234567?view=trial"
        assert SCRIPT not in page
        assert "<img" not in page
    tried = await boss.form(f"{FLOW}/trial", {"keys": "1", "agent.1001": "ignores", "agent.1002": "ignores"})
    assert "&lt;img" in tried.text


async def test_who_only_sees_changes_nothing(console: Console) -> None:
    async with console.visiting("audit@demo") as visit:
        page = (await visit.get(f"{FLOW}?node=welcome")).text
        assert "@do" not in page
        assert "/nodes" not in page
        assert (await visit.form(FLOW, {"name": "x"})).status == 403


def tone(seconds: float = 1.0) -> bytes:
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(b for i in range(int(8000 * seconds)) for b in (0, 40 if i % 16 < 8 else 216)))
    return made.getvalue()


async def upload(visit: Visit, path: str, field: str, data: bytes, name: str, *more: tuple[str, str]) -> Answer:
    form = aiohttp.FormData([("csrf", visit.csrf), *more], quote_fields=False)
    form.add_field(field, data, filename=name)
    return await visit.form(path, form)


async def test_a_recording_is_brought_heard_and_used(console: Console, boss: Visit) -> None:
    page = await boss.get(f"{FLOW}?node=sorry")
    sent = [pair for pair in fields(page.text) if pair[0] != "csrf"]
    put = await upload(boss, f"{FLOW}/upload", "prompt.@new", tone(), "../../欢迎<b>.wav", ("@upload", "prompt"), *sent)
    assert put.status == 200, put.text
    with_it = fields(put.text)
    assert dict(with_it)["prompt.@file"] == "欢迎<b>.wav"
    assert (await send(boss, FLOW, with_it)).status == 303
    prompt = (await drafted(console)).flow.nodes["sorry"].prompt  # type: ignore[union-attr]
    assert isinstance(prompt, SoundFile)
    heard = await boss.get(f"{HOME}/sounds/files/{prompt.sha256}")
    assert (heard.status, heard.headers["Content-Type"], heard.body[:4]) == (200, "audio/wav", b"RIFF")
    assert "hotline 4001234567 flow.nodes.sorry.prompt" in (await boss.get(f"{HOME}/prompts")).text
    async with console.visiting("boss@other") as other:
        assert (await other.get(f"/accounts/other/setup/sounds/files/{prompt.sha256}")).status == 404


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"", "is empty"), (b"RIFF1234WAVE", "cannot be read as wav"), (b"#!/bin/sh\n" * 10, "is no sound")],
)
async def test_what_is_no_recording_is_refused(boss: Visit, data: bytes, why: str) -> None:
    answer = await upload(boss, f"{HOME}/prompts", "file", data, "x.wav")
    assert answer.status == 409
    assert why in answer.text


@pytest.mark.parametrize(
    "path", ["spoken/" + "0" * 32, "files/" + "0" * 64, "impromptu/" + "0" * 32, "..%2f/x", "files/..%2f..%2fx"]
)
async def test_no_other_sound_is_to_be_had(boss: Visit, path: str) -> None:
    assert (await boss.get(f"{HOME}/sounds/{path}")).status == 404


async def test_a_text_is_typed_and_heard(boss: Visit) -> None:
    answer = await boss.form(f"{HOME}/prompts/hear", {"@hear": "text", "text": "您好 {caller}"})
    found = re.search(r'src="([^"]+)"', answer.text)
    assert found, answer.text
    heard = await boss.get(found[1])
    assert (heard.status, heard.body[:4]) == (200, b"RIFF")


async def test_a_list_s_entries_are_looked_through_and_changed(boss: Visit) -> None:
    sent = fields((await boss.get(f"{HOME}/new/list")).text)
    assert (await send(boss, f"{HOME}/new/list", sent, id="demo-page-list", name="黑名单")).status == 303
    entries = f"{HOME}/list/demo-page-list/entries"
    assert (await boss.form(entries, {"add": "13800138000\n0755"})).status == 303
    assert "2 of 2 entries" in (await boss.get(f"{entries}?find=")).text
    assert "1 of 2 entries" in (await boss.get(f"{entries}?find=0755")).text
    brought = await upload(boss, f"{entries}/csv", "file", b"13900139000\n", "x.csv", ("instead", "true"))
    assert brought.status == 303
    assert "1 of 1 entries" in (await boss.get(entries)).text
    assert (await boss.form(entries, {"add": "=1+1"})).status == 422


def test_every_field_choice_and_kind_has_a_name() -> None:
    """In the forms of whatever a company has of its own."""
    platforms = {"tariff", "package", "pbx"}
    shapes = [one for shape in FORMS if shape.owner not in platforms for one in every(shape)]
    wanted = {one.key for one in shapes if one.widget != "const"}
    tops = {shape.key for shape in FORMS} | {"value", "entries", "file", "extras"}
    owned = {key.rpartition(".")[2] for key in LABELS}
    assert wanted - owned - tops == set()
    assert {choice for one in shapes for choice in one.choices} <= CHOICES.keys()
    assert set(KINDS) == NODES.keys()


def test_what_check_says_is_said_in_chinese() -> None:
    chinese: Any = texts("zh-CN")
    said = translated(chinese, "there is no node of this name; did you mean 'bye'?")
    assert said == "没有这个节点，是否指 bye？"
    assert translated(chinese, "nobody has foreseen this") == "nobody has foreseen this"
    assert translated(chinese, "there is no calendar of this id") == "没有这个日历"
    assert translated(texts("en"), "is missing") == "is missing"
    problems = Sentences([("group desk: members", "is missing"), ("", "expected one document")])
    assert told(chinese, "%(problems)s", {"problems": problems}) == "group desk: members: 未填写; 应为一个文档"
    assert told(chinese, "%(kind)s %(name)s", {"kind": "group", "name": "group"}) == "接听组 group"
    assert told(chinese, "%(why)s.", {"why": UnratableError("tariff 'x' has no prices for 2026-01-01")}).startswith(
        "资费"
    )
