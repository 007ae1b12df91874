"""The Asterisk end of FastAGI sessions, over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

DEADLINE = 10.0
"""Seconds after which a test that waits has failed."""

HEADERS = {
    "agi_network": "yes",
    "agi_network_script": "journey",
    "agi_channel": "PJSIP/carrier-00000001",
    "agi_uniqueid": "pbx1-1763812345.17",
    "agi_callerid": "13800138000",
    "agi_extension": "4001234567",
    "agi_accountcode": "",
    "agi_arg_1": "carrier",
}


def header_block(**changed: str) -> bytes:
    return "".join(f"{name}: {value}\n" for name, value in (HEADERS | changed).items()).encode() + b"\n"


@dataclass
class Asterisk:
    """One connection; notes every command that it was sent."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    commands: list[str] = field(default_factory=list)

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    @classmethod
    async def call(cls, port: int, **changed: str) -> Self:
        asterisk = await cls.connect(port)
        asterisk.send(header_block(**changed))
        return asterisk

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def command(self) -> str:
        """The next command; empty when the session is closed."""
        async with asyncio.timeout(DEADLINE):
            line = (await self.reader.readline()).decode().removesuffix("\n")
        if line:
            self.commands.append(line)
        return line

    async def answer(self, *replies: bytes) -> None:
        """Answer one command with each; the session may end earlier."""
        for reply in replies:
            if not await self.command():
                return
            self.send(reply)

    async def closed(self, deadline: float = DEADLINE) -> bool:
        """Whether the other side closes the connection in time."""
        with suppress(ConnectionError):
            try:
                async with asyncio.timeout(deadline):
                    while await self.reader.read(4096):
                        pass
            except TimeoutError:
                return False
        return True

    def finish(self) -> None:
        """Say that nothing more will come, as a peer that ends does."""
        self.writer.write_eof()

    def reset(self) -> None:
        """Vanish with a TCP reset, as a peer does that is killed with data unread."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def leave(self) -> None:
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Port:
    number: int
    sessions: list[asyncio.Task[None]] = field(default_factory=list)


Streams = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Streams) -> AsyncIterator[Port]:
    """A port whose connections are served by ``serve``, one task each, and cleared away at the end."""
    writers: list[asyncio.StreamWriter] = []

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        port.sessions.append(asyncio.create_task(session(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = Port(server.sockets[0].getsockname()[1])
    try:
        yield port
    finally:
        server.close()
        for task in port.sessions:
            task.cancel()
        await asyncio.gather(*port.sessions, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


@asynccontextmanager
async def session_of(serve: Streams) -> AsyncIterator[tuple[Asterisk, asyncio.Task[None]]]:
    """One connection to ``serve``, and the task that serves it."""
    async with listening(serve) as port:
        asterisk = await Asterisk.connect(port.number)
        await until(lambda: bool(port.sessions))
        try:
            yield asterisk, port.sessions[0]
        finally:
            await asterisk.leave()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():
            await asyncio.sleep(0.001)


def parse_args(line: str) -> list[str]:
    """How Asterisk takes a command apart: parse_args in res_agi.c of Asterisk 22, state by state."""
    arguments: list[str] = []
    quoted = escaped = False
    between = True
    for character in line:
        if character == '"' and not escaped:
            quoted = not quoted
            if quoted and between:
                arguments.append("")
                between = False
        elif character in " \t" and not quoted and not escaped:
            between = True
        elif character == "\\" and not escaped:
            escaped = True
        else:
            if between:
                arguments.append("")
                between = False
            arguments[-1] += character
            escaped = False
    return arguments
