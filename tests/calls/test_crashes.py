"""Any process of ours may be killed at any moment: no call is dropped, each has exactly one record."""

import asyncio
import random
import re
from collections.abc import Mapping

from tests.harness.demo_calls import CALLER, DEMO_CALLS, HOTLINE, DemoCall, outcome
from tests.harness.node import Node
from tests.harness.play import play
from tests.harness.process import Process
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.waiting import until

FIRST = DEMO_CALLS[0]
NEVER_CALLED = "4007400002"


async def seen(node: Node, event: str) -> int:
    """How often Asterisk has written this event."""
    path = node.cel / "hotline.csv"
    text = await asyncio.to_thread(path.read_text) if path.exists() else ""
    return len(re.findall(rf'^"{event}"', text, re.MULTILINE))


async def in_cel(node: Node, event: str, count: int) -> None:
    """Waits until the call at hand has come so far."""

    async def happened() -> bool:
        return await seen(node, event) >= count

    await until(happened, f"{count} {event} in the CEL file", 20)


async def kill_and_start(process: Process) -> None:
    await process.kill()
    await process.start()


async def test_agi_killed_while_a_caller_is_in_the_menu(node: Node, phones: Mapping[str, Phone]) -> None:
    """The caller hears the menu again, from another process, and is served by it."""
    menus = await seen(node, "NODE")
    await node.second_agi.start()
    await node.second_agi_ready()

    async def crash() -> None:
        await in_cel(node, "NODE", menus + 1)
        await node.agi.kill()

    call = DemoCall("Menu twice", [hears(3000), *FIRST.steps[1:]], FIRST.expected, FIRST.phones)
    try:
        record, _ = await asyncio.gather(play(node.sipp, node.stream, call, phones), crash())
    finally:
        await node.agi.start()
        await node.agi_ready()
        await node.second_agi.kill()
    assert outcome(record) == {**FIRST.expected, "path": ["welcome", "welcome", "sales"]}


async def test_agi_killed_while_two_people_talk(node: Node, phones: Mapping[str, Phone]) -> None:
    """The talk goes on; whoever hangs up ends the call, and no phone is rung again."""
    for number in (0, 1):
        demo = DEMO_CALLS[number]
        bridges = await seen(node, "BRIDGE_ENTER")

        async def crash(bridges: int = bridges) -> None:
            await in_cel(node, "BRIDGE_ENTER", bridges + 2)
            await kill_and_start(node.agi)
            await node.agi_ready()

        long = [hears(1000), presses("1"), talks(5000), hangs_up()] if number == 0 else demo.steps
        phones_do = demo.phones if number == 0 else {**demo.phones, "1002": _talks_long}
        call = DemoCall(demo.title, long, demo.expected, phones_do)
        record, _ = await asyncio.gather(play(node.sipp, node.stream, call, phones), crash())
        assert outcome(record) == demo.expected
        assert record.talk_ms > 4000


async def _talks_long(phone: Phone) -> Process:
    return await phone.answers(talks(5000), hangs_up())


async def test_agi_killed_while_a_phone_rings(node: Node, phones: Mapping[str, Phone]) -> None:
    """The phone rings on and can be answered."""
    offers, channels = await seen(node, "OFFER"), await seen(node, "CHAN_START")

    async def crash() -> None:
        await in_cel(node, "OFFER", offers + 1)
        await in_cel(node, "CHAN_START", channels + 2)
        await kill_and_start(node.agi)
        await node.agi_ready()

    async def answers_late(phone: Phone) -> Process:
        return await phone.answers(is_hung_up(), after=4000)

    call = DemoCall(
        FIRST.title, [hears(500), presses("1"), hears(7000), hangs_up()], FIRST.expected, {"1001": answers_late}
    )
    record, _ = await asyncio.gather(play(node.sipp, node.stream, call, phones), crash())
    assert outcome(record) == FIRST.expected


async def test_the_caller_hears_an_apology_when_no_service_answers(node: Node) -> None:
    """As early media: it costs nobody anything."""
    before = await node.stream.newest()
    await node.agi.kill()
    try:
        caller = await node.sipp.refused(CALLER, HOTLINE, 503)
        assert await caller.wait(40) == 0
    finally:
        await node.agi.start()
        await node.agi_ready()
    [record] = await node.stream.after(before)
    assert (record.end_state, record.answered, record.charge) == ("unavailable", None, None)


async def test_redis_away_at_the_start_of_a_call(node: Node, phones: Mapping[str, Phone]) -> None:
    """A hotline that was never called: the dialplan comes back until it can be read; the record waits for Redis."""
    before = await node.stream.newest()
    calls = await seen(node, "CALL")
    await node.redis_server.stop()
    phone = await phones["lao-wang"].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, NEVER_CALLED, [hears(1500), presses("2"), talks(1000), hangs_up()])
    await in_cel(node, "CALL", calls + 1)
    await node.redis_server.start()
    await node.redis_ready()
    assert await caller.wait(30) == 0
    assert await phone.wait(30) == 0
    [record] = await node.stream.after(before, deadline=30)
    assert (record.end_state, record.agent) == ("answered", "lao-wang")


async def test_billing_killed_at_any_time(node: Node) -> None:
    """Billing dies again and again during ten calls; each has exactly one record."""
    before = await node.stream.newest()

    async def one(index: int) -> int:
        caller = await node.sipp.call(CALLER, HOTLINE, [hears(500 + 150 * index), hangs_up()])
        return await caller.wait(30)

    calls = asyncio.gather(*(one(index) for index in range(10)))
    while not calls.done():
        await kill_and_start(node.billing)
        await asyncio.wait([calls], timeout=random.uniform(0.05, 0.5))
    assert await calls == [0] * 10
    records = await node.stream.after(before, 10)
    assert len({record.call_id for record in records}) == len(records) == 10
