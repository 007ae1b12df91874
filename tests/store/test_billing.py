"""Billing against a real Redis: from rows in a file to entries on a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from services import billing
from services.domain.documents import Account, Price, Tariff
from services.settings import Settings
from services.store import documents, keys
from tests.harness.cel import call_id, file
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.store.entries import Fields, entries

SHOP = Account(kind="account", id="shop", name="Shop", tariff="standard")
STANDARD = Tariff(kind="tariff", id="standard", name="s", bill_from="platform", price=Price(rate=Decimal("0.12")))


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

    async def entries(self, count: int, stream: str = keys.RATED_STREAM) -> list[Fields]:
        """All entries, as soon as there are at least so many."""

        async def enough() -> Any:
            return await self.redis.xlen(stream) >= count

        await until(enough, f"{count} entries on {stream}")
        return [fields for _, fields in await entries(self.redis, stream)]


@pytest.fixture
async def node(redis: Redis, server: RedisServer, tmp_path: Path) -> Running:
    await documents.apply(redis, [SHOP, STANDARD])
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


async def _spoil_account(redis: Redis) -> None:
    await redis.hset(keys.document("account", "shop"), "body", '{"kind": "account"}')


@pytest.mark.parametrize(
    ("spoil", "account", "reason"),
    [
        (_nothing, "nobody", "there is no account 'nobody'"),
        (_forget_tariff, "shop", "there is no tariff 'standard'"),
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
