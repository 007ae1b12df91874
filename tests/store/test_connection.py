"""A Redis that answers, and does not do what it is told."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from services.store.breaker import AWAY
from services.store.connection import UnwillingError, bounded, connected
from services.store.scripts import Script
from tests.harness.redis_server import RedisServer

WRITES = "local function write() return redis.call('SET', 'a', 'b') end\nreturn write()"
NEVER_ENDS = "while true do end"

HOW: Mapping[str, tuple[list[str], list[str]]] = {
    "NOREPLICAS": (["CONFIG", "SET", "min-replicas-to-write", "1"], ["CONFIG", "SET", "min-replicas-to-write", "0"]),
    "READONLY": (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]),
    "OOM": (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]),
}
"""By what it answers: how it comes to that, and how it ends."""


@pytest.fixture
async def tried(server: RedisServer) -> AsyncIterator[Redis]:
    async with connected(server.url) as client:
        yield client


@asynccontextmanager
async def refusing(redis: Any, code: str) -> AsyncIterator[None]:
    begins, ends = HOW[code]
    await redis.execute_command(*begins)
    try:
        yield
    finally:
        await redis.execute_command(*ends)


@pytest.mark.parametrize("code", HOW)
async def test_who_writes_is_told_that_it_is_away(redis: Redis, tried: Redis, code: str) -> None:
    script = Script(head=WRITES)
    async with refusing(redis, code):
        for _ in range(2):
            with pytest.raises(UnwillingError) as told:
                await tried.set("a", "b")
            assert isinstance(told.value, AWAY)
            with pytest.raises(UnwillingError):
                await script.run(tried, [], [])
            for transaction in (False, True):
                async with tried.pipeline(transaction=transaction) as pipe:
                    pipe.get("a")
                    pipe.set("a", "b")
                    with pytest.raises(UnwillingError):
                        await pipe.execute()
        assert await tried.get("a") is None
    assert await tried.set("a", "b")
    assert await script.run(tried, [], [])


async def test_a_pool_of_connections_is_told_the_same(redis: Redis, server: RedisServer) -> None:
    async with refusing(redis, "NOREPLICAS"), bounded(server.url, max_connections=1, timeout=1) as client:
        with pytest.raises(UnwillingError):
            await client.set("a", "b")
        assert await client.get("a") is None


async def test_one_that_is_at_work_on_something_else_is_away(redis: Redis, server: RedisServer, tried: Redis) -> None:
    await redis.config_set("busy-reply-threshold", 50)
    async with Redis.from_url(server.url) as other:
        script = asyncio.ensure_future(other.eval(NEVER_ENDS, 0))
        with pytest.raises(UnwillingError, match="script"):
            await pinged_for_ever(tried)
        await redis.script_kill()
        with suppress(Exception):
            await script
    assert await tried.ping()


async def test_one_that_has_lost_what_it_copies_is_away(redis: Redis, tried: Redis) -> None:
    await redis.config_set("replica-serve-stale-data", "no")
    async with refusing(redis, "READONLY"):
        with pytest.raises(UnwillingError, match="MASTER"):
            await tried.get("a")
    assert await tried.get("a") is None


async def test_one_that_cannot_save_is_away(redis: Redis, server: RedisServer, tried: Redis) -> None:
    in_the_way = Path(urlsplit(server.url).path).parent / "dump.rdb"
    in_the_way.mkdir()
    await redis.config_set("save", "1 1")
    with pytest.raises(UnwillingError, match="RDB"):
        await written_for_ever(tried)
    in_the_way.rmdir()
    await redis.config_set("save", "")
    assert await tried.set("a", "b")


async def written_for_ever(redis: Redis) -> None:
    while True:
        await redis.set("a", "b")


async def pinged_for_ever(redis: Redis) -> None:
    while True:
        await redis.ping()


async def test_other_errors_are_what_they_were(tried: Redis) -> None:
    await tried.set("a", "b")
    with pytest.raises(Exception, match="wrong kind of value") as told:
        await tried.llen("a")
    assert not isinstance(told.value, AWAY)
