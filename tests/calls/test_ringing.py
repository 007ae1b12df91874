"""How phones are rung: keys asked for, phones that ring together, phones that do not do what they should."""

import asyncio
from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches, rung
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, presses_and_is_hung_up, talks

MOBILE_FIRST, ALL_AT_ONCE, WITHOUT_A_QUEUE = "4007100000", "4007100001", "4007100002"
DESKS, ONE_NUMBER = "4007100003", "4007100004"


@pytest.fixture
async def at_1001(desk: Distribution) -> Distribution:
    """1001 is on duty; so is the mobile, always."""
    await agents.login(desk, "1001", now())
    await reaches(desk, "mobile", {State.READY})
    return desk


@pytest.fixture
async def at_both(at_1001: Distribution) -> Distribution:
    await agents.login(at_1001, "1002", now())
    return at_1001


async def call(node: Node, to: str, steps: list[str], *sides: Process) -> Record:
    """The call's record, when the caller and all sides did as their steps say."""
    before = await node.stream.newest()
    caller = await node.sipp.call(CALLER, to, steps)
    try:
        codes = {side.name: await side.wait(40) for side in (caller, *sides)}
    finally:
        await asyncio.gather(*(side.stop() for side in (caller, *sides)))
    assert set(codes.values()) == {0}, codes
    [record] = await node.stream.after(before)
    return record


@pytest.mark.usefixtures("at_1001")
async def test_a_key_accepts_the_call(node: Node, phones: Mapping[str, Phone]) -> None:
    mobile = await phones["lao-wang"].answers(hears(1500), presses("1"), is_hung_up())
    record = await call(node, MOBILE_FIRST, [hears(4000), talks(2000), hangs_up()], mobile)
    assert rung(record) == ["mobile answered"]


@pytest.mark.usefixtures("at_1001")
@pytest.mark.parametrize(
    "does",
    [[hears(1500), presses_and_is_hung_up("5")], [hears(1000), hangs_up()], [talks(100), is_hung_up()]],
    ids=["presses another key", "hangs up", "is a mailbox"],
)
async def test_who_does_not_press_the_key_has_missed_the_call(
    node: Node, phones: Mapping[str, Phone], does: list[str]
) -> None:
    mobile = await phones["lao-wang"].answers(*does)
    desk_phone = await phones["1001"].answers(talks(2500), hangs_up())
    record = await call(node, MOBILE_FIRST, [is_hung_up()], mobile, desk_phone)
    assert rung(record) == ["mobile unconfirmed", "1001 answered"]
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1001", "agent")


async def test_a_caller_who_leaves_before_the_key_was_pressed(
    node: Node, phones: Mapping[str, Phone], at_1001: Distribution
) -> None:
    """The caller's call ends at once; the phone is let go as soon as the prompt is over."""
    mobile = await phones["lao-wang"].answers(hears(100), is_hung_up(8000))
    record = await call(node, MOBILE_FIRST, [hears(1500), hangs_up()], mobile)
    assert rung(record) == ["mobile cancelled"]
    assert (record.end_state, record.hung_up_by) == ("abandoned_ringing", "caller")
    assert record.total_ms < 3000
    await reaches(at_1001, "mobile", {State.READY})


@pytest.mark.usefixtures("at_1001")
@pytest.mark.parametrize("number", [ALL_AT_ONCE, WITHOUT_A_QUEUE], ids=["queue", "group"])
async def test_a_mailbox_that_is_first_does_not_silence_the_others(
    node: Node, phones: Mapping[str, Phone], number: str
) -> None:
    mobile = await phones["lao-wang"].answers(talks(100), is_hung_up(), after=0)
    desk_phone = await phones["1001"].answers(talks(2500), hangs_up(), after=2000)
    record = await call(node, number, [is_hung_up()], mobile, desk_phone)
    assert rung(record) == ["mobile answered_elsewhere", "1001 answered"]
    assert record.agent == "1001"


@pytest.mark.usefixtures("at_both")
@pytest.mark.parametrize(("status", "result"), [("486 Busy Here", "busy"), ("603 Decline", "rejected")])
async def test_who_rejects_lets_the_next_one_have_it(
    node: Node, phones: Mapping[str, Phone], status: str, result: str
) -> None:
    first = await phones["1001"].rejects(status)
    second = await phones["1002"].answers(talks(2500), hangs_up())
    record = await call(node, DESKS, [is_hung_up()], first, second)
    assert rung(record) == [f"1001 {result}", "1002 answered"]


async def test_who_answers_and_drops_at_once_lets_the_next_one_have_it(
    node: Node, phones: Mapping[str, Phone], at_both: Distribution
) -> None:
    first = await phones["1001"].answers(hangs_up())
    second = await phones["1002"].answers(is_hung_up())
    record = await call(node, DESKS, [hears(1500), talks(1000), hangs_up()], first, second)
    assert rung(record) == ["1001 dropped", "1002 answered"]
    assert (record.agent, record.hung_up_by) == ("1002", "caller")
    [dropped, answered] = record.hops[0].attempts
    assert record.agent_answered == answered.answered
    assert answered.started - (dropped.ended or 0) < 1000
    standing = await agents.get(at_both, "1001")
    assert standing
    assert standing.missed == 1


@pytest.mark.usefixtures("at_1001")
@pytest.mark.parametrize("number", [ALL_AT_ONCE, WITHOUT_A_QUEUE], ids=["queue", "group"])
async def test_who_drops_at_once_leaves_the_call_to_the_others(
    node: Node, phones: Mapping[str, Phone], number: str
) -> None:
    takes_it = [hears(1500), presses("1"), talks(2500), hangs_up()]
    mobile = await phones["lao-wang"].answers_unless_cancelled(*takes_it, after=2000, calls=2)
    desk_phone = await phones["1001"].answers(hangs_up(), after=500)
    record = await call(node, number, [is_hung_up()], mobile, desk_phone)
    assert rung(record) == ["mobile answered_elsewhere", "1001 dropped", "mobile answered"]


async def test_a_phone_that_is_unregistered_while_it_rings(
    node: Node, phones: Mapping[str, Phone], at_both: Distribution
) -> None:
    first = await phones["1001"].rings_until_cancelled()
    second = await phones["1002"].answers(talks(2500), hangs_up())
    talking = asyncio.create_task(call(node, DESKS, [is_hung_up()], first, second))
    await reaches(at_both, "1001", {State.RINGING})
    await node.sipp.unregister("1001", node.passwords["1001"])
    try:
        assert rung(await talking) == ["1001 no_answer", "1002 answered"]
        await reaches(at_both, "1001", {State.OFFLINE})
    finally:
        await node.sipp.register("1001", node.passwords["1001"], port=phones["1001"].port)
    await reaches(at_both, "1001", {State.READY})


async def test_a_bound_number_has_one_call_at_a_time(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    before = await node.stream.newest()
    landline = await phones["lao-wang"].answers(talks(2500), hangs_up())
    first = await node.sipp.call("13900000001", ONE_NUMBER, [is_hung_up()])
    await reaches(desk, "landline", {State.BUSY})
    second = await node.sipp.call("13900000002", ONE_NUMBER, [is_hung_up()])
    assert [await side.wait(20) for side in (landline, first)] == [0, 0]
    landline = await phones["lao-wang"].answers(talks(2500), hangs_up())
    assert [await side.wait(20) for side in (landline, second)] == [0, 0]
    records = await node.stream.after(before, 2)
    assert [(record.caller, rung(record)) for record in records] == [
        ("13900000001", ["landline answered"]), ("13900000002", ["landline answered"]),
    ]  # fmt: skip


async def test_a_talk_that_outlives_every_service_ends_as_any_other(
    node: Node, phones: Mapping[str, Phone], at_1001: Distribution
) -> None:
    """No apology and no menu."""
    mobile = await phones["lao-wang"].rejects("486 Busy Here")
    desk_phone = await phones["1001"].answers(talks(4000), hangs_up())
    talking = asyncio.create_task(call(node, MOBILE_FIRST, [is_hung_up()], mobile, desk_phone))
    await reaches(at_1001, "1001", {State.BUSY})
    await node.agi.kill()
    try:
        record = await talking
    finally:
        await node.agi.start()
        await node.agi_ready()
    assert (record.end_state, record.hung_up_by) == ("answered", "agent")
    assert record.ended - (record.hops[-1].attempts[-1].ended or 0) < 1000
