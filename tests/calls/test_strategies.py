"""Who is rung, by each strategy, on real calls: both agents are ready, both phones would answer."""

import asyncio
from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches
from tests.harness.node import PHONES, Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, talks

A, B = "1001", "1002"
WRAP_UP_MS = 3000
SOON_MS = 1000
"""Far more than it takes, far less than anything else that could have rung the phone."""
EXPECTED = {
    "sequence": ("4007000001", [A, A, A]),
    "rotation": ("4007000002", [A, B, A]),
    "even": ("4007000004", [A, B, A, B]),
    "longest idle": ("4007000005", [A, B, A]),
    "percentage, one to two": ("4007000006", [B, A, B]),
    "skills: the able one alone, at first": ("4007000008", [B, B]),
    "returning caller": ("4007000009", [A, A, A]),
}


@pytest.fixture
async def both(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> Distribution:
    del node, phones
    for agent in PHONES:
        await agents.login(desk, agent, now())
    return desk


async def call(node: Node, phones: Mapping[str, Phone], to: str, caller: str = CALLER) -> Record:
    before = await node.stream.newest()
    sides = [await phones[agent].answers(is_hung_up()) for agent in PHONES]
    try:
        caller_side = await node.sipp.call(caller, to, [hears(400), talks(400), hangs_up()])
        assert await caller_side.wait(20) == 0
        [record] = await node.stream.after(before)
        return record
    finally:
        await asyncio.gather(*(side.stop() for side in sides))


async def ready_again(desk: Distribution) -> None:
    for agent in PHONES:
        await reaches(desk, agent, {State.READY})


@pytest.mark.parametrize("strategy", EXPECTED)
async def test_who_is_rung(node: Node, phones: Mapping[str, Phone], both: Distribution, strategy: str) -> None:
    number, expected = EXPECTED[strategy]
    served = []
    for _ in expected:
        record = await call(node, phones, number)
        served.append(record.agent)
        [attempt] = [attempt for hop in record.hops for attempt in hop.attempts]
        assert attempt.result == "answered"
        await ready_again(both)
    assert served == expected


async def test_random_rings_one_of_them(node: Node, phones: Mapping[str, Phone], both: Distribution) -> None:
    record = await call(node, phones, "4007000003")
    assert [attempt.result for hop in record.hops for attempt in hop.attempts] == ["answered"]
    await ready_again(both)


async def test_ringall_rings_both_and_frees_the_slower(
    node: Node, phones: Mapping[str, Phone], both: Distribution
) -> None:
    before = await node.stream.newest()
    slow = await phones[A].rings_until_cancelled()
    quick = await phones[B].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, "4007000007", [hears(500), talks(2000), hangs_up()])
    await reaches(both, B, {State.BUSY})
    await reaches(both, A, {State.READY})
    assert [await side.wait(20) for side in (caller, quick, slow)] == [0, 0, 0]
    [record] = await node.stream.after(before)
    attempts = [f"{attempt.agent} {attempt.result}" for hop in record.hops for attempt in hop.attempts]
    assert attempts == [f"{A} answered_elsewhere", f"{B} answered"]
    await ready_again(both)


async def test_skills_widen_when_the_able_one_is_away(
    node: Node, phones: Mapping[str, Phone], both: Distribution
) -> None:
    await agents.pause(both, B, "lunch", now())
    before = await node.stream.newest()
    phone = await phones[A].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, "4007000008", [hears(3500), talks(500), hangs_up()])
    assert await caller.wait(20) == 0
    assert await phone.wait(20) == 0
    [record] = await node.stream.after(before)
    assert record.agent == A
    assert record.ringing is not None
    assert 1900 < record.ringing - record.started < 2000 + SOON_MS


async def test_wrap_up_is_honoured(node: Node, phones: Mapping[str, Phone], both: Distribution) -> None:
    before = await node.stream.newest()
    await agents.logout(both, B, now())
    first = await node.sipp.call(CALLER, "4007000010", [hears(400), talks(400), hangs_up()])
    phone = await phones[A].answers(is_hung_up())
    assert await phone.wait(20) == 0
    assert await first.wait(20) == 0
    await reaches(both, A, {State.WRAP_UP})
    wrapping = await agents.get(both, A)
    phone = await phones[A].answers(is_hung_up())
    second = await node.sipp.call(CALLER, "4007000010", [hears(4000), talks(400), hangs_up()])
    assert await second.wait(20) == 0
    assert await phone.wait(20) == 0
    [_, record] = await node.stream.after(before, 2)
    assert wrapping
    assert record.agent == A
    assert record.ringing is not None
    free = wrapping.since + WRAP_UP_MS
    # Wrap-up counts from the talk's end; the state may begin a little later, when the phone is known to be down.
    assert free - 100 < record.ringing < max(free, record.started) + SOON_MS
