"""After each connection and each overflow the owners ask for the true state, before events reach them again."""

import asyncio
from dataclasses import replace

import pytest

from services.ami import Message, State
from tests.unit.ami.fake_asterisk import (
    DEADLINE,
    FULLY_BOOTED,
    SWIFT,
    asterisk_running,
    becomes,
    kept,
    message,
    new_link,
    nothing,
    says,
    until,
)


async def test_the_true_state_is_asked_for_after_each_connection_and_events_wait() -> None:
    async with asterisk_running() as asterisk:
        told: list[str] = []
        link = new_link(asterisk)
        asterisk.answers["State"] = lambda action: (
            message("Event: A", "Number: 1") + says("Response: Success")(action) + message("Event: A", "Number: 2")
        )

        async def asks() -> None:
            await link.action("State")
            told.append(link.state.name)

        async def first() -> None:
            told.append("first")

        async def takes(event: Message) -> None:
            told.append(f"{link.state.name} {event['Number']}")

        link.on_resync(first)
        link.on_resync(asks)
        link.subscribe("A", takes)
        once = ["first", "JOINING", "READY 1", "READY 2"]
        async with kept(link):
            await until(lambda: told == once)
            asterisk.drop()
            await until(lambda: told == once + once)


async def test_a_hook_that_fails_is_awaited_again(caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk:
        outcomes: list[BaseException | None] = [LookupError("a\nb"), asyncio.CancelledError(), TimeoutError(), None]

        async def asks() -> None:
            if outcome := outcomes.pop(0):
                raise outcome

        link = new_link(asterisk)
        link.on_resync(asks)
        async with kept(link):
            await link.ready(DEADLINE)
    assert len(asterisk.writers) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert "\nb" not in caplog.text


async def test_a_hook_that_loses_the_link_is_awaited_on_the_next_one(caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["State"] = nothing
        link = new_link(asterisk)

        async def asks() -> None:
            await link.action("State")

        link.on_resync(asks)
        async with kept(link):
            await until(lambda: len(asterisk.received("State")) == 1)
            asterisk.answers["State"] = says("Response: Success")
            asterisk.drop()
            await link.ready(DEADLINE)
    assert len(asterisk.received("State")) == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_a_hook_that_hangs_does_not_hold_the_link_for_ever() -> None:
    async with asterisk_running() as asterisk:
        asked = 0

        async def asks() -> None:
            nonlocal asked
            asked += 1
            if asked == 1:
                await asyncio.Event().wait()

        link = new_link(asterisk, replace(SWIFT, hook=0.02))
        link.on_resync(asks)
        async with kept(link):
            await link.ready(DEADLINE)
    assert asked == 2


async def test_after_an_overflow_the_true_state_is_asked_for() -> None:
    async with asterisk_running() as asterisk:
        link = new_link(asterisk, replace(SWIFT, events=5))
        told: list[str] = []
        go_on = asyncio.Event()

        async def asks() -> None:
            told.append("asked")

        async def takes(event: Message) -> None:
            told.append(event["Number"])
            await go_on.wait()

        link.on_resync(asks)
        link.subscribe("A", takes)
        async with kept(link):
            await link.ready(DEADLINE)
            asterisk.send(message("Event: A", "Number: 0"))
            await until(lambda: told == ["asked", "0"])
            asterisk.send(b"".join(message("Event: A", f"Number: {number}") for number in range(1, 10)))
            await until(lambda: link.state is State.JOINING)
            go_on.set()
            await link.ready(DEADLINE)
            await until(lambda: told[-1] == "9")
    assert told[:3] == ["asked", "0", "asked"]
    assert len(asterisk.writers) == 1


async def test_after_a_handler_failed_the_true_state_is_asked_for() -> None:
    """Once and after one pause, behind the events that already wait; Redis was away, say."""
    async with asterisk_running() as asterisk:
        link = new_link(asterisk, replace(SWIFT, first_pause=0.1, longest_pause=0.1))
        told: list[str] = []

        async def asks() -> None:
            told.append(link.state.name)

        async def takes(event: Message) -> None:
            told.append(event["Number"])
            if event["Number"] != "99":
                raise LookupError

        link.on_resync(asks)
        link.subscribe("A", takes)
        async with kept(link):
            await link.ready(DEADLINE)
            asterisk.send(b"".join(message("Event: A", f"Number: {number}") for number in range(100)))
            await until(lambda: link.state is State.JOINING)
            await link.ready(3)
    assert told == ["JOINING", *map(str, range(100)), "JOINING"]
    assert len(asterisk.writers) == 1


async def test_a_second_fully_booted_may_be_forged_and_is_not_heeded() -> None:
    async with asterisk_running() as asterisk:
        asked = 0

        async def asks() -> None:
            nonlocal asked
            asked += 1

        behind = asyncio.Event()

        async def takes(_: Message) -> None:
            behind.set()

        link = new_link(asterisk)
        link.on_resync(asks)
        link.subscribe("A", takes)
        async with kept(link):
            await link.ready(DEADLINE)
            asterisk.send(FULLY_BOOTED * 10 + message("Event: A"))
            await asyncio.wait_for(behind.wait(), DEADLINE)
    assert asked == 1


async def test_an_overflow_while_the_true_state_is_asked_for_makes_it_void() -> None:
    async with asterisk_running() as asterisk:
        link = new_link(asterisk, replace(SWIFT, events=2))
        told: list[str] = []
        go_on = asyncio.Event()

        async def asks() -> None:
            told.append(link.state.name)
            await go_on.wait()

        async def takes(event: Message) -> None:
            told.append(event["Number"])

        link.on_resync(asks)
        link.subscribe("A", takes)
        async with kept(link):
            await until(lambda: bool(told))
            asterisk.send(b"".join(message("Event: A", f"Number: {number}") for number in range(4)))
            await link.action("CoreStatus")
            go_on.set()
            await link.ready(DEADLINE)
            await until(lambda: told[-1] == "3")
    assert told == ["JOINING", "JOINING", "3"]


async def test_overflows_in_a_row_are_answered_with_pauses() -> None:
    async with asterisk_running() as asterisk:
        link = new_link(asterisk, replace(SWIFT, events=1, first_pause=60, longest_pause=60))

        async def takes(_: Message) -> None: ...

        link.subscribe("A", takes)
        async with kept(link):
            await link.ready(DEADLINE)
            asterisk.send(message("Event: A") * 3)
            await until(lambda: link.state is State.JOINING)
            assert not await becomes(lambda: link.state is State.READY)
