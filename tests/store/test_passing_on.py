"""Live events on their way to companies' own programs: each once, whoever dies and however many pass them on."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from redis.asyncio import Redis

from services.domain.documents import Account
from services.notify import passing_on
from services.store import documents, keys
from services.store.due import end, keep
from tests.harness.waiting import until
from tests.store.entries import entries
from tests.store.shop import Shop, group

SECRET = "a-secret-for-tests-only"


@asynccontextmanager
async def passing(redis: Redis, count: int) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(Redis.from_pool(type(redis.connection_pool).from_url(url_of(redis))))
            for _ in range(count)
        ]
        tasks = [asyncio.create_task(keep(lambda client=client: passing_on.run(client))) for client in clients]  # type: ignore[misc]
        try:
            yield
        finally:
            await end(tasks)


def url_of(redis: Redis) -> str:
    return f"unix://{redis.connection_pool.connection_kwargs['path']}"


async def asks_for(redis: Redis, *events: str) -> None:
    notify = {"url": "http://127.0.0.1:9/", "secret": SECRET, "events": events}
    account = {"kind": "account", "id": "shop", "name": "x", "tariff": "t", "notify": notify}
    await documents.apply(redis, [Account.model_validate(account)])


async def told(redis: Redis) -> list[tuple[str, str]]:
    """Kind and call, in order."""
    messages = [json.loads(fields[b"message"]) for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    return [(message["kind"], message["values"]["call_id"]) for message in messages]


async def begun(redis: Redis) -> None:
    async def is_there() -> bool:
        return bool(await redis.exists(keys.PASSED_ON))

    await until(is_there, "the first position")


async def told_of(redis: Redis, count: int) -> list[tuple[str, str]]:
    async def enough() -> list[tuple[str, str]]:
        found = await told(redis)
        return found if len(found) >= count else []

    return await until(enough, f"{count} messages")


async def test_each_event_is_put_out_once_by_however_many(shop: Shop, redis: Redis) -> None:
    await asks_for(redis, "call.queued", "call.left")
    await shop.opens(group())
    expected = []
    async with passing(redis, 3):
        await begun(redis)
        for number in range(30):
            await shop.joins(f"c{number}")
            await shop.leaves(f"c{number}")
            expected += [("call.queued", f"c{number}"), ("call.left", f"c{number}")]
        assert await told_of(redis, len(expected)) == expected
    ids = [json.loads(fields[b"message"])["id"] for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    assert len(set(ids)) == len(ids)


async def test_what_happened_while_nobody_passed_it_on_is_made_up_for(shop: Shop, redis: Redis) -> None:
    await asks_for(redis, "call.queued")
    await shop.opens(group())
    await shop.joins("before")
    async with passing(redis, 1):
        await begun(redis)
    await shop.joins("meanwhile")
    async with passing(redis, 1):
        assert await told_of(redis, 1) == [("call.queued", "meanwhile")]


async def test_what_is_gone_is_said(shop: Shop, redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    await asks_for(redis, "call.queued")
    await shop.opens(group())
    async with passing(redis, 1):
        await begun(redis)
    await shop.joins("lost")
    await redis.xtrim(keys.LIVE_STREAM, maxlen=0, approximate=False)
    await shop.joins("found")
    async with passing(redis, 1):
        assert await told_of(redis, 1) == [("call.queued", "found")]
    assert "were gone before they were passed on" in caplog.text


async def test_entries_of_others_stop_nothing(shop: Shop, redis: Redis) -> None:
    await asks_for(redis, "call.queued", "agent.state")
    await shop.opens(group())
    async with passing(redis, 1):
        await begun(redis)
        await redis.xadd(keys.LIVE_STREAM, {"of": "caller", "account": "shop", "state": "ringing"})
        await redis.xadd(keys.LIVE_STREAM, {"something": "else"})
        await redis.hset(keys.document("account", "broken"), mapping={"body": "{", "version": "1"})
        await redis.xadd(keys.LIVE_STREAM, {"of": "agent", "account": "broken", "state": "ready"})
        await shop.joins("c1")
        assert await told_of(redis, 1) == [("call.queued", "c1")]
