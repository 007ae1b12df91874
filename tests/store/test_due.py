"""Time passes for the queues when it is due, whichever process sees to it."""

import asyncio
import contextlib
from typing import Any

from redis.asyncio import Redis

from services.domain.agents import State
from services.domain.documents import Agent, Group
from services.store import agents, queues
from services.store.due import Due, end, now
from services.store.queues import LEASE_MS
from tests.harness.waiting import until

AGENT = Agent.model_validate(
    {"kind": "agent", "id": "li", "account": "demo", "name": "x", "sip": {"password": "abcdefghijkl"}}
)
GROUP = Group.model_validate(
    {
        "kind": "group",
        "id": "desk",
        "account": "demo",
        "name": "x",
        "strategy": "sequence",
        "members": ["li"],
        "wrap_up_seconds": 1,
    }
)


async def wrapping_up(due: Due) -> None:
    """An agent whose wrap-up ends in a second."""
    distribution = due.distribution("demo")
    await agents.put(distribution, AGENT, now())
    await queues.put(distribution, GROUP, now())
    await agents.login(distribution, "li", now())
    place = await queues.join(distribution, "call", "desk", now(), process="p")
    assert place
    assert place.offer
    assert await queues.answered(distribution, "call", place.offer.number, "li", now())
    assert await queues.ended(distribution, "call", now())


async def is_ready(due: Due) -> bool:
    standing = await agents.get(due.distribution("demo"), "li")
    return standing is not None and standing.state == State.READY


async def test_a_wrap_up_ends_by_itself(redis: Redis) -> None:
    due = Due(redis)
    await wrapping_up(due)
    assert not await is_ready(due)
    running = asyncio.create_task(due.run())
    try:
        await until(lambda: is_ready(due), "the wrap-up to end", 5)
    finally:
        await end([running])


async def test_the_agents_of_the_dead_are_free_when_their_lease_is_over(redis: Redis) -> None:
    """Whoever is left knows that Redis was there all the while, and that nobody renewed."""
    dead, left = Due(redis), Due(redis)
    await agents.put(dead.distribution("demo"), AGENT, now())
    await queues.put(dead.distribution("demo"), GROUP, now())
    await agents.login(dead.distribution("demo"), "li", now())
    await queues.join(dead.distribution("demo"), "call", "desk", now(), process="dead")
    died = now()
    running = asyncio.create_task(left.run())
    try:
        await queues.status(left.distribution("demo"), "desk", now())  # has it know the account
        await until(lambda: is_ready(left), "the agent to be free", 30)
        assert LEASE_MS - 500 < now() - died < LEASE_MS + 2000
    finally:
        await end([running])


async def test_what_another_process_has_done_is_not_asked_for_again_and_again(redis: Redis) -> None:
    due, other = Due(redis), Due(redis)
    await wrapping_up(due)
    await queues.advance(other.distribution("demo"), now() + 1000)
    running = asyncio.create_task(due.run())
    try:
        await asyncio.wait([running], timeout=1.5)  # long enough for what it believes to be due
        stats: dict[str, Any] = await redis.info("commandstats")
        assert stats["cmdstat_zrange"]["calls"] < 50
    finally:
        await end([running])


async def test_a_task_that_loses_its_cancellation_is_cancelled_again() -> None:
    async def deaf() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await end([task])
    assert task.cancelled()
