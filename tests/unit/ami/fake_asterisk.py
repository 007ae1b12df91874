"""The Asterisk end of the manager interface, over real sockets, and both links to it: ours and panoramisk's."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import panoramisk

from services.ami import Limits, Link

DEADLINE = 10.0
"""Seconds after which a test that waits has failed."""

PATIENCE = 0.3
"""Seconds after which panoramisk, which knows no deadline, counts as never doing something."""

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
FULLY_BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"

Fields = dict[str, list[str]]
Answer = Callable[[Fields], bytes]

SWIFT = Limits(first_pause=0.01, longest_pause=0.05, first_refused_pause=0.01, longest_refused_pause=0.02)


def message(*lines: str) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def says(*lines: str) -> Answer:
    return lambda action: message(lines[0], f"ActionID: {action['ActionID'][0]}", *lines[1:])


def nothing(_: Fields) -> bytes:
    return b""


def accepts(action: Fields) -> bytes:
    return says("Response: Success", "Message: Authentication accepted")(action) + FULLY_BOOTED


REFUSES = says("Response: Error", "Message: Authentication failed")


def lists(event: str, *things: str) -> Answer:
    """As astman_send_listack and astman_send_list_complete do."""
    return lambda action: b"".join(
        [
            says("Response: Success", "EventList: start", "Message: A list follows")(action),
            *(says(f"Event: {event}", f"Thing: {thing}")(action) for thing in things),
            says(f"Event: {event}Complete", "EventList: Complete", f"ListItems: {len(things)}")(action),
        ]
    )


class Asterisk:
    """One port. Answers an action as ``answers`` says for its name; notes all."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"Login": accepts}
        self.greeting = GREETING
        self.actions: list[Fields] = []
        self.writers: list[asyncio.StreamWriter] = []
        """Of the connections so far."""
        self._serving: set[asyncio.Task[None]] = set()

    def received(self, name: str) -> list[Fields]:
        return [action for action in self.actions if action["Action"] == [name]]

    def send(self, data: bytes) -> None:
        """On the newest connection."""
        self.writers[-1].write(data)

    def drop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        self.drop()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        while True:
            action: Fields = {}
            for line in (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]:
                key, _, value = line.partition(": ")
                action.setdefault(key, []).append(value)
            self.actions.append(action)
            writer.write(self.answers.get(action["Action"][0], says("Response: Success"))(action))


@asynccontextmanager
async def asterisk_running() -> AsyncIterator[Asterisk]:
    asterisk = Asterisk()
    await asterisk.start()
    try:
        yield asterisk
    finally:
        await asterisk.stop()


def new_link(asterisk: Asterisk, limits: Limits = SWIFT) -> Link:
    return Link("127.0.0.1", asterisk.port, "hotline", "secret", limits)


@asynccontextmanager
async def kept(link: Link) -> AsyncIterator[Link]:
    """The link while it runs; what it fails with fails the test."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(link.run(stop))
        try:
            yield link
        finally:
            stop.set()


@asynccontextmanager
async def our_link(asterisk: Asterisk, limits: Limits = SWIFT) -> AsyncIterator[Link]:
    async with kept(new_link(asterisk, limits)) as link:
        await link.ready(DEADLINE)
        yield link


@asynccontextmanager
async def their_link(asterisk: Asterisk) -> AsyncIterator[Any]:
    """panoramisk's Manager, as impatient as it can be made."""
    config = {"host": "127.0.0.1", "port": asterisk.port, "username": "hotline", "secret": "secret"}
    manager = panoramisk.Manager(**config, loop=asyncio.get_running_loop())
    manager.reconnect_timeout = manager.ping_delay = manager.ping_interval = 0.01
    connecting = manager.connect()
    try:
        await connecting
        await until(lambda: bool(asterisk.received("Login")))
        yield manager
    finally:
        manager.connect = lambda: None
        manager.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await asyncio.sleep(0.001)


async def becomes(holds: Callable[[], bool]) -> bool:
    """Whether it does before panoramisk counts as never doing it."""
    try:
        async with asyncio.timeout(PATIENCE):
            await until(holds)
    except TimeoutError:
        return False
    return True
