"""The queue node on a channel that is none, with agents and queues in a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.agents import State
from services.domain.documents import Document, Group
from services.domain.reading import read
from services.store import agents, documents, queues, staff
from services.store.distribution import Distribution
from services.store.due import now
from tests.calls.conftest import DOCUMENTS
from tests.harness.waiting import until
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.rooms import running
from tests.unit.agi.test_journey import PHONES, RECORDINGS, SOUNDS

Desk = tuple[Redis, Room, Distribution]


@pytest.fixture
async def desk(redis: Redis) -> AsyncIterator[Desk]:
    room = Room(redis)
    distribution = Distribution(redis, "demo")
    found: list[Document] = []
    for text in ((DOCUMENTS / "queue.yaml").read_text(), PHONES):
        found += [item.document for item in read("x", text).located]
    await documents.apply(redis, found)
    await staff.put(redis, found)
    async with running(room, redis):
        yield redis, room, distribution
    await redis.flushall()


async def walk(desk: Desk, channel: FakeChannel) -> list[str]:
    redis, room, _ = desk
    channel.headers |= {"agi_extension": "4007654321", "agi_callerid": "13800138000"}
    await Journey(redis, SOUNDS, RECORDINGS, room, Metering(redis))(channel)  # type: ignore[arg-type]
    return [mark["node"] for mark in channel.said("NODE")]


async def state(desk: Desk, agent: str) -> State:
    standing = await agents.get(desk[2], agent)
    assert standing
    return standing.state


async def test_nobody_on_duty(desk: Desk) -> None:
    channel = FakeChannel(keys=[None])
    assert await walk(desk, channel) == ["line", "closed", "bye"]
    assert not channel.music


async def test_an_agent_who_is_ready_is_offered_the_call(desk: Desk) -> None:
    await agents.login(desk[2], "1001", now())
    channel = FakeChannel(dials=["ANSWER"])
    assert await walk(desk, channel) == ["line"]
    [(targets, seconds, options)] = channel.dialled
    assert (targets, seconds) == (["PJSIP/1001"], 5)
    assert options == "mgU(answered^1001^^demo^1)"
    assert channel.said("OFFER") == [{"node": "line", "group": "desk", "agent": "1001", "dial": "1001"}]
    assert await state(desk, "1001") == State.READY


async def test_who_misses_is_not_rung_again_at_once(desk: Desk) -> None:
    for agent in ("1001", "1002"):
        await agents.login(desk[2], agent, now())
    channel = FakeChannel(dials=["NOANSWER", "ANSWER"])
    await walk(desk, channel)
    assert [targets for targets, _, _ in channel.dialled] == [["PJSIP/1001"], ["PJSIP/1002"]]


async def test_a_group_nobody_made_known(desk: Desk) -> None:
    redis, _, distribution = desk
    await redis.flushdb()
    found = [item.document for item in read("x", (DOCUMENTS / "queue.yaml").read_text()).located]
    await documents.apply(redis, found)
    assert await walk(desk, FakeChannel(keys=[None])) == ["line", "sorry", "bye"]
    del distribution


async def test_a_cancelled_session_leaves_the_queue(desk: Desk) -> None:
    """As when the service is stopped: the agent is not kept reserved until a lease runs out."""
    await agents.login(desk[2], "1001", now())
    await agents.phone(desk[2], "1001", "in_use", now())

    class Patient(FakeChannel):
        async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
            async with asyncio.timeout(seconds):
                return await event.wait()

    session = asyncio.create_task(walk(desk, Patient()))

    async def waits() -> bool:
        return (await queues.status(desk[2], "desk", now())).waiting == 1

    await until(waits, "the caller to wait")
    session.cancel()
    with pytest.raises(asyncio.CancelledError):
        await session
    assert (await queues.status(desk[2], "desk", now())).waiting == 0


@pytest.mark.parametrize("drops", ["0", "0 unsaid"])
async def test_who_drops_the_call_costs_those_who_rang_with_it_nothing(desk: Desk, drops: str) -> None:
    """Dropped before the queue was told that it was picked up: the other is rung on at once, alone."""
    redis, _, distribution = desk
    found = await documents.get(redis, Group, "desk")
    assert found
    terms = {"strategy": "ringall", "drop_seconds": 2, "retry_seconds": 60}
    together = found.document.model_copy(update=terms)
    await documents.apply(redis, [together])
    await queues.put(distribution, together, now())
    for agent in ("1001", "1002"):
        await agents.login(distribution, agent, now())
    channel = FakeChannel(dials=[drops, "ANSWER"])
    assert await walk(desk, channel) == ["line"]
    assert [targets for targets, _, _ in channel.dialled] == [["PJSIP/1001", "PJSIP/1002"], ["PJSIP/1002"]]
    assert (await state(desk, "1001"), await state(desk, "1002")) == (State.WRAP_UP, State.READY)
