"""Documents over the API: in a draft of one's own, never over what somebody else has made of them."""

import io
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.domain.documents import Account, Agent, Group, Hotline
from services.store import audit, documents, drafts
from services.store.versions import Edit
from tests.console.conftest import Console
from tests.harness.console import Answer, Visit

BASE = "/api/v1/accounts/demo/documents"
DRAFT = "/api/v1/accounts/demo/draft"
FLOW = f"{BASE}/hotline/4001234567"


@pytest.fixture(scope="module")
async def logged_in(console: Console) -> AsyncIterator[Sequence[Visit]]:
    async with console.visiting("boss@demo") as boss, console.visiting("root") as root:
        yield boss, root


@pytest.fixture
async def boss(logged_in: Sequence[Visit]) -> AsyncIterator[Visit]:
    """With nothing in the draft."""
    await logged_in[0].api("DELETE", DRAFT)
    yield logged_in[0]
    await logged_in[0].api("DELETE", DRAFT)


@pytest.fixture
async def root(logged_in: Sequence[Visit]) -> AsyncIterator[Visit]:
    await logged_in[1].api("DELETE", DRAFT)
    yield logged_in[1]
    await logged_in[1].api("DELETE", DRAFT)


async def seen(visit: Visit, path: str) -> Any:
    answer = await visit.api("GET", path)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def put(visit: Visit, path: str, mark: str, **more: Any) -> Answer:
    return await visit.api("PUT", path, {"mark": mark, **more})


def group(id_: str, **more: Any) -> dict[str, Any]:
    values = {"kind": "group", "id": id_, "account": "demo", "name": id_, "strategy": "sequence", "members": ["1001"]}
    return values | more


async def made(visit: Visit, id_: str, **more: Any) -> Answer:
    return await put(visit, f"{BASE}/group/{id_}", "", document=group(id_, **more))


async def test_a_draft_is_put_into_effect_and_rolled_back(console: Console, boss: Visit) -> None:
    answer = await made(boss, "demo-night", name="夜班")
    assert answer.status == 200, answer.text
    assert await documents.get(console.redis, Group, "demo-night") is None
    assert [one["id"] for one in (await seen(boss, DRAFT))["documents"]] == ["demo-night"]
    applied = await boss.api("POST", f"{DRAFT}/apply", {"why": "nights"})
    assert json.loads(applied.text) == [{"kind": "group", "id": "demo-night", "version": 1}]
    [entry] = await audit.newest(console.redis, 1)
    assert (entry.act.action, entry.act.actor, entry.outcome) == ("documents_apply", "boss@demo", "done")
    shown = await seen(boss, f"{BASE}/group/demo-night")
    await put(boss, f"{BASE}/group/demo-night", shown["mark"], document={**shown["document"], "ring_seconds": 30})
    await boss.api("POST", f"{DRAFT}/apply", {})
    assert "+ring_seconds: 30" in await seen(boss, f"{BASE}/group/demo-night/versions/2")
    rolled = await boss.api("POST", f"{BASE}/group/demo-night/rollback", {"to": 1})
    assert json.loads(rolled.text)[0]["version"] == 3
    now = await documents.get(console.redis, Group, "demo-night")
    assert now
    assert now.document.ring_seconds == 20
    assert [one["by"] for one in await seen(boss, f"{BASE}/group/demo-night/versions")] == ["boss@demo"] * 3
    assert (await boss.api("DELETE", f"{BASE}/group/demo-night")).status == 204
    assert await documents.get(console.redis, Group, "demo-night") is None


async def test_two_who_change_the_same_do_not_overwrite_each_other(console: Console, boss: Visit, root: Visit) -> None:
    await made(boss, "demo-both")
    await boss.api("POST", f"{DRAFT}/apply", {})
    mine, theirs = [await seen(one, f"{BASE}/group/demo-both") for one in (boss, root)]
    await put(root, f"{BASE}/group/demo-both", theirs["mark"], document={**theirs["document"], "name": "theirs"})
    await put(boss, f"{BASE}/group/demo-both", mine["mark"], document={**mine["document"], "name": "mine"})
    assert (await root.api("POST", f"{DRAFT}/apply", {})).status == 200
    refused = await boss.api("POST", f"{DRAFT}/apply", {})
    assert (refused.status, json.loads(refused.text)["id"]) == (409, "refused")
    assert (await seen(boss, DRAFT))["moved"] == ["group demo-both"]
    now = await documents.get(console.redis, Group, "demo-both")
    assert now
    assert now.document.name == "theirs"
    page = (await boss.get("/accounts/demo/setup/draft")).text
    assert "+name: theirs" in page
    assert "+name: mine" in page
    # Nobody has seen what there is now, so nothing goes over it.
    stale = await put(boss, f"{BASE}/group/demo-both", mine["mark"], document={**mine["document"], "name": "stale"})
    assert (stale.status, json.loads(stale.text)["id"]) == (409, "changed")
    assert (await boss.api("POST", f"{DRAFT}/group/demo-both/keep")).status == 204
    assert (await boss.api("POST", f"{DRAFT}/apply", {})).status == 200
    now = await documents.get(console.redis, Group, "demo-both")
    assert now
    assert now.document.name == "mine"
    await boss.api("DELETE", f"{BASE}/group/demo-both")


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"members": ["2001"]}, "belongs to another account"), ({"members": ["nobody"]}, "there is no agent of this id")],
)
async def test_what_others_have_cannot_be_named(boss: Visit, more: dict[str, Any], expected: str) -> None:
    answer = await made(boss, "demo-foreign", **more)
    assert expected in json.loads(answer.text)["problems"][0]["expected"]
    refused = await boss.api("POST", f"{DRAFT}/apply", {})
    assert refused.status == 409
    assert expected in refused.text


async def test_nothing_of_others_is_seen_taken_or_given_away(console: Console, boss: Visit) -> None:
    for path in (
        f"{BASE}/agent/2001",
        f"{BASE}/agent/2001/versions",
        f"{BASE}/tariff/per-minute",
        f"{BASE}/account/other",
    ):
        assert (await boss.api("GET", path)).status == 404, path
    taken = await put(boss, f"{BASE}/agent/2001", "", document={
        "kind": "agent", "id": "2001", "account": "demo", "name": "x", "bound": "13900139001",
    })  # fmt: skip
    assert (taken.status, "is taken" in taken.text) == (409, True)
    given = await made(boss, "demo-given", account="other")
    assert given.status == 409
    assert (await boss.api("DELETE", f"{BASE}/agent/2001")).status == 404
    assert (await boss.api("POST", f"{BASE}/agent/2001/rollback", {"to": 1})).status == 404
    assert await documents.get(console.redis, Agent, "2001")


async def test_a_company_cannot_change_what_it_pays_nor_take_a_number(boss: Visit, root: Visit) -> None:
    account = await seen(boss, f"{BASE}/account/demo")
    dear = {**account["document"], "prepaid": True}
    answer = await put(boss, f"{BASE}/account/demo", account["mark"], document=dear)
    assert (answer.status, json.loads(answer.text)["id"]) == (403, "forbidden")
    assert (await put(root, f"{BASE}/account/demo", account["mark"], document=dear)).status == 200
    named = {**account["document"], "name": "新名字"}
    assert (await put(boss, f"{BASE}/account/demo", account["mark"], document=named)).status == 200
    number = {**(await seen(boss, FLOW))["document"], "number": "4007777777"}
    assert (await put(boss, f"{BASE}/hotline/4007777777", "", document=number)).status == 403
    assert (await boss.api("DELETE", FLOW)).status == 403


async def test_a_draft_of_another_s_making_does_no_harm(console: Console, boss: Visit) -> None:
    """Whatever stands in a draft, only the account's own is put into effect."""
    found = await documents.get(console.redis, Account, "other")
    assert found
    edit = Edit("boss@demo", 0)
    cheap = found.document.model_copy(update={"name": "hijacked"})
    await drafts.put(console.redis, "demo:boss@demo", [cheap], edit, lambda _: None)
    assert (await boss.api("POST", f"{DRAFT}/apply", {})).status == 409
    now = await documents.get(console.redis, Account, "other")
    assert now
    assert now.document.name != "hijacked"


async def test_secrets_do_not_come_out_and_stay_what_they_are(console: Console, boss: Visit) -> None:
    shown = await seen(boss, f"{BASE}/agent/1001")
    assert "password-of-1001" not in json.dumps(shown)
    page = await boss.get("/accounts/demo/setup/agent/1001")
    assert "password-of-1001" not in page.text
    answer = await put(boss, f"{BASE}/agent/1001", shown["mark"], document={**shown["document"], "name": "张三"})
    assert answer.status == 200
    draft = await drafts.get(console.redis, "demo:boss@demo")
    assert draft
    agent = draft.documents["agent", "1001"].document
    assert isinstance(agent, Agent)
    assert agent.sip
    assert (agent.name, agent.sip.password) == ("张三", "password-of-1001")


async def test_comments_of_the_source_stay(console: Console, boss: Visit) -> None:
    shown = await seen(boss, FLOW)
    source = "# 春节前改回来\n" + shown["source"].replace("tries: 2", "tries: 2  # 两次就够")
    answer = await put(boss, FLOW, shown["mark"], source=source)
    assert answer.status == 200, answer.text
    again = json.loads(answer.text)
    assert again["source"].startswith("# 春节前改回来\n")
    data = {**again["document"], "name": "改了名字"}
    changed = json.loads((await put(boss, FLOW, again["mark"], document=data)).text)
    assert changed["source"].startswith("# 春节前改回来\n")
    assert "name: 改了名字" in changed["source"]
    assert await documents.get(console.redis, Hotline, "4001234567")


@pytest.mark.parametrize(
    ("method", "path", "media"),
    [
        ("PUT", FLOW, "application/json"),
        ("POST", "/accounts/demo/setup/hotline/4001234567", "application/x-www-form-urlencoded"),
    ],
)
async def test_ten_megabytes_are_refused(boss: Visit, method: str, path: str, media: str) -> None:
    headers = {"X-CSRF-Token": boss.csrf, "Content-Type": media}
    answer = await boss.ask(method, path, data=io.BytesIO(b"x" * 10_000_000), headers=headers)
    assert answer.status == 413


@pytest.mark.parametrize(
    "document",
    [{}, {"kind": "group"}, {"kind": []}, {"kind": "group", "id": 7, "members": {}}, group("x", members=[[]])],
)
async def test_what_is_no_document_is_told(boss: Visit, document: dict[str, Any]) -> None:
    answer = await put(boss, f"{BASE}/group/demo-x", "", document=document)
    assert answer.status in {409, 422}, answer.text


async def test_a_call_is_tried_by_the_draft(boss: Visit) -> None:
    shown = await seen(boss, FLOW)
    flow = shown["document"]["flow"]
    flow["nodes"]["welcome"]["keys"]["1"] = "repair"
    trial = "/api/v1/accounts/demo/hotlines/4001234567/trials"
    asked = {"caller": "13800138000", "keys": "1", "at": "2026-10-09T10:00:00"}
    before = json.loads((await boss.api("POST", trial, asked)).text)
    await put(boss, FLOW, shown["mark"], document=shown["document"])
    after = json.loads((await boss.api("POST", trial, asked)).text)
    assert (before["nodes"][:2], after["nodes"][:2]) == (["welcome", "sales"], ["welcome", "repair"])
    assert (before["end_state"], after["charge"]["total"]) == ("answered", before["charge"]["total"])
    for wrong in ({"keys": "a"}, {"at": "0001-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59"}, {"hangs_up_after": -1}):
        assert (await boss.api("POST", trial, wrong)).status == 422


@pytest.mark.parametrize("text", ["", "a\x00b", "。。。", "{", "x" * 1001])
async def test_what_cannot_be_spoken_is_refused(boss: Visit, text: str) -> None:
    answer = await boss.api("POST", "/api/v1/accounts/demo/prompts/speak", {"text": text})
    assert answer.status in {409, 422}


async def test_no_call_is_led_by_what_is_not_right(boss: Visit) -> None:
    shown = await seen(boss, FLOW)
    shown["document"]["flow"]["nodes"]["welcome"]["keys"]["1"] = "nowhere"
    assert (await put(boss, FLOW, shown["mark"], document=shown["document"])).status == 200
    for path, body in (("hotlines/4001234567/trials", {"keys": "1"}), ("impact", {})):
        answer = await boss.api("POST", f"/api/v1/accounts/demo/{path}", body)
        assert (answer.status, json.loads(answer.text)["id"]) == (409, "refused")
        assert "there is no node of this name" in answer.text


async def test_lists_take_csv_and_give_it_back(boss: Visit) -> None:
    entries = "/api/v1/accounts/demo/lists/demo-blocked"
    listed = {
        "kind": "list",
        "id": "demo-blocked",
        "account": "demo",
        "name": "x",
        "reasons": {"fraud": "您已被限制。"},
    }
    assert (await put(boss, f"{BASE}/list/demo-blocked", "", document=listed)).status == 200
    brought = await boss.api("PUT", f"{entries}/csv", {"csv": "13800138000,fraud\n+442079460000\n1701*\n"})
    assert json.loads(brought.text)["every"] == 3
    taken = (await boss.get(f"{entries}/csv")).text
    assert "'+442079460000," in taken
    assert json.loads((await boss.api("PUT", f"{entries}/csv", {"csv": taken, "instead": True})).text)["every"] == 3
    wrong = await boss.api("PUT", f"{entries}/csv", {"csv": "=cmd|' /C calc'!A0\n"})
    assert wrong.status == 422
    changed = await boss.api("POST", entries, {"add": ["0755"], "remove": ["1701*"]})
    assert [one["entry"] for one in json.loads(changed.text)["entries"]] == ["+442079460000", "0755*", "13800138000"]
    mark = json.loads(changed.text)["mark"]
    await boss.api("POST", entries, {"add": ["0756"]})
    assert (await boss.api("POST", entries, {"add": ["0757"], "mark": mark})).status == 409
