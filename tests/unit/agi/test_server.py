"""The port under calls, refusals, floods and the end of the process, over real TCP."""

import asyncio
import gc
import logging
import os
import socket
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from agi.channel import Channel
from agi.server import Handler, Server, serve
from tests.unit.agi.fake_asterisk import DEADLINE, Asterisk, until

ANSWERS = (b"200 result=0\n", b"200 result=0 endpos=800\n", b"200 result=49\n")


async def journey(channel: Channel) -> None:
    await channel.answer()
    await channel.play("welcome")
    assert await channel.wait_key(5) == "1"


async def good_call(port: int) -> list[str]:
    """One call through `journey`; returns the commands that Asterisk was sent."""
    asterisk = await Asterisk.call(port)
    try:
        await asterisk.answer(*ANSWERS)
        assert await asterisk.command() == ""
        return asterisk.commands
    finally:
        await asterisk.leave()


GOOD = ["ANSWER", 'STREAM FILE "welcome" ""', "WAIT FOR DIGIT 5000"]


class Held:
    """A handler whose calls last until they are let go."""

    def __init__(self) -> None:
        self.running = 0
        self.release = asyncio.Event()
        self.ended: list[str] = []

    async def __call__(self, channel: Channel) -> None:
        self.running += 1
        try:
            await self.release.wait()
            await channel.answer()
            self.ended.append("answered")
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise


@asynccontextmanager
async def running(handler: Handler, **limits: Any) -> AsyncIterator[Server]:
    server = Server({"journey": handler}, **limits)
    await server.start()
    try:
        yield server
    finally:
        await server.close()


async def test_a_call() -> None:
    async with running(journey) as server:
        assert await good_call(server.port) == GOOD
        await until(lambda: server.sessions == 0)


def test_a_call_on_uvloop() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(test_a_call())


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - nothing but the number counts


async def connect_and_close(port: int) -> None:
    await (await Asterisk.connect(port)).leave()


async def half_a_header(port: int) -> None:
    asterisk = await Asterisk.connect(port)
    asterisk.send(b"agi_network: yes\nagi_network_scr")
    assert await asterisk.closed()
    await asterisk.leave()


async def garbage(port: int) -> None:
    asterisk = await Asterisk.connect(port)
    asterisk.send(os.urandom(1000) + b"\n" * 3)
    assert await asterisk.closed()
    await asterisk.leave()


@pytest.fixture
def _traced_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_traced_memory")
async def test_good_calls_among_a_flood() -> None:
    """Issue 2: 1,000 connect-and-closes, 200 half-sent headers, 50 garbage requests."""
    async with running(journey, header_timeout=2.0) as server:

        async def flood() -> None:
            calls = [good_call(server.port) for _ in range(100)]
            rest = [garbage(server.port) for _ in range(50)]
            rest += [half_a_header(server.port) for _ in range(200)]
            rest += [connect_and_close(server.port) for _ in range(1000)]
            served, _ = await asyncio.gather(asyncio.gather(*calls), asyncio.gather(*rest))
            assert served == [GOOD] * 100
            await until(lambda: server.sessions == 0)
            gc.collect()

        await flood()  # lets everything grow that grows only once
        files, tasks, memory = open_files(), len(asyncio.all_tasks()), tracemalloc.get_traced_memory()[0]
        await flood()
        await until(lambda: open_files() <= files)
        assert len(asyncio.all_tasks()) == tasks
        # The stream reader of one connection alone would be more than this, 1,350 times over.
        assert tracemalloc.get_traced_memory()[0] - memory < 500_000


async def test_a_call_beyond_the_limit_is_closed_at_once_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()
    async with running(held, max_sessions=2) as server:
        taken = [await Asterisk.call(server.port) for _ in range(2)]
        await until(lambda: held.running == 2)
        for _ in range(20):
            refused = await Asterisk.call(server.port)
            assert await refused.closed()
            await refused.leave()
        assert caplog.messages == ["connections turned away: 1, the last one for: too many sessions"]
        held.release.set()
        for asterisk in taken:
            await asterisk.answer(b"200 result=0\n")
            assert await asterisk.closed()
            await asterisk.leave()
        await until(lambda: server.sessions == 0)
        assert held.ended == ["answered", "answered"]
        again = await Asterisk.call(server.port)
        await again.answer(b"200 result=0\n")
        await again.leave()


async def test_a_failing_handler_costs_its_own_call_only(caplog: pytest.LogCaptureFixture) -> None:
    async def handler(channel: Channel) -> None:
        if channel.headers["agi_callerid"] == "bad":
            raise LookupError("no hotline")
        await journey(channel)

    async with running(handler) as server:
        bad = await Asterisk.call(server.port, agi_callerid="bad")
        assert await bad.closed()
        await bad.leave()
        assert await good_call(server.port) == GOOD
    [message] = caplog.messages
    assert message.startswith("call 'pbx1-1763812345.17' failed: LookupError('no hotline')\n")
    assert "in handler" in message


async def test_nothing_that_a_caller_sends_can_forge_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def handler(channel: Channel) -> None:
        name = channel.headers["agi_calleridname"]
        try:
            channel.headers[name]
        except KeyError as error:
            raise ValueError("about " + name) from error

    async with running(handler) as server:
        asterisk = await Asterisk.call(
            server.port, agi_calleridname="a\rFORGED\x1b[2J", agi_uniqueid="1\r2\u2028" + "x" * 9999
        )
        assert await asterisk.closed()
        await asterisk.leave()
        garbage = await Asterisk.connect(server.port)
        garbage.send(b"FORGED\r\n\r\n")
        assert await garbage.closed()
        await garbage.leave()
        await until(lambda: server.sessions == 0)
    ours = [record.getMessage() for record in caplog.records if record.name == "agi.server"]
    assert len(ours) == 2
    assert "about a\\rFORGED" in ours[0]
    assert "KeyError('a\\rFORGED" in ours[0]
    assert not any(character in message for message in ours for character in "\r\x1b\u2028")
    assert len(ours[0].split(" failed")[0]) < 100
    assert "FORGED" not in ours[1]


async def test_a_caller_who_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with running(journey) as server:
        asterisk = await Asterisk.call(server.port)
        await asterisk.answer(b"200 result=0\n", b"HANGUP\n")
        assert await asterisk.closed()
        await asterisk.leave()
    assert caplog.record_tuples == [
        ("agi.server", logging.INFO, "call 'pbx1-1763812345.17': CallerGone('the caller hung up')")
    ]


async def test_draining_waits_for_running_calls_and_takes_no_new_ones() -> None:
    held = Held()
    async with running(held) as server:
        asterisk = await Asterisk.call(server.port)
        await until(lambda: held.running == 1)
        port = server.port
        draining = asyncio.create_task(server.drain(DEADLINE))
        await until(lambda: not listens(port))
        assert not draining.done()
        held.release.set()
        await asterisk.answer(b"200 result=0\n")
        await draining
        assert await asterisk.closed()
        await asterisk.leave()
    assert held.ended == ["answered"]


async def test_what_still_runs_after_draining_is_cancelled_and_closed(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()
    async with running(held) as server:
        asterisk = await Asterisk.call(server.port)
        silent = await Asterisk.connect(server.port)
        await until(lambda: held.running == 1 and server.sessions == 2)
        await server.drain(0.01)
        assert server.sessions == 0
        assert await asterisk.closed()
        assert await silent.closed()
        await asterisk.leave()
        await silent.leave()
    assert held.ended == ["cancelled"]
    assert caplog.messages == ["2 calls still ran after 0.01 s and go back to the dialplan"]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def free_port() -> int:
    async with running(journey) as server:
        return server.port


async def test_serve_runs_until_it_is_told_to_stop() -> None:
    held, stop, port = Held(), asyncio.Event(), await free_port()
    serving = asyncio.create_task(serve({"journey": held}, host="127.0.0.1", port=port, stop=stop))
    await until(lambda: listens(port))
    asterisk = await Asterisk.call(port)
    await until(lambda: held.running == 1)
    stop.set()
    await until(lambda: not listens(port))
    held.release.set()
    await asterisk.answer(b"200 result=0\n")
    await serving
    await asterisk.leave()
    assert held.ended == ["answered"]


async def test_serve_leaves_nothing_behind_when_it_is_cancelled() -> None:
    held, port = Held(), await free_port()
    serving = asyncio.create_task(serve({"journey": held}, host="127.0.0.1", port=port, stop=asyncio.Event()))
    await until(lambda: listens(port))
    asterisk = await Asterisk.call(port)
    await until(lambda: held.running == 1)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert serving.cancelled()
    assert held.ended == ["cancelled"]
    assert not listens(port)
    assert await asterisk.closed()
    await asterisk.leave()


async def test_serve_says_so_when_the_port_is_taken() -> None:
    async with running(journey) as server:
        with pytest.raises(OSError, match="address"):
            await serve({"journey": journey}, host="127.0.0.1", port=server.port, stop=asyncio.Event())


async def test_a_vanished_host_is_noticed() -> None:
    """Keepalive is on for the accepted socket: read from the kernel, as no host can vanish here."""
    held = Held()
    async with running(held) as server:
        asterisk = await Asterisk.call(server.port)
        await until(lambda: held.running == 1)
        ours = asterisk.writer.get_extra_info("sockname")[1]
        assert timer_of(server.port, ours) == "02"
        await asterisk.leave()


def timer_of(port: int, peer: int) -> str:
    """What the kernel's timer of a connection is for: ``02`` is keepalive (Linux, proc_net_tcp)."""
    for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{peer:04X}"):
            return fields[5].partition(":")[0]
    raise LookupError
