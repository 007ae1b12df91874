"""What happens on calls while Redis is away is made good when it is back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from agi.room import Room
from services.domain.agents import Standing, State
from services.domain.documents import Agent, Group
from services.store import agents, queues
from services.store.breaker import AWAY, Breaker, client
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.unit.agi.rooms import running

AGENT = Agent.model_validate(
    {"kind": "agent", "id": "li", "account": "demo", "name": "x", "sip": {"password": "abcdefghijkl"}}
)
GROUP = Group.model_validate(
    {"kind": "group", "id": "desk", "account": "demo", "name": "x", "strategy": "sequence", "members": ["li"]}
    | {"wrap_up_seconds": 60}
)
CALLER = {"number": "13800138000", "priority": 0, "joined": None}


@pytest.fixture
async def room(server: RedisServer) -> AsyncIterator[Room]:
    async with client(server.url) as redis:
        room = Room(redis, Breaker(pause=0.1))
        distribution = Distribution(redis, "demo")
        await agents.put(distribution, AGENT, now())
        await queues.put(distribution, GROUP, now())
        await agents.login(distribution, "li", now())
        async with running(room, redis):
            yield room


async def reaches(redis: Redis, state: State) -> Standing:
    distribution = Distribution(redis, "demo")

    async def standing() -> Standing:
        found = await agents.get(distribution, "li")
        assert found
        return found

    async def there() -> bool:
        return (await standing()).state == state

    await until(there, f"the agent to be {state}")
    return await standing()


async def test_a_talk_that_begins_and_ends_meanwhile(room: Room, redis: Redis, server: RedisServer) -> None:
    """The agent's wrap-up counts from the talk's end."""
    distribution = room.distribution("demo")
    async with room.hold(distribution, "call", "desk", **CALLER) as held:  # type: ignore[arg-type]
        assert held
        offer = await held.offer()
        assert offer
        await server.kill()
        assert await room.answered(distribution, "call", offer.number, "li", channel="")
        with pytest.raises(AWAY):
            await held.offer()
        held.reason = "ended"
    over = now()
    await server.start()
    standing = await reaches(redis, State.WRAP_UP)
    assert standing.ready_at <= over + 60_000


async def test_whoever_picks_up_first_has_the_caller(room: Room) -> None:
    distribution = room.distribution("demo")
    async with room.hold(distribution, "call", "desk", **CALLER) as held:  # type: ignore[arg-type]
        assert held
        offer = await held.offer()
        assert offer
        assert await room.answered(distribution, "call", offer.number, "li", channel="")
        assert not await room.answered(distribution, "call", offer.number, "li", channel="")


async def test_who_went_elsewhere_is_not_rung_for(room: Room, redis: Redis, server: RedisServer) -> None:
    """Redis hears late that the caller wanted to join."""
    await queues.status(room.distribution("demo"), "desk", now())  # over the connection that will be used next
    server.freeze()
    try:
        with pytest.raises(AWAY):
            async with room.hold(room.distribution("demo"), "call", "desk", **CALLER):  # type: ignore[arg-type]
                pass
    finally:
        server.thaw()

    async def heard_of() -> bool:
        entries: Any = await redis.xrange("events:live")
        return any(fields.get(b"state") == b"left" for _, fields in entries)

    await until(heard_of, "the caller to be heard of")
    await reaches(redis, State.READY)
    assert (await queues.status(Distribution(redis, "demo"), "desk", now())).waiting == 0


async def test_who_waits_is_known_again_to_a_redis_that_lost_all(room: Room, redis: Redis) -> None:
    distribution = Distribution(redis, "demo")
    await agents.pause(distribution, "li", "lunch", now())
    async with room.hold(room.distribution("demo"), "call", "desk", **CALLER) as held:  # type: ignore[arg-type]
        assert held
        joined = (await queues.status(distribution, "desk", now())).longest_since
        await queues.leave(distribution, "call", "closed", now())
        assert await held.offer() is None
        assert (await queues.status(distribution, "desk", now())).longest_since == joined
