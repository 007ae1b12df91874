"""Agents follow their SIP phones, as Asterisk tells over AMI."""

import asyncio
from collections.abc import Mapping

from services.domain.agents import State
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER, HOTLINE, DemoCall
from tests.harness.desk import QUEUE, answers, reaches, served, state
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, talks


async def test_a_phone_in_use_by_another_call_is_not_rung(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    """The menu's group rings without asking who is ready; the queue knows all the same."""
    await agents.login(desk, "1001", now())
    phone = await phones["1001"].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, HOTLINE, [hears(500), presses("1"), talks(2000), hangs_up()])
    await reaches(desk, "1001", {State.BUSY})
    assert await caller.wait(20) == 0
    assert await phone.wait(20) == 0
    await reaches(desk, "1001", {State.READY})


async def test_a_talk_that_outlives_its_service_keeps_the_agent_busy(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    """agi is killed during a talk: its lease runs out after 10 s, and the phone still says that it is in use."""
    await agents.login(desk, "1001", now())
    before = await node.stream.newest()
    phone = await phones["1001"].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, QUEUE, [hears(500), talks(14_000), hangs_up()])
    await reaches(desk, "1001", {State.BUSY})
    await node.agi.kill()
    await node.agi.start()
    await node.agi_ready()
    second = await node.sipp.call("13900000001", QUEUE, [is_hung_up()])
    assert await second.wait(40) == 0
    assert await state(desk, "1001") == State.BUSY
    assert await caller.wait(40) == 0
    assert await phone.wait(20) == 0
    await reaches(desk, "1001", {State.READY})
    records = {record.caller: record for record in await node.stream.after(before, 2)}
    assert records[CALLER].end_state == "answered"
    assert records["13900000001"].end_state == "flow_ended"


async def test_who_is_put_off_duty_while_talking_goes_afterwards(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await agents.login(desk, "1001", now())
    call = DemoCall("talks", [hears(500), talks(8000), hangs_up()], {}, {"1001": answers})
    playing = asyncio.create_task(served(node, phones, call))
    await reaches(desk, "1001", {State.BUSY})
    await node.hotline("agent", "logout", "1001")
    assert await state(desk, "1001") == State.BUSY
    assert (await playing).end_state == "answered"
    await reaches(desk, "1001", {State.OFFLINE})
