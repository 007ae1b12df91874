"""The link that stays; what panoramisk's Manager does instead is shown where it differs."""

import asyncio
import contextlib
import logging
import socket
from dataclasses import replace

import pytest

from services.ami import Link, LinkLostError, Message, NotSentError, State, UnsendableError
from tests.unit.ami.fake_asterisk import (
    DEADLINE,
    FULLY_BOOTED,
    REFUSES,
    SWIFT,
    Asterisk,
    accepts,
    asterisk_running,
    becomes,
    kept,
    lists,
    message,
    new_link,
    nothing,
    our_link,
    says,
    their_link,
    until,
)

WATCHFUL = replace(SWIFT, ping_every=0.01, ping=0.05)


async def test_actions_and_lists() -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["Contacts"] = lists("Contact", "a", "b")
        async with our_link(asterisk) as link:
            assert (await link.action("CoreStatus", Foo="bar"))["Response"] == "Success"
            assert [contact["Thing"] for contact in await link.list_action("Contacts")] == ["a", "b"]
        assert asterisk.received("CoreStatus")[0]["Foo"] == ["bar"]
        assert asterisk.received("Login")[0]["Username"] == ["hotline"]


async def test_nothing_is_asked_before_asterisk_is_fully_booted() -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["Login"] = says("Response: Success")
        async with kept(new_link(asterisk)) as link:
            with pytest.raises(NotSentError):
                await link.action("CoreStatus")
            await until(lambda: bool(asterisk.received("Login")))
            with pytest.raises(TimeoutError, match="booting"):
                await link.ready(0.01)
            with pytest.raises(NotSentError):
                await link.action("CoreStatus")
            with pytest.raises(UnsendableError):
                await link.action("CoreStatus", Foo="a\nb")
            asterisk.send(FULLY_BOOTED)
            await link.ready(DEADLINE)
            await link.action("CoreStatus")


async def test_a_link_that_never_hears_of_the_boot_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["Login"] = says("Response: Success")
        async with kept(new_link(asterisk, replace(WATCHFUL, boot=0.05))):
            await until(lambda: len(asterisk.received("Login")) > 2)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "not fully booted" in caplog.text


async def test_an_originate_that_was_not_answered_is_not_sent_again() -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["Originate"] = nothing
        async with our_link(asterisk) as link:
            asked = asyncio.create_task(link.action("Originate", Channel="PJSIP/1001", Async="true"))
            await until(lambda: len(asterisk.received("Originate")) == 1)
            asterisk.drop()
            with pytest.raises(LinkLostError, match="Originate"):
                await asked
            await until(lambda: len(asterisk.received("Login")) == 2)
            await link.ready(DEADLINE)
            assert not await becomes(lambda: len(asterisk.received("Originate")) > 1)
    async with asterisk_running() as asterisk:
        asterisk.answers["Originate"] = nothing
        async with their_link(asterisk) as theirs:
            theirs.send_action({"Action": "Originate", "Channel": "PJSIP/1001"})
            await until(lambda: len(asterisk.received("Originate")) == 1)
            asterisk.drop()
            assert await becomes(lambda: len(asterisk.received("Originate")) > 1)


async def test_a_peer_that_falls_silent_is_left() -> None:
    async with asterisk_running() as asterisk:
        async with our_link(asterisk, WATCHFUL) as link:
            asterisk.answers["Ping"] = nothing
            await until(lambda: len(asterisk.writers) > 1)
            asterisk.answers["Ping"] = says("Response: Success")
            await until(lambda: link.state is State.READY)
        asterisk.answers["Ping"] = nothing
        async with their_link(asterisk):
            connections = len(asterisk.writers)
            await until(lambda: len(asterisk.received("Ping")) > 3)
            assert not await becomes(lambda: len(asterisk.writers) > connections)


async def test_a_wrong_password_is_said_once_and_tried_seldom(caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["Login"] = REFUSES
        async with kept(new_link(asterisk)) as link:
            await until(lambda: len(asterisk.received("Login")) > 3)
            assert link.state is State.REFUSED
            [record] = [record for record in caplog.records if record.name.startswith("services.ami")]
            assert record.levelno == logging.ERROR
            assert "Authentication failed" in record.getMessage()
            assert "secret" not in record.getMessage()
            with pytest.raises(NotSentError, match="password"):
                await link.action("CoreStatus")
            asterisk.answers["Login"] = accepts
            await link.ready(DEADLINE)
            asterisk.answers["Login"] = nothing
            asterisk.drop()
            await until(lambda: link.state is not State.READY)
            assert link.state.name == "AWAY"
            with pytest.raises(TimeoutError):
                await link.ready(0.01)
        asterisk.answers["Login"] = REFUSES
        asterisk.actions.clear()
        seldom = replace(SWIFT, first_refused_pause=60, longest_refused_pause=60)
        async with kept(new_link(asterisk, seldom)):
            await until(lambda: len(asterisk.received("Login")) == 1)
            assert not await becomes(lambda: len(asterisk.received("Login")) > 1)


async def test_panoramisk_says_nothing_of_a_wrong_password(caplog: pytest.LogCaptureFixture) -> None:
    def refuses_and_closes(_: object) -> bytes:
        asyncio.get_running_loop().call_later(0.01, asterisk.drop)
        return message("Response: Error", f"ActionID: {_['ActionID'][0]}")  # type: ignore[index]

    async with asterisk_running() as asterisk:
        asterisk.answers["Login"] = refuses_and_closes
        async with their_link(asterisk):
            await until(lambda: len(asterisk.received("Login")) > 3)
    said = {record.getMessage() for record in caplog.records if record.name.startswith("panoramisk")}
    assert said == {"Connection lost"}


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b""], ids=["other", "silent"])
async def test_a_peer_that_is_not_asterisk_is_tried_again(greeting: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk:
        asterisk.greeting, asterisk.answers["Login"] = greeting, nothing
        async with kept(new_link(asterisk, replace(SWIFT, login=0.05))) as link:
            await until(lambda: len(asterisk.writers) > 3)
            assert link.state is State.AWAY
    assert {record.levelname for record in caplog.records} == {"WARNING"}
    assert len(caplog.records) < 4


async def test_each_loss_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with asterisk_running() as asterisk, our_link(asterisk) as link:
        for _ in range(3):
            asterisk.drop()
            await until(lambda: link.state is not State.READY)
            await link.ready(DEADLINE)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3


async def test_a_host_that_does_not_answer(caplog: pytest.LogCaptureFixture) -> None:
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(5):  # with these the queue is full: the kernel answers no other
            waiting = sockets.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        link = Link("127.0.0.1", listener.getsockname()[1], "hotline", "secret", replace(SWIFT, connect=0.05))
        async with kept(link):
            await until(lambda: "not connected within 0.05 s" in caplog.text)


async def test_nobody_listens_at_first(caplog: pytest.LogCaptureFixture) -> None:
    asterisk = Asterisk()
    await asterisk.start()
    await asterisk.stop()
    async with kept(new_link(asterisk)) as link:
        assert not await becomes(lambda: link.state is not State.AWAY)
        assert [record.levelname for record in caplog.records] == ["WARNING"]


async def test_stopping_ends_what_runs_and_all_who_wait() -> None:
    async with asterisk_running() as asterisk:
        asterisk.answers["State"] = nothing
        before = asyncio.all_tasks()
        link = new_link(asterisk)
        ended: list[str] = []

        async def takes(_: Message) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("handler")

        link.subscribe("A", takes)
        async with kept(link):
            await link.ready(DEADLINE)
            asterisk.send(message("Event: A"))
            asked = asyncio.create_task(link.action("State"))
            await until(lambda: bool(asterisk.received("State")))
        with pytest.raises(LinkLostError, match="closed"):
            await asked
        assert ended == ["handler"]
        assert link.state is State.AWAY
        ours = {task for task in asyncio.all_tasks() - before if "Asterisk" not in repr(task.get_coro())}
        assert ours == set()
