"""Documents are there when Redis is not."""

import time
from collections.abc import AsyncIterator

import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.documents import Agent, Group, Hotline
from services.domain.reading import read
from services.store import documents, keys
from services.store.breaker import AWAY, DEADLINE, Breaker, client
from services.store.remembered import Remembered
from tests.harness.node import DEMO
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until

NUMBER = "4001234567"
AGENT = Agent.model_validate(
    {"kind": "agent", "id": "li", "account": "demo", "name": "x", "sip": {"password": "abcdefghijkl"}}
)


@pytest.fixture
async def patient(server: RedisServer) -> AsyncIterator[Redis]:
    async with client(server.url) as redis:
        text = (DEMO / "shop.yaml").read_text()
        await documents.apply(redis, [item.document for item in read("x", text).located])
        yield redis


async def test_a_hotline_is_remembered_with_all_that_its_callers_need(patient: Redis, server: RedisServer) -> None:
    remembered = Remembered(patient, Breaker())
    now = await remembered.hotline(NUMBER)
    await server.kill()
    assert await remembered.hotline(NUMBER) == now
    group = await remembered.get(Group, "service")
    assert group
    [*_, mobile] = await remembered.get_many(Agent, group.document.members[-1:])
    assert mobile
    assert mobile.document.bound
    with pytest.raises(AWAY):
        await remembered.get(Hotline, "4000000000")
    with pytest.raises(AWAY):
        await remembered.get_many(Agent, ["lao-wang", "li"])


async def test_what_was_changed_is_read_anew(patient: Redis) -> None:
    remembered = Remembered(patient)
    for name in ("x", "y"):
        await documents.apply(patient, [AGENT.model_copy(update={"name": name})])
        found = await remembered.get(Agent, "li")
        assert found
        assert found.document.name == name


async def test_what_a_newer_release_has_written_is_taken_as_it_was(patient: Redis) -> None:
    remembered = Remembered(patient)
    await documents.apply(patient, [AGENT])
    before = await remembered.get(Agent, "li")
    newer = AGENT.model_dump_json(exclude_none=True).replace('"schema":1', '"schema":2')
    await patient.hset(keys.document("agent", "li"), mapping={"body": newer, "version": 2})
    assert await remembered.get(Agent, "li") == before
    assert await remembered.get(Agent, "li") == before
    with pytest.raises(ValidationError, match="written in schema 2; this release reads schema 1"):
        await Remembered(patient).get(Agent, "li")


async def test_what_is_gone_is_forgotten(patient: Redis, server: RedisServer) -> None:
    remembered = Remembered(patient)
    assert await remembered.get(Agent, "lao-wang")
    await patient.flushall()
    assert await remembered.get(Agent, "lao-wang") is None
    await server.kill()
    with pytest.raises(AWAY):
        await remembered.get(Agent, "lao-wang")


async def test_only_so_many_are_remembered(patient: Redis, server: RedisServer) -> None:
    remembered = Remembered(patient, limit=2)
    await remembered.get(Group, "sales")
    for name in ("service", "sales"):
        await remembered.get(Group, name)
    await remembered.get(Agent, "lao-wang")
    await server.kill()
    assert await remembered.get(Group, "sales")
    with pytest.raises(AWAY):
        await remembered.get(Group, "service")


async def test_a_silent_redis_is_waited_for_once(patient: Redis, server: RedisServer) -> None:
    remembered = Remembered(patient, Breaker(pause=60))
    await remembered.hotline(NUMBER)
    server.freeze()
    try:
        began = time.monotonic()
        for _ in range(100):
            await remembered.hotline(NUMBER)
        assert time.monotonic() - began < DEADLINE + 1
    finally:
        server.thaw()


async def test_redis_is_used_again_when_it_is_back(patient: Redis, server: RedisServer) -> None:
    remembered = Remembered(patient, Breaker(pause=0.1))
    await remembered.get(Agent, "lao-wang")
    await server.kill()
    await remembered.get(Agent, "lao-wang")
    await server.start()

    async def reads() -> bool:
        try:
            return await remembered.get(Group, "sales") is not None
        except AWAY:
            return False

    await until(reads, "a document that was never read")
