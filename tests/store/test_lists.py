"""Lists of numbers in a real Redis, and the commands that show them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from services.domain.lists import Match, NumberList
from services.store import documents, keys, lists, versions
from services.store.due import end
from tests.harness.redis_server import RedisServer
from tests.unit.services.test_cli import hotline

SHOP = """
kind: account
id: shop
name: x
tariff: t
---
kind: tariff
id: t
name: t
bill_from: agent
prices: [{inbound: {rules: [{rule: r, steps: [{rate: "0.1"}]}]}}]
---
kind: list
id: blocked
account: shop
name: 黑名单
reasons: {fraud: 您的号码已被限制呼入。}
entries: {"1701*": fraud, "0755": }
file: blocked.csv
"""


def blocked(name: str = "blocked", **more: Any) -> NumberList:
    reasons = {"fraud": "欺诈", "debt": "欠费"}
    return NumberList.model_validate(
        {"kind": "list", "id": name, "account": "shop", "name": "x", "reasons": reasons} | more
    )


async def entry(redis: Redis, number: str, *names: str) -> str | None:
    found = await lists.find(redis, names or ["blocked"], number)
    return found and found.entry


async def test_a_number_is_found_by_its_longest_entry(redis: Redis) -> None:
    entries = {"13800138000": None, "1380*": None, "1*": None, "0755": None, "95588": None}
    await documents.apply(redis, [blocked(entries=entries)])
    numbers = ("13800138000", "13801138000", "13900139000", "075512345678", "02161234567", "95588", "955881", "")
    assert [await entry(redis, number) for number in numbers] == [
        "13800138000", "1380*", "1*", "0755*", None, "95588", None, None,
    ]  # fmt: skip


async def test_a_match_says_why(redis: Redis) -> None:
    await documents.apply(redis, [blocked(entries={"1701*": "fraud", "0755": None})])
    found = await lists.find(redis, ["blocked"], "17011112222")
    assert found is not None
    assert (found.list, found.entry, found.reason) == ("blocked", "1701*", "fraud")
    assert found.sound is not None
    assert found.sound.startswith("spoken/")
    assert await lists.find(redis, ["blocked"], "075512345678") == Match("blocked", "0755*", None, None)
    await documents.apply(redis, [blocked(entries={"1701*": "fraud", "0755": None}, reason="debt")])
    found = await lists.find(redis, ["blocked"], "075512345678")
    assert found is not None
    assert found.reason == "debt"


async def test_the_first_list_that_has_the_number_counts(redis: Redis) -> None:
    await documents.apply(redis, [blocked(entries={"138*": None}), blocked("vip", entries={"13800138000": None})])
    assert await lists.find(redis, ["none", "blocked", "vip"], "13800138000") == Match("blocked", "138*", None, None)
    assert await lists.find(redis, ["vip", "blocked"], "13800138000") == Match("vip", "13800138000", None, None)
    assert await lists.find(redis, ["none"], "13800138000") is None


async def test_what_is_applied_replaces_what_was_there_and_leaves_nothing_behind(redis: Redis) -> None:
    many = {f"138{number:08d}": None for number in range(2 * lists.AT_ONCE + 1)}
    await documents.apply(redis, [blocked(entries=many)])
    assert await redis.hlen(keys.listed("blocked")) == len(many) + 1
    assert await documents.apply(redis, [blocked(entries=many)]) == []
    await documents.apply(redis, [blocked(entries={"1701*": None})])
    assert (await entry(redis, "13800000000"), await entry(redis, "17011112222")) == (None, "1701*")
    await documents.apply(redis, [blocked()])
    assert await entry(redis, "17011112222") is None
    assert [name async for name in redis.scan_iter("list:*")] == [keys.listed("blocked").encode()]
    assert await redis.ttl(keys.listed("blocked")) == -1


async def test_callers_are_looked_up_in_the_old_list_until_the_new_one_is_whole(redis: Redis) -> None:
    """Every number is on both: whenever it is asked for, it is found."""
    generations = [blocked(entries={f"138{n:08d}": None for n in range(20_000)}, name=name) for name in ("a", "b")]
    generations = [one.model_copy(update={"id": "blocked"}) for one in generations]
    renamed = [one.model_copy(update={"name": f"{number}"}) for number, one in enumerate(generations * 3)]
    await documents.apply(redis, renamed[:1])

    async def applying() -> None:
        for document in renamed[1:]:
            await documents.apply(redis, [document])

    task = asyncio.create_task(applying())
    asked = 0
    try:
        while not task.done():
            assert await entry(redis, "13800019999") == "13800019999"
            asked += 1
    finally:
        await end([task])
    assert task.exception() is None
    assert asked > 10


@pytest.fixture
def env(server: RedisServer, tmp_path: Path) -> dict[str, str]:
    return {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP)
    (folder / "blocked.csv").write_text("\ufeffnumber,reason\n+8613800138000,fraud\n13900139000\n")
    return folder


def applied(shop: Path, env: dict[str, str]) -> str:
    done = hotline("apply", shop, "--as", "li", **env)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_a_list_is_exported_seen_compared_and_taken_back(
    redis: Redis, shop: Path, env: dict[str, str], tmp_path: Path
) -> None:
    applied(shop, env)
    assert hotline("export", tmp_path / "out", **env).returncode == 0
    assert (tmp_path / "out/list/blocked.csv").read_text() == "0755*\n13800138000,fraud\n13900139000\n1701*,fraud\n"
    assert applied(tmp_path / "out", env) == ""
    assert [await entry(redis, number) for number in ("13800138000", "17012345678")] == ["13800138000", "1701*"]
    told = [hotline("list", "check", *asked, **env) for asked in (("blocked", "+8617012345678"), ("blocked", "1"))]
    assert [one.stdout for one in told] == [
        "17012345678 is on the list by 1701*, reason fraud\n", "1 is not on the list\n",
    ]  # fmt: skip
    assert hotline("list", "check", "none", "1", **env).stderr == "there is no list 'none'\n"
    (shop / "blocked.csv").write_text("13900139000,fraud\n13700137000\n")
    assert applied(shop, env) == f"{'list':<8} {'blocked':<20} version 2\n"
    assert [await entry(redis, number) for number in ("13800138000", "13700137000")] == [None, "13700137000"]

    assert [one.number for one in await versions.history(redis, "list", "blocked")] == [1, 2]
    seen = hotline("document", "diff", "list", "blocked", **env).stdout.splitlines()
    assert seen == ["-13800138000,fraud", "-13900139000", "+13700137000", "+13900139000,fraud"]
    shown = hotline("document", "show", "list", "blocked", "--version", "1", **env).stdout
    assert shown.endswith("file: blocked.csv\n# blocked.csv\n0755*\n13800138000,fraud\n13900139000\n1701*,fraud\n")

    done = hotline("document", "rollback", "list", "blocked", "--to", "1", "--as", "li", **env)
    assert (done.returncode, done.stdout) == (0, "list blocked version 3\n")
    assert [await entry(redis, number) for number in ("13800138000", "13700137000")] == ["13800138000", None]


async def test_nothing_is_applied_of_a_list_with_a_wrong_line(redis: Redis, shop: Path, env: dict[str, str]) -> None:
    (shop / "blocked.csv").write_text("13800138000\n1380013800\n13900139000,spam\n1701*\n")
    done = hotline("apply", shop, "--as", "li", **env)
    assert done.returncode == 1
    places = [line.removeprefix(f"{shop}/").partition(": expected")[0] for line in done.stderr.splitlines()]
    assert places == [
        "blocked.csv:2: '1380013800'",
        "blocked.csv:3: 'spam': there is no such reason; expected one of: fraud",
        "blocked.csv:4: '1701*': stands in the document already, with reason 'fraud', here with no reason",
    ]
    assert await redis.keys("*") == []
