"""What a caller hears before anybody picks up, and that it is not billed."""

from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.domain.prompts import HOLD_MUSIC, spoken_name
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.calls.test_waiting import waits
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches
from tests.harness.hearing import SECOND, Ear, likeness, listening, samples
from tests.harness.node import Node
from tests.harness.sipp import CALLER_HOST, Phone, hangs_up, is_hung_up, talks
from tests.harness.waiting import until

HELLO = spoken_name("您好，欢迎致电，正在为您转接客服人员。", "cmn")
GROUP, QUEUE = "4005100004", "4005100005"
BEFORE_THE_WAY_IS_OPEN = SECOND // 4
"""Asterisk sends no sound before its 183 is out, and the prompt may have begun by then."""


async def hears(ear: Ear, count: int) -> None:
    async def so_much() -> bool:
        return len(ear.samples) > count

    await until(so_much, f"{count} samples to be heard", 20)


@pytest.mark.parametrize("to", [GROUP, QUEUE], ids=["group", "queue"])
async def test_billing_begins_when_the_agent_picks_up(
    node: Node, phones: Mapping[str, Phone], desk: Distribution, to: str
) -> None:
    """In the queue the caller first waits with music: the agent who is on duty comes later."""
    before = await node.stream.newest()
    hello = samples(node.sounds / f"{HELLO}.wav")
    if to == QUEUE:
        await agents.login(desk, "1001", now())
        await agents.phone(desk, "1001", "in_use", now())
        await reaches(desk, "1001", {State.BUSY})
    phone = await phones["1001"].answers(talks(1500), hangs_up(), after=2000)
    async with listening(CALLER_HOST) as (ear, port):
        caller = await node.sipp.call(CALLER, to, [is_hung_up()], media_port=port)
        await hears(ear, len(hello))
        if to == QUEUE:
            await waits(desk, "judged")
            await hears(ear, len(ear.samples) + 2 * SECOND)
            await agents.phone(desk, "1001", "idle", now())
        early = list(ear.samples)
        assert (node.sipp.got(caller, 183), node.sipp.got(caller, 200)) == (True, False)
        assert [await side.wait(30) for side in (phone, caller)] == [0, 0]
        heard = list(ear.samples)
    assert likeness(heard, hello[BEFORE_THE_WAY_IS_OPEN:], begins_within=2) > 0.9
    if to == QUEUE:
        music = samples(node.sounds / HOLD_MUSIC)
        after_hello = early[len(hello) - SECOND // 2 :]
        assert likeness(after_hello, music[: 2 * SECOND], begins_within=2) > 0.8
    [record] = await node.stream.after(before)
    [attempt] = [attempt for hop in record.hops for attempt in hop.attempts]
    assert record.answered
    assert attempt.answered
    assert abs(record.answered - attempt.answered) < 500
    assert record.answered - record.started > 2000 + len(hello) / 8
    assert record.charge
    assert [segment.from_ for segment in record.charge.segments] == [record.answered]


async def test_nobody_to_pick_up_costs_nothing(node: Node, desk: Distribution) -> None:
    del desk
    before = await node.stream.newest()
    caller = await node.sipp.refused(CALLER, QUEUE, 486)
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    assert (record.answered, record.end_state) == (None, "flow_ended")
    assert record.charge
    assert record.charge.segments == ()
