"""One connection. What is overridden of panoramisk's protocol, and for each override: that its own class fails."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.ami import LinkLostError, Message, NotSentError, StalledError
from services.ami.actions import Action, ListAction
from services.ami.session import Session
from tests.unit.ami.fake_asterisk import (
    DEADLINE,
    Asterisk,
    asterisk_running,
    becomes,
    lists,
    message,
    nothing,
    says,
    their_link,
    until,
)


class Connected:
    """A session, without a link that would look after it."""

    def __init__(self, asterisk: Asterisk) -> None:
        self.asterisk = asterisk
        self.events: list[Message] = []

    async def connect(self, in_flight: int) -> None:
        loop = asyncio.get_running_loop()
        _, self.session = await loop.create_connection(
            lambda: Session(lambda _, event: self.events.append(event), in_flight), "127.0.0.1", self.asterisk.port
        )
        await until(lambda: bool(self.asterisk.writers))

    def ask(self, name: str, deadline: float = DEADLINE) -> asyncio.Task[list[Message]]:
        return asyncio.create_task(self.session.ask(Action(name), deadline))


@asynccontextmanager
async def connected(in_flight: int = 10) -> AsyncIterator[Connected]:
    async with asterisk_running() as asterisk:
        it = Connected(asterisk)
        await it.connect(in_flight)
        try:
            yield it
        finally:
            it.session.end("the test is over")


def answer(asterisk: Asterisk, name: str, *lines: str) -> None:
    [action] = asterisk.received(name)
    asterisk.send(says(*lines)(action))


async def test_answers_are_matched_whatever_their_order() -> None:
    async with connected() as it:
        it.asterisk.answers.update(One=nothing, Two=nothing)
        one, two = it.ask("One"), it.ask("Two")
        await until(lambda: len(it.asterisk.actions) == 2)
        answer(it.asterisk, "Two", "Response: Success", "Said: second")
        answer(it.asterisk, "One", "Response: Success", "Said: first")
        assert [(await asked)[0]["Said"] for asked in (one, two)] == ["first", "second"]
        assert it.session.responses == {}


async def test_an_answer_has_a_deadline_and_may_come_too_late() -> None:
    async with connected() as it:
        it.asterisk.answers["Late"] = nothing
        with pytest.raises(StalledError, match="Late"):
            await it.ask("Late", 0.01)
        await until(lambda: bool(it.asterisk.actions))
        answer(it.asterisk, "Late", "Response: Success", "Said: late")
        assert "Said" not in (await it.ask("Next"))[0]
        assert (it.session.responses, it.events) == ({}, [])


async def test_what_comes_late_of_a_list_is_not_taken_for_news() -> None:
    async with connected() as it:
        it.asterisk.answers["Late"] = nothing
        asked = asyncio.create_task(it.session.ask(ListAction("Late"), DEADLINE))
        await until(lambda: bool(it.asterisk.actions))
        asked.cancel()
        await asyncio.wait([asked])
        it.asterisk.send(lists("Contact", "a", "b")(it.asterisk.actions[0]))
        it.asterisk.send(message("Event: News"))
        await until(lambda: bool(it.events))
        assert [event["Event"] for event in it.events] == ["News"]
        assert it.session.responses == {}


async def test_a_ping_ends_the_wait_for_what_was_never_answered() -> None:
    async with connected(in_flight=1) as it:
        it.asterisk.answers["Lost"] = nothing
        with pytest.raises(StalledError):
            await it.ask("Lost", 0.01)
        with pytest.raises(NotSentError, match="in flight"):
            await it.ask("Next", 0.01)
        await it.session.ping(DEADLINE)
        await it.ask("Next")
        assert not it.asterisk.received("Next")[1:]


async def test_a_ping_that_is_refused_is_answered() -> None:
    async with connected() as it:
        it.asterisk.answers["Ping"] = says("Response: Error", "Message: Permission denied")
        await it.session.ping(DEADLINE)


async def test_only_so_many_actions_are_in_flight_and_pings_overtake() -> None:
    async with connected(in_flight=2) as it:
        it.asterisk.answers.update(dict.fromkeys(("One", "Two"), nothing))
        asked = [it.ask(name) for name in ("One", "Two", "Three", "Four")]
        await until(lambda: len(it.asterisk.actions) == 2)
        await it.session.ping(DEADLINE)
        assert [action["Action"] for action in it.asterisk.actions] == [["One"], ["Two"], ["Ping"]]
        answer(it.asterisk, "One", "Response: Success")
        await asyncio.gather(asked[0], *asked[2:])
        answer(it.asterisk, "Two", "Response: Success")
        await asked[1]


async def test_pings_take_no_place_and_free_none() -> None:
    async with connected(in_flight=1) as it:
        it.asterisk.answers["One"] = nothing
        one = it.ask("One")
        for _ in range(3):
            await it.session.ping(DEADLINE)
        with pytest.raises(NotSentError, match="in flight"):
            await it.ask("Two", 0.01)
        answer(it.asterisk, "One", "Response: Success")
        await one


async def test_one_who_leaves_as_the_end_comes_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    async with connected() as it:
        it.asterisk.answers["One"] = nothing
        asked = it.ask("One")
        await until(lambda: bool(it.asterisk.actions))
        it.session.end("enough")
        asked.cancel()
        await asyncio.wait([asked])
        assert asked.cancelled()
    del asked
    gc.collect()
    assert caplog.records == []


async def test_the_end_reaches_all_who_wait() -> None:
    async with connected(in_flight=1) as it:
        it.asterisk.answers["One"] = nothing
        asked = [it.ask(name) for name in ("One", "Two", "Three")]
        await until(lambda: bool(it.asterisk.actions))
        it.asterisk.drop()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LinkLostError, NotSentError, NotSentError]
        with pytest.raises(NotSentError, match="connection lost"):
            await it.ask("Four")
        assert it.session.responses == {}


async def test_it_ends_at_once_though_the_peer_reads_nothing() -> None:
    """panoramisk closes politely, which waits until the peer has read everything."""
    async with connected() as it, their_link(it.asterisk) as theirs:
        for protocol in (it.session, theirs.protocol):
            protocol.transport.set_write_buffer_limits(0)
        await until(lambda: len(it.asterisk.writers) == 2)
        for writer in it.asterisk.writers:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
        flood = b"x" * 50_000_000
        it.session.transport.write(flood)
        theirs.protocol.transport.write(flood)
        it.session.end("enough")
        theirs.protocol.close()
        assert await becomes(lambda: it.session.transport.get_extra_info("socket").fileno() == -1)
        assert not await becomes(lambda: theirs.protocol.transport.get_extra_info("socket").fileno() == -1)
        theirs.protocol.transport.abort()


async def test_a_host_that_is_gone_is_noticed_by_the_kernel() -> None:
    async with connected() as it:
        connection = it.session.transport.get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000
    async with asterisk_running() as asterisk, their_link(asterisk) as theirs:
        connection = theirs.protocol.transport.get_extra_info("socket")
        assert not connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


async def test_an_event_that_says_shutdown_may_be_forged_and_ends_nothing() -> None:
    async with connected() as it:
        it.asterisk.send(message("Event: Shutdown", "Shutdown: Cleanly"))
        await until(lambda: bool(it.events))
        await it.session.ping(DEADLINE)
        async with their_link(it.asterisk) as theirs:
            protocol = theirs.protocol
            it.asterisk.send(message("Event: Shutdown", "Shutdown: Cleanly"))
            assert await becomes(lambda: protocol.closed)


ORIGINATE = {"Channel": "PJSIP/1001", "Async": "true"}


async def test_what_an_originate_leads_to_is_an_event() -> None:
    """For panoramisk it is part of the answer, and no subscriber is told."""
    async with connected() as it:
        queued = says("Response: Success", "Message: Originate successfully queued")
        led_to = says("Event: OriginateResponse", "Response: Failure")
        it.asterisk.answers["Originate"] = lambda action: queued(action) + led_to(action)
        action = Action("Originate", ORIGINATE)
        [response] = await it.session.ask(action, DEADLINE)
        await until(lambda: bool(it.events))
        assert it.events[0]["ActionID"] == response["ActionID"] == action.id
        async with their_link(it.asterisk) as theirs:
            told: list[object] = []
            theirs.register_event("OriginateResponse", lambda _, event: told.append(event))
            await asyncio.wait_for(theirs.send_action({"Action": "Originate", **ORIGINATE}), DEADLINE)
            assert not await becomes(lambda: bool(told))


async def test_an_event_with_an_actions_id_is_not_its_answer() -> None:
    async with connected() as it:
        it.asterisk.answers["One"] = lambda action: says("Event: Early")(action) + says("Response: Success")(action)
        [response] = await it.ask("One")
        assert response["Response"] == "Success"
        assert [event["Event"] for event in it.events] == ["Early"]


async def test_lines_that_are_dropped_are_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async with connected() as it:
        for _ in range(3):
            it.asterisk.send(message("Event: Long", "Key: " + "x" * 70_000))
        await until(lambda: len(it.events) == 3)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
