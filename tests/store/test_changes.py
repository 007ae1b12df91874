"""Changes of documents against what stands in Redis: checked in the step that makes them; drafts; deletions."""

from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from services.cli import main
from services.domain.check import Standing, check_change
from services.domain.documents import Agent, Document, Group, Hotline, Ref
from services.domain.reading import Located, Reading, read
from services.store import agents, documents, drafts, keys, queues, versions
from services.store.distribution import Distribution
from services.store.versions import Edit
from tests.harness.redis_server import RedisServer
from tests.store.shop import NOW
from tests.unit.domain.test_check import AGENT, GROUP, HOTLINE, SHOP

EDIT = Edit("li", NOW, "test")
SALES: Ref = ("group", "sales")


def parsed(text: str) -> list[Document]:
    return [item.document for item in read("", text).located]


[GROUP_DOCUMENT] = parsed(GROUP)
[HOTLINE_DOCUMENT] = parsed(HOTLINE)
WITHOUT = HOTLINE.replace("kind: group, group: sales, otherwise: bye", "kind: say, prompt: x, next: bye")


class WrongError(Exception):
    pass


def judge(standing: Standing, new: list[Document], gone: list[Ref]) -> None:
    if problems := check_change(Reading([Located(one, "new") for one in new]), standing, gone):
        raise WrongError(*map(str, problems))


async def change(redis: Redis, new: list[Document], *gone: Ref) -> None:
    await documents.apply(redis, new, EDIT, gone, partial(judge, new=new, gone=list(gone)))


async def test_two_changes_never_pass_each_other(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a hotline that names a group is being checked, somebody else deletes the group."""
    await change(redis, parsed(SHOP.replace(HOTLINE, "")))
    looked, seen = documents.standing, list[bool]()

    async def standing(redis: Redis) -> Standing:
        found = await looked(redis)
        seen.append(SALES in found.documents)
        if len(seen) == 1:
            await documents.apply(redis, [], EDIT, [SALES])
        return found

    monkeypatch.setattr(documents, "standing", standing)
    with pytest.raises(WrongError, match="there is no group of this id"):
        await change(redis, [HOTLINE_DOCUMENT])
    assert seen == [True, False]
    assert await documents.get(redis, Hotline, "4001234567") is None


async def test_what_is_deleted_keeps_its_versions_and_comes_back(redis: Redis) -> None:
    await change(redis, parsed(SHOP))
    with pytest.raises(WrongError, match="hotline 4001234567 as stored"):
        await change(redis, [], SALES)
    await change(redis, parsed(WITHOUT), SALES)
    assert await documents.get(redis, Group, "sales") is None
    assert (await looked(redis)).versions[SALES] == 2
    assert [(one.number, one.deleted) for one in await versions.history(redis, "group", "sales")] == [
        (1, False), (2, True),
    ]  # fmt: skip
    assert await versions.document(redis, "group", "sales", 1) == GROUP_DOCUMENT
    await change(redis, [GROUP_DOCUMENT, HOTLINE_DOCUMENT])
    found = await documents.get(redis, Group, "sales")
    assert (found and found.version) == 3


looked = documents.standing


async def test_who_is_deleted_is_reached_by_nobody(redis: Redis) -> None:
    await change(redis, parsed(SHOP))
    assert await documents.reached_by(redis, "demo", "13900139000")
    await documents.apply(redis, [], EDIT, [("agent", "1001")])
    assert await documents.reached_by(redis, "demo", "13900139000") is None
    assert await redis.exists(keys.extensions("demo")) == 0


async def test_an_agent_who_is_no_more_is_offered_no_calls(redis: Redis) -> None:
    [li] = parsed(AGENT)
    assert isinstance(li, Agent)
    assert isinstance(GROUP_DOCUMENT, Group)
    demo = Distribution(redis, "demo")
    await agents.put(demo, li, NOW)
    await queues.put(demo, GROUP_DOCUMENT, NOW)
    await queues.put(demo, GROUP_DOCUMENT.model_copy(update={"members": []}), NOW)
    await agents.remove(demo, "1001", NOW)
    assert await agents.get(demo, "1001") is None
    await agents.put(demo, li, NOW)
    await queues.put(demo, GROUP_DOCUMENT, NOW)
    found = await agents.get(demo, "1001")
    assert found is not None
    assert found.state == "ready"


async def test_what_another_schema_has_is_told(redis: Redis) -> None:
    newer = HOTLINE_DOCUMENT.model_dump_json(exclude_none=True).replace('"schema":1', '"schema":2,"more":1')
    await redis.hset(keys.document("hotline", "4001234567"), mapping={"body": newer, "version": 7})
    stands = await documents.standing(redis)
    assert stands.unreadable == {
        ("hotline", "4001234567"): "Value error, written in schema 2; this release reads schema 1"
    }


async def test_a_draft_is_seen_by_who_asks_for_it_only(redis: Redis) -> None:
    await change(redis, parsed(SHOP))
    [without] = parsed(WITHOUT)
    await drafts.put(redis, "autumn", [without], EDIT, partial(judge, new=[without], gone=[]))
    stands = await documents.standing(redis)
    assert stands.documents["hotline", "4001234567"] == HOTLINE_DOCUMENT
    assert (await drafts.seen_through(redis, "autumn")).documents == {
        **stands.documents, ("hotline", "4001234567"): without,
    }  # fmt: skip
    assert (await drafts.seen_through(redis, "none")).documents == stands.documents
    found = await drafts.get(redis, "autumn")
    assert found is not None
    assert (found.edit, found.moved(stands)) == (EDIT, [])
    await change(redis, [HOTLINE_DOCUMENT.model_copy(update={"name": "y"})])
    assert found.moved(await documents.standing(redis)) == [("hotline", "4001234567")]
    await change(redis, [without])
    assert found.moved(await documents.standing(redis)) == [], "it is as the draft would have it"
    assert await drafts.names(redis) == ["autumn"]
    assert await drafts.discard(redis, "autumn")
    assert not await drafts.discard(redis, "autumn")


async def test_what_a_draft_has_already_may_be_named(redis: Redis) -> None:
    await change(redis, parsed(SHOP.replace(HOTLINE, "").replace(GROUP, "")))
    for document in (GROUP_DOCUMENT, HOTLINE_DOCUMENT):
        await drafts.put(redis, "new", [document], EDIT, partial(judge, new=[document], gone=[]))
    with pytest.raises(WrongError, match="there is no group"):
        await drafts.put(redis, "other", [HOTLINE_DOCUMENT], EDIT, partial(judge, new=[HOTLINE_DOCUMENT], gone=[]))
    assert await drafts.names(redis) == ["new"]


@pytest.fixture
def env(server: RedisServer, tmp_path: Path) -> dict[str, str]:
    return {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}


def told(*arguments: object, env: dict[str, str]) -> list[str]:
    """In this process: starting another for each command takes long."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=env).output.splitlines()


def test_one_file_at_a_time(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "hotline.yaml").write_text(WITHOUT)
    assert len(told("apply", tmp_path / "shop.yaml", env=env)) == 5
    [missing] = told("document", "delete", "group", "sales", env=env)
    assert missing == "hotline 4001234567 as stored: flow.nodes.sales.group: 'sales': there is no group of this id"
    assert told("check", "--stored", tmp_path / "hotline.yaml", env=env) == ["1 documents, nothing wrong"]
    assert told("apply", tmp_path / "hotline.yaml", env=env) == ["hotline  4001234567           version 2"]
    assert told("document", "delete", "group", "sales", "--why", "closed", env=env) == []
    assert told("document", "show", "group", "sales", env=env) == ["there is no group 'sales'"]
    assert told("document", "history", "group", "sales", env=env)[1].endswith("closed  (deleted)")
    assert told("document", "rollback", "group", "sales", "--to", "1", env=env) == ["group sales version 3"]


def test_a_draft_from_first_to_last(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "hotline.yaml").write_text(WITHOUT)
    (tmp_path / "other.yaml").write_text(HOTLINE.replace("name: x", "name: y"))
    told("apply", tmp_path / "shop.yaml", env=env)
    put = told("apply", tmp_path / "hotline.yaml", "--draft", "autumn", "--as", "li", "--why", "no desk", env=env)
    assert put == ["1 documents in draft autumn"]
    [listed] = told("draft", "list", env=env)
    assert listed.startswith("autumn               1 documents  20")
    assert listed.endswith("  li  no desk")
    assert "+      kind: say" in told("draft", "diff", "autumn", env=env)
    seen = [told("simulate", "4001234567", "--keys", "1", *through, env=env) for through in ([], ["--draft", "autumn"])]
    assert [any("group sales" in line for line in lines) for lines in seen] == [True, False]
    told("apply", tmp_path / "other.yaml", env=env)
    assert told("draft", "apply", "autumn", env=env) == [
        "hotline 4001234567 has been changed since; put it into the draft again"
    ]
    told("apply", tmp_path / "hotline.yaml", "--draft", "autumn", env=env)
    assert told("draft", "apply", "autumn", env=env) == ["hotline  4001234567           version 3"]
    assert told("draft", "discard", "autumn", env=env) == ["there is no draft 'autumn'"]
    assert "Invalid value for '--draft'" in "".join(told("apply", tmp_path, "--draft", "a b", env=env))
