"""Callers who wait, on real calls. Agents 1001 and 1002 sit at the desk; it has room for two who wait."""

import asyncio
from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import DemoCall
from tests.harness.desk import QUEUE, answers, never_answers, reaches, rung, served, waiting
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, talks


@pytest.mark.usefixtures("desk")
async def test_nobody_on_duty(node: Node, phones: Mapping[str, Phone]) -> None:
    record = await served(node, phones, DemoCall("closed", [is_hung_up()], {}))
    assert [hop.node for hop in record.hops] == ["line", "closed", "bye"]
    assert record.end_state == "flow_ended"


async def test_who_is_ready_is_rung_at_once_and_busy_while_it_talks(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await agents.login(desk, "1001", now())
    call = asyncio.create_task(
        served(node, phones, DemoCall("ready", [hears(500), talks(2000), hangs_up()], {}, {"1001": answers}))
    )
    await reaches(desk, "1001", {State.BUSY})
    record = await call
    assert (record.end_state, record.agent, rung(record)) == ("answered", "1001", ["1001 answered"])
    assert record.ringing is not None
    assert record.ringing - record.started < 1000
    await reaches(desk, "1001", {State.READY})


async def test_a_caller_waits_until_somebody_comes(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    await agents.pause(desk, "1001", "lunch", now())
    await agents.login(desk, "1002", now())
    first = DemoCall("talks long", [hears(500), talks(3000), hangs_up()], {}, {"1002": answers})
    second = DemoCall("waits", [hears(4000), talks(1000), hangs_up()], {}, {"1001": answers})

    async def later() -> Record:
        await reaches(desk, "1002", {State.BUSY})
        caller = await node.sipp.call("13900000001", QUEUE, second.steps)
        await waiting(desk, 1)
        phone = await phones["1001"].answers(is_hung_up())
        resumed = now()
        await agents.resume(desk, "1001", resumed)
        assert await caller.wait(30) == 0
        assert await phone.wait(30) == 0
        records = await node.stream.after(before, 2)
        [record] = [record for record in records if record.caller == "13900000001"]
        [attempt] = [attempt for hop in record.hops for attempt in hop.attempts]
        assert attempt.started - resumed < 1000
        return record

    before = await node.stream.newest()
    busy = await phones["1002"].answers(is_hung_up())
    talker = await node.sipp.call("13900000000", QUEUE, first.steps)
    record = await later()
    assert (record.end_state, record.agent) == ("answered", "1001")
    assert await talker.wait(30) == 0
    assert await busy.wait(30) == 0


async def test_who_misses_a_call_lets_the_next_one_have_it(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await agents.login(desk, "1001", now())
    await agents.login(desk, "1002", now())
    call = DemoCall("missed", [hears(6500), talks(1000), hangs_up()], {}, {"1001": never_answers, "1002": answers})
    record = await served(node, phones, call)
    assert rung(record) == ["1001 no_answer", "1002 answered"]


async def test_after_so_long_the_call_goes_elsewhere(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await agents.login(desk, "1001", now())
    await agents.phone(desk, "1001", "in_use", now())
    record = await served(node, phones, DemoCall("waited", [is_hung_up()], {}))
    assert [hop.node for hop in record.hops] == ["line", "sorry", "bye"]
    assert 5500 < record.hops[1].at - record.hops[0].at < 7000
    await agents.phone(desk, "1001", "idle", now())
    await waiting(desk, 0)


async def test_a_full_queue_and_callers_who_leave(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    del phones
    before = await node.stream.newest()
    await agents.login(desk, "1001", now())
    await agents.phone(desk, "1001", "in_use", now())
    callers = []
    for number in range(2):
        callers.append(await node.sipp.call(f"1390000000{number}", QUEUE, [hears(4000), hangs_up()]))
        await waiting(desk, number + 1)
    third = await node.sipp.call("13900000009", QUEUE, [is_hung_up()])
    assert await third.wait(20) == 0
    for caller in callers:
        assert await caller.wait(20) == 0
    await waiting(desk, 0)
    records = await node.stream.after(before, 3)
    assert sorted(record.end_state for record in records) == ["abandoned_waiting", "abandoned_waiting", "flow_ended"]
    [turned_away] = [record for record in records if record.caller == "13900000009"]
    assert [hop.node for hop in turned_away.hops] == ["line", "engaged", "bye"]
    await agents.phone(desk, "1001", "idle", now())


async def test_agi_killed_while_callers_wait(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    """Both keep their place and are served in their order."""
    before = await node.stream.newest()
    await agents.login(desk, "1001", now())
    await agents.phone(desk, "1001", "in_use", now())
    callers = []
    for number in range(2):
        callers.append(await node.sipp.call(f"1390000000{number}", QUEUE, [is_hung_up()]))
        await waiting(desk, number + 1)
    await node.agi.kill()
    await node.agi.start()
    await node.agi_ready()
    phone = await phones["1001"].answers(talks(500), hangs_up(), calls=2)
    await agents.phone(desk, "1001", "idle", now())
    assert await phone.wait(40) == 0
    for caller in callers:
        assert await caller.wait(20) == 0
    records = sorted(await node.stream.after(before, 2), key=lambda record: record.agent_answered or 0)
    assert [(record.caller, record.end_state) for record in records] == [
        ("13900000000", "answered"), ("13900000001", "answered"),
    ]  # fmt: skip
