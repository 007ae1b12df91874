"""Billing against a real Redis: from rows in a file to entries on a stream."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from services import billing
from services.billing.service import Billing
from services.domain.calendar import Calendar
from services.domain.documents import Account, Hotline
from services.domain.region import Numbering
from services.settings import Settings
from services.store import documents, keys
from tests.harness.cel import call_id, file
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import per_increment, tariff
from tests.harness.waiting import until
from tests.store.entries import Fields, entries

SHOP = Account(kind="account", id="shop", name="Shop", tariff="standard")
STANDARD = per_increment("0.12")
HOTLINE = Hotline.model_validate(
    {"kind": "hotline", "number": "4008001234", "account": "shop", "name": "x"}
    | {"flow": {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}}
)


def call(number: int, account: str = "shop") -> bytes:
    """A caller who leaves the menu after 30 s."""
    return file(
        f"""
        0.0   CHAN_START    caller
        0.1   CALL          caller  hotline=4008001234 caller=13800138000 name=
        0.2   JOURNEY       caller  account={account} version=1
        0.3   ANSWER        caller
        0.4   NODE          caller  node=welcome kind=menu
        30.0  HANGUP        caller  cause=16 source=caller
        30.1  LINKEDID_END  caller
        """,
        number,
    )


class Running:
    def __init__(self, redis: Redis, folder: Path, url: str) -> None:
        self.redis = redis
        self.file = folder / "hotline.csv"
        self.settings = Settings(redis_url=url, cel_dir=folder, pbx="pbx1")
        self.stop = asyncio.Event()

    def append(self, data: bytes) -> None:
        with self.file.open("ab") as file_:
            file_.write(data)

    async def entries(self, count: int, stream: str = keys.RATED_STREAM, deadline: float = 10) -> list[Fields]:
        """All entries, as soon as there are at least so many."""

        async def enough() -> Any:
            return await self.redis.xlen(stream) >= count

        await until(enough, f"{count} entries on {stream}", deadline)
        return [fields for _, fields in await entries(self.redis, stream)]


@pytest.fixture
async def node(redis: Redis, server: RedisServer, tmp_path: Path) -> Running:
    await documents.apply(redis, [SHOP, STANDARD, HOTLINE])
    return Running(redis, tmp_path, server.url)


@asynccontextmanager
async def served(node: Running) -> AsyncIterator[None]:
    node.stop.clear()
    task = asyncio.ensure_future(billing.run(node.settings, node.stop))
    try:
        yield
    finally:
        node.stop.set()
        async with asyncio.timeout(10):
            await task


def ids(entries: list[Fields]) -> list[str]:
    return [fields[b"call_id"].decode() for fields in entries]


async def test_calls_are_rated_as_they_end(node: Running) -> None:
    async with served(node):
        node.append(call(1)[:-20])
        node.append(call(1)[-20:] + call(2))
        entries = await node.entries(2)
    assert ids(entries) == [call_id(1), call_id(2)]
    charge = json.loads(entries[0][b"record"])["charge"]
    assert (charge["tariff"], charge["version"], charge["total"]) == ("standard", 1, "0.12")


async def test_a_restart_goes_on_where_it_stopped(node: Running) -> None:
    async with served(node):
        node.append(call(1) + call(2)[:300])
        await node.entries(1)
    node.append(call(2)[300:] + call(3))
    async with served(node):
        assert ids(await node.entries(3)) == [call_id(1), call_id(2), call_id(3)]


async def test_a_restart_without_its_checkpoint_writes_nothing_twice(node: Running) -> None:
    node.append(call(1))
    async with served(node):
        await node.entries(1)
    await node.redis.delete(keys.checkpoint("pbx1"))
    node.append(call(2))
    async with served(node):
        assert ids(await node.entries(2)) == [call_id(1), call_id(2)]


async def test_a_call_nobody_can_be_charged_for_is_still_on_the_stream(node: Running) -> None:
    node.append(call(1, account=""))
    async with served(node):
        [entry] = await node.entries(1)
    assert json.loads(entry[b"record"])["charge"] is None


async def _nothing(_: Redis) -> None:
    pass


async def _forget_tariff(redis: Redis) -> None:
    await redis.delete(keys.document("tariff", "standard"))


async def _forget_hotline(redis: Redis) -> None:
    await redis.hdel(keys.document("hotline", "4008001234"), "v1")


async def _price_later(redis: Redis) -> None:
    later = STANDARD.prices[0].model_copy(update={"valid_from": date(2030, 1, 1)})
    await documents.apply(redis, [STANDARD.model_copy(update={"prices": [later]})])


async def _want_a_calendar(redis: Redis) -> None:
    await documents.apply(redis, [STANDARD.model_copy(update={"calendar": "own"})])


async def _spoil_account(redis: Redis) -> None:
    await redis.hset(keys.document("account", "shop"), "body", '{"kind": "account"}')


@pytest.mark.parametrize(
    ("spoil", "account", "reason"),
    [
        (_nothing, "nobody", "there is no account 'nobody'"),
        (_forget_tariff, "shop", "there is no tariff 'standard'"),
        (_price_later, "shop", "tariff 'standard' has no prices for 2026-03-02"),
        (_want_a_calendar, "shop", "there is no calendar 'own'"),
        (_spoil_account, "shop", "account 'shop' cannot be read: id: Field required"),
    ],
)
async def test_what_cannot_be_rated_is_set_aside_and_blocks_nobody(
    node: Running, spoil: Callable[[Redis], Awaitable[None]], account: str, reason: str
) -> None:
    other = SHOP.model_copy(update={"id": "other", "tariff": "flat"})
    await documents.apply(node.redis, [other, STANDARD.model_copy(update={"id": "flat"})])
    await spoil(node.redis)
    node.append(call(1, account) + call(2, "other"))
    async with served(node):
        [unrated] = await node.entries(1, keys.UNRATED_STREAM)
        assert ids(await node.entries(1)) == [call_id(2)]
    assert (unrated[b"call_id"].decode(), unrated[b"reason"].decode()) == (call_id(1), reason)
    assert json.loads(unrated[b"record"])["charge"] is None


async def test_a_call_whose_hotline_never_had_the_version_is_set_aside(node: Running) -> None:
    await _forget_hotline(node.redis)
    node.append(call(1))
    async with served(node):
        [unrated] = await node.entries(1, keys.UNRATED_STREAM)
    assert unrated[b"reason"] == b"there is no hotline '4008001234' version 1"


async def test_rules_see_the_hotline_as_it_led_the_call_and_the_documents_a_tariff_names(node: Running) -> None:
    """Beijing's 13800138000 calls at ten in the morning in China, two at night in London."""
    near = {"region": ["home_city"], "hours": ["02:00-03:00"], "day": ["holiday"]}
    steps = [{"rate": "0.12"}]
    own = tariff({"rule": "near", "when": near, "steps": steps}, {"rule": "else", "steps": steps})
    own = own.model_copy(update={"calendar": "own", "numbering": "own"})
    fields = {"id": "own"}
    calendar = Calendar.model_validate(fields | {"kind": "calendar", "holidays": ["2026-03-02"]})
    numbering = Numbering.model_validate(fields | {"kind": "numbering", "prefixes": {"+86138": {"region": "海南三亚"}}})
    london = HOTLINE.model_copy(update={"timezone": "Europe/London", "city": "海南三亚"})
    await documents.apply(node.redis, [own, calendar, numbering, london])
    await documents.apply(node.redis, [HOTLINE])  # version 3, as 1
    node.append(call(1) + call(2).replace(b"version=1", b"version=2"))
    async with served(node):
        entries = await node.entries(2, deadline=40)  # numbers' places take seconds to load
    charges = [json.loads(entry[b"record"])["charge"] for entry in entries]
    assert [charge["segments"][0]["rule"] for charge in charges] == ["else", "near"]
    assert charges[1]["caller_region"] == "海南三亚"


async def test_a_call_was_unrated_once_and_stays_so_after_a_restart(node: Running) -> None:
    node.append(call(1, "nobody"))
    async with served(node):
        await node.entries(1, keys.UNRATED_STREAM)
    await node.redis.delete(keys.checkpoint("pbx1"))
    await documents.apply(node.redis, [SHOP.model_copy(update={"id": "nobody"})])
    node.append(call(2))
    async with served(node):
        assert ids(await node.entries(1)) == [call_id(2)]
    assert await node.redis.xlen(keys.UNRATED_STREAM) == 1


async def test_redis_away_for_a_while(node: Running, server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    async with served(node):
        node.append(call(1))
        await node.entries(1)
        await server.kill()
        node.append(call(2) + call(3)[:300])

        async def noticed() -> bool:
            return "starts over" in caplog.text

        await until(noticed, "billing to notice")
        await server.start()
        node.append(call(3)[300:])
        assert ids(await node.entries(3)) == [call_id(1), call_id(2), call_id(3)]


async def test_redis_away_at_the_start(node: Running, server: RedisServer) -> None:
    node.append(call(1))
    await server.kill()
    async with served(node):
        await server.start()
        assert ids(await node.entries(1)) == [call_id(1)]


async def test_what_redis_lost_is_written_again(node: Running) -> None:
    """A crash may cost Redis its last second; then it has an older checkpoint than billing believes."""
    async with served(node):
        node.append(call(1))
        await node.entries(1)
        await node.redis.delete(keys.RATED_STREAM, keys.committed(call_id(1)), keys.checkpoint("pbx1"))
        node.append(call(2))
        assert sorted(ids(await node.entries(2))) == [call_id(1), call_id(2)]


async def test_no_folder_is_a_clear_error(tmp_path: Path) -> None:
    settings = Settings(cel_dir=tmp_path / "none")
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none .*HOTLINE_CEL_DIR"):
        await billing.run(settings, asyncio.Event())


async def test_stop_is_heard_while_redis_is_away(node: Running, server: RedisServer) -> None:
    await server.kill()
    async with served(node):
        pass


async def test_a_clock_set_forward_during_a_call_leaves_it_unrated(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other call; slewing is no setting."""
    await documents.apply(redis, [SHOP, STANDARD, HOTLINE])
    live = tmp_path / "hotline.csv"
    *begin, hangup, end = call(1).splitlines(keepends=True)
    live.write_bytes(b"".join(begin))
    service = Billing(redis, tmp_path, "pbx1", None)
    await service.step()
    monkeypatch.setattr(time, "time_ns", lambda now=time.time_ns: now() + 120_000_000_000)
    await service.step()
    with live.open("ab") as more:
        more.write(hangup + end + call(2))
    await service.step()
    service.close()
    [unrated] = [fields for _, fields in await entries(redis, keys.UNRATED_STREAM)]
    [rated] = [fields for _, fields in await entries(redis, keys.RATED_STREAM)]
    assert (unrated[b"call_id"].decode(), rated[b"call_id"].decode()) == (call_id(1), call_id(2))
    assert 119_000 < json.loads(unrated[b"record"])["clock_set_ms"] < 121_000
    assert b"set forward by 1" in unrated[b"reason"]
