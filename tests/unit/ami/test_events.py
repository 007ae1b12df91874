"""The queue between the link and its subscribers; what panoramisk's Manager does instead of queueing."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.ami import Message
from services.ami.events import Events
from tests.unit.ami.fake_asterisk import DEADLINE, Asterisk, asterisk_running, message, our_link, their_link, until

MANY = 5_000


def event(name: str, number: int = 0) -> Message:
    return Message([f"Event: {name}", f"Number: {number}"])


@asynccontextmanager
async def working(events: Events) -> AsyncIterator[None]:
    task = asyncio.create_task(events.work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()


class Taken:
    """Notes the events that it is told, one after the other."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.at_once = 0

    async def __call__(self, told: Message) -> None:
        self.at_once += 1
        assert self.at_once == 1
        await asyncio.sleep(0)
        self.numbers.append(int(told["Number"]))
        self.at_once -= 1


def new_events(bound: int = 10, deadline: float = DEADLINE) -> tuple[Events, list[str]]:
    missed: list[str] = []
    return Events(lambda: missed.append("missed"), bound, deadline), missed


async def test_handlers_are_told_in_order_and_one_after_the_other() -> None:
    events, _ = new_events()
    first, second = Taken(), Taken()
    events.subscribe("A", first)
    events.subscribe("A", second)
    async with working(events):
        for number in range(5):
            events.put(event("A", number))
        await until(lambda: len(second.numbers) == 5)
    assert first.numbers == second.numbers == [0, 1, 2, 3, 4]


async def raises(_: Message) -> None:
    raise LookupError("said by a caller\nFORGED")


async def is_cancelled(_: Message) -> None:
    raise asyncio.CancelledError


async def hangs(_: Message) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("handler", [raises, is_cancelled, hangs])
async def test_a_handler_that_fails_is_logged_and_loses_nothing(
    handler: object, caplog: pytest.LogCaptureFixture
) -> None:
    events, missed = new_events(deadline=0.01)
    taken = Taken()
    events.subscribe("A", handler)  # type: ignore[arg-type]
    events.subscribe("A", taken)
    async with working(events):
        events.put(event("A", 1))
        events.put(event("A", 2))
        await until(lambda: taken.numbers == [1, 2])
    assert missed == ["missed", "missed"]
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "\nFORGED" not in caplog.text


async def test_what_nobody_subscribed_to_takes_no_place() -> None:
    events, missed = new_events(bound=1)
    events.subscribe("A", Taken())
    for number in range(10):
        events.put(event("B", number))
    events.put(event("A"))
    assert missed == []


async def test_on_overflow_all_is_dropped_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    events, missed = new_events(bound=3)
    taken = Taken()
    events.subscribe("A", taken)
    for number in range(5):
        events.put(event("A", number))
    async with working(events):
        await until(lambda: taken.numbers == [4])
    assert missed == ["missed"]
    assert [record.getMessage()[:9] for record in caplog.records] == ["4 events "]


async def test_a_job_has_its_place_between_two_events() -> None:
    events, _ = new_events()
    taken = Taken()
    seen: list[list[int]] = []
    events.subscribe("A", taken)

    async def job() -> None:
        seen.append(list(taken.numbers))

    events.put(event("A", 1))
    events.put_job(job)
    events.put(event("A", 2))
    async with working(events):
        await until(lambda: taken.numbers == [1, 2])
    assert seen == [[1]]


async def test_others_run_while_a_full_queue_is_worked_off() -> None:
    events, _ = new_events(bound=1000)
    left: list[int] = []

    async def handler(_: Message) -> None:
        left.append(events._queue.qsize())

    events.subscribe("A", handler)
    for number in range(1000):
        events.put(event("A", number))
    async with working(events):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(left) < 10


def flood(asterisk: Asterisk) -> None:
    asterisk.send(b"".join(message("Event: A", f"Number: {number}") for number in range(MANY)))


async def test_many_events_are_not_many_tasks() -> None:
    async with asterisk_running() as asterisk:
        most = count = 0

        async def handler(_: object, __: object = None) -> None:
            nonlocal most, count
            count += 1
            most = max(most, len(asyncio.all_tasks()))

        async with our_link(asterisk) as link:
            link.subscribe("A", handler)
            flood(asterisk)
            await until(lambda: count > 1000)
            assert most < 50
        async with their_link(asterisk) as theirs:
            count = 0
            theirs.register_event("A", handler)
            flood(asterisk)
            await until(lambda: count == MANY)
            assert most > 500


async def test_an_exception_in_a_callback_closes_panoramisks_link_and_not_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL, "asyncio")
    both = message("Event: A") + message("Event: B")
    async with asterisk_running() as asterisk:
        told: list[str] = []

        async def told_b(_: Message) -> None:
            told.append("ours")

        async with our_link(asterisk) as link:
            link.subscribe("A", raises)
            link.subscribe("B", told_b)
            asterisk.send(both)
            await until(lambda: told == ["ours"])
            assert len(asterisk.writers) == 1
        async with their_link(asterisk) as theirs:
            protocol = theirs.protocol
            theirs.register_event("A", lambda *_: 1 / 0)
            theirs.register_event("B", lambda *_: told.append("theirs"))
            asterisk.send(both)
            await until(lambda: protocol.closed)
        assert told == ["ours"]
