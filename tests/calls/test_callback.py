"""Customers who are called back, on real calls: agents at 1001 and 1002, customers beyond the carrier."""

from collections.abc import AsyncIterator, Mapping

import pytest

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents, callbacks, queues
from services.store.callbacks import Callback
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.desk import reaches
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.waiting import until

HOTLINE = "4007700000"
WITH_WINDOW = "4007700001"
THROUGH = "4007700002"
"""Before all others."""
ALWAYS = "4007700003"
"""Nothing but a callback."""
CUSTOMER = "13900770000"
SHOWN = "02161234567"


@pytest.fixture
async def desk(desk: Distribution) -> AsyncIterator[Distribution]:
    yield desk
    for callback in await pending(desk):
        await callbacks.cancel(desk, callback.id, "by_hand", now())


async def pending(desk: Distribution) -> list[Callback]:
    return [callback async for callback in callbacks.pending(desk)]


async def reaches_state(desk: Distribution, *states: str) -> None:
    async def there() -> bool:
        return [callback.state for callback in await pending(desk)] == list(states)

    await until(there, f"callbacks to be {states}, not {await pending(desk)}", 20)


async def two_wait(desk: Distribution) -> None:
    async def there() -> bool:
        return (await queues.status(desk, "callers", now())).waiting == 2

    await until(there, "two to wait")


async def asks(node: Node, *steps: str, number: str = CUSTOMER, hotline: str = HOTLINE) -> None:
    caller = await node.sipp.call(number, hotline, [hears(1000), *(steps or (presses("1"),)), is_hung_up()])
    assert await caller.wait(60) == 0


def legs(record: Record) -> list[str]:
    assert record.callback is not None
    agents_ = [f"{attempt.agent} {attempt.result}" for hop in record.hops for attempt in hop.attempts]
    customer = record.callback.customer
    return [*agents_, f"{customer.dial} {customer.result}"] if customer else agents_


async def test_the_agent_s_phone_rings_first_then_the_customer_s(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await agents.phone(desk, "1001", "in_use", now())
    await agents.login(desk, "1001", now())
    before = await node.stream.newest()
    await asks(node, hears(1500), presses("1"))
    [callback] = await pending(desk)
    assert (callback.number, callback.group, callback.state, callback.pbx) == (CUSTOMER, "callers", "queued", "pbx1")
    assert callback.asked - callback.joined > 900  # the place in the queue that was given up
    customer = await phones["lao-wang"].answers(talks(1500), hangs_up(), shown=SHOWN)
    agent = await phones["1001"].answers(is_hung_up(), shown=CUSTOMER)
    await agents.phone(desk, "1001", "idle", now())
    assert await customer.wait(30) == 0
    assert await agent.wait(30) == 0
    asked, made = sorted(await node.stream.after(before, 2), key=lambda record: record.started)
    assert (asked.kind, asked.callback_agreed, asked.callback) == ("inbound", callback.id, None)
    assert made.callback is not None
    assert (made.kind, made.end_state, made.hung_up_by, made.agent) == ("callback", "answered", "caller", "1001")
    assert (made.callback.id, made.callback.call_id, made.callback.number) == (callback.id, asked.call_id, 1)
    assert (made.caller, made.hotline, made.account) == (CUSTOMER, HOTLINE, "demo")
    assert legs(made) == ["1001 answered", f"{CUSTOMER}@carrier answered"]
    assert made.callback.customer is not None
    assert made.agent_answered is not None
    assert made.agent_answered < made.callback.customer.started
    assert 1000 < made.talk_ms < 5000
    assert made.charge is not None
    assert (made.charge.total, made.charge.segments) == ("0.00", ())
    assert await pending(desk) == []
    await reaches(desk, "1001", {State.READY})


async def test_a_customer_who_is_busy_is_called_again_after_a_while(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    before = await node.stream.newest()
    await asks(node, presses("13900770001#"), hears(500), presses("1"), number="anonymous")
    await agents.login(desk, "1001", now())
    customer = await phones["lao-wang"].rejects("486 Busy Here")
    agent = await phones["1001"].answers(is_hung_up())
    assert await customer.wait(30) == 0
    assert await agent.wait(30) == 0
    customer = await phones["lao-wang"].answers(talks(500), hangs_up(), shown=SHOWN)
    agent = await phones["1001"].answers(is_hung_up())
    assert await agent.wait(30) == 0
    assert await customer.wait(30) == 0
    _, *records = sorted(await node.stream.after(before, 3), key=lambda record: record.started)
    assert [legs(record)[1] for record in records] == ["13900770001@carrier busy", "13900770001@carrier answered"]
    assert [record.end_state for record in records] == ["callback_failed", "answered"]
    assert [record.callback.number for record in records if record.callback] == [1, 2]
    standing = await agents.get(desk, "1001")
    assert standing
    assert standing.missed == 0


async def test_an_agent_who_does_not_pick_up_lets_the_next_one_call(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    missed = await phones["1001"].rejects("486 Busy Here")
    customer = await phones["lao-wang"].answers(talks(500), hangs_up(), shown=SHOWN)
    agent = await phones["1002"].answers(is_hung_up())
    for name in ("1001", "1002"):
        await agents.login(desk, name, now())
    await asks(node, hotline=ALWAYS)
    for phone in (missed, agent, customer):
        assert await phone.wait(30) == 0
    standing = await agents.get(desk, "1001")
    assert standing
    assert standing.missed == 1


async def test_a_customer_who_calls_again_and_gets_through_is_not_called_back(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    await asks(node)
    await asks(node)
    await reaches_state(desk, "queued")  # one, not two
    await agents.phone(desk, "1001", "in_use", now())
    await agents.login(desk, "1001", now())
    [callback] = await pending(desk)
    caller = await node.sipp.call("+86" + CUSTOMER, THROUGH, [hears(500), talks(1000), hangs_up()])
    await two_wait(desk)
    agent = await phones["1001"].answers(is_hung_up())
    await agents.phone(desk, "1001", "idle", now())
    assert await caller.wait(30) == 0
    assert await agent.wait(30) == 0
    assert await callbacks.get(desk, callback.id) is None


async def test_agi_killed_before_the_callback_and_while_the_agent_s_phone_rings(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    """What rang is picked up in vain or not, the customer is called once."""
    before = await node.stream.newest()
    await asks(node)
    await reaches_state(desk, "queued")
    await node.agi.kill()
    await node.agi.start()
    await node.agi_ready()
    ringing = await phones["1001"].rings_until_cancelled()
    await agents.login(desk, "1001", now())
    await reaches_state(desk, "offered")
    await node.agi.kill()
    await node.agi.start()
    await node.agi_ready()
    assert await ringing.wait(30) == 0
    customer = await phones["lao-wang"].answers(talks(500), hangs_up(), shown=SHOWN)
    agent = await phones["1001"].answers(is_hung_up())
    assert await agent.wait(40) == 0
    assert await customer.wait(20) == 0
    _, made = sorted(await node.stream.after(before, 2), key=lambda record: record.started)
    assert made.callback is not None
    assert (made.end_state, made.callback.number) == ("answered", 1)


async def test_outside_of_its_window_a_callback_waits_and_is_cancelled_by_hand(node: Node, desk: Distribution) -> None:
    await asks(node, hotline=WITH_WINDOW)
    await agents.login(desk, "1001", now())
    [callback] = await pending(desk)
    assert callback.state == "waiting"
    assert callback.due > now()
    assert callback.id in await node.hotline("callback", "list")
    await node.hotline("callback", "cancel", callback.id)
    assert await pending(desk) == []
