"""panoramisk's FastAGI with its framing replaced: headers, commands and replies that stay in step (FIELD 3).

Two kinds of error, as in h11: `UnsendableError` and `RefusedError` are our fault, `OutOfStepError` and `StalledError`
are the peer's. `CallerGone` is nobody's.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NoReturn, TypedDict

from panoramisk import fast_agi
from panoramisk.utils import parse_agi_result

COMMAND_BYTES = 8190
"""Without its line break; Asterisk cuts a longer line and runs the tail as a new command (FIELD 2)."""

LINE_BYTES = 65_536
REPLY_LINES = 500
"""Of a 520 reply, which spells out the command's usage."""

STOP, STOPPED = "GET FULL VARIABLE stop", ("1", "stop")
"""A command that only says itself, and its reply. A line from us stops a STREAM FILE or WAIT FOR DIGIT."""
STOP_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Pauses after each ``STOP``: one that Asterisk reads together with the command itself is not seen before the next."""

HEADER_LINES = 64
HEADER_BYTES = 16_384

_STATUS = re.compile(r"[1-5][0-9]{2}[ -]")
_SUCCESS = re.compile(r"200 result=([^ ]*)(?: \((.*)\))?(?: endpos=[0-9]+)?")
_BREAKS = re.compile(r"[\r\n\0]")


class CallerGone(Exception):  # noqa: N818 - that callers leave is no error
    """The call is over, or Asterisk is: nothing more can be done for it."""


class UnsendableError(ValueError):
    """A command that must not be sent; not a byte of it was written."""


class RefusedError(Exception):
    """Asterisk could not do what it was told. Arguments: the command, the reply."""


class OutOfStepError(Exception):
    """What came does not answer what was asked: no later reply on this connection can be trusted."""


class StalledError(TimeoutError):
    """No reply by the command's deadline."""


class BadRequestError(Exception):
    """The peer did not begin as Asterisk does. The message holds nothing that the peer sent."""


class Reply(TypedDict, total=False):
    """What panoramisk makes of a reply; ``msg`` is the reply's whole text unless ``status_code`` is 200."""

    status_code: int
    result: tuple[str, str]
    """``("1", "value")`` of ``200 result=1 (value)``; empty strings for what is missing."""
    msg: str
    error: str


class Lines:
    """The lines that a peer sends. Waiting for one may be cancelled at any time: nothing is lost by it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._buffer = bytearray()

    @property
    def waiting(self) -> bool:
        """Whether a line has come that was not asked for yet: `next` then returns at once."""
        return b"\n" in self._buffer

    async def next(self, limit: int = LINE_BYTES) -> str:
        """A line without its line break, whose invalid UTF-8 is replaced.

        Raises EOFError when the peer is gone, amid a line or between two, and OutOfStepError when the line has more
        than ``limit`` bytes.
        """
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= limit:
            try:
                chunk = await self._reader.read(LINE_BYTES)
            except OSError as error:  # also ETIMEDOUT, which would pass for the deadline's TimeoutError
                raise EOFError(str(error)) from error
            if not chunk:
                raise EOFError("end of stream")
            self._buffer += chunk
        if not 0 <= end <= limit:
            raise OutOfStepError(f"a line of more than {limit} bytes")
        line = self._buffer[:end].decode(errors="replace")
        del self._buffer[: end + 1]
        return line


class Request(fast_agi.Request):  # type: ignore[misc]  # panoramisk has no types
    """One call's session: sends a command, reads the reply that belongs to it, and notices hang-up."""

    app: "Application"
    headers: dict[str, str]
    reader: Lines
    writer: asyncio.StreamWriter

    gone = False
    outlives_hangup = False
    """The caller hung up and there is still something to be said: commands that need no caller go on (EXEC, SET
    VARIABLE), and HANGUP, which comes once, is passed over."""
    _unusable = ""
    """Why no command can be sent any more."""

    async def send_command(self, command: str, deadline: float = 10.0) -> Reply:
        """Send one line and wait for its reply, ``deadline`` seconds at most.

        Raises UnsendableError, CallerGone (HANGUP, 511, end of stream), StalledError, and OutOfStepError; of these only
        the first leaves the session usable. A reply that says no (510, 520) is returned.
        """
        async with self._exchange(command, deadline):
            reply = await self._read_final()
        return self._of_living(reply)

    async def send_until(self, event: asyncio.Event, command: str, deadline: float) -> Reply | None:
        """As ``send_command``, of STREAM FILE or WAIT FOR DIGIT, which the event stops.

        None: it was stopped and gave no reply; WAIT FOR DIGIT gives one, ``result=1``.
        """
        sent = answered = 0
        own: Reply | None = None

        async def stop() -> None:
            nonlocal sent
            await event.wait()
            for pause in STOP_SECONDS:
                self.writer.write(_encode(STOP))
                sent += 1
                await asyncio.sleep(pause)

        async with self._exchange(command, deadline):
            stopping = asyncio.create_task(stop())
            try:
                while True:
                    reply = await self._read_final()
                    if reply.get("result") == STOPPED:
                        answered += 1
                    else:
                        own = reply
                    if answered == sent:
                        break
                    self._acknowledge()
            finally:
                stopping.cancel()
                await asyncio.gather(stopping, return_exceptions=True)
        return None if own is None else self._of_living(own)

    @contextlib.asynccontextmanager
    async def _exchange(self, command: str, deadline: float) -> AsyncIterator[None]:
        """Sends the line; the block reads what belongs to it."""
        line = _encode(command)
        await self._be_in_step()
        # Stays when the block ends in any other way than with the reply, cancellation included: the reply is then
        # still to come and would be taken for the next command's.
        self._unusable = f"the reply to {command!r} was never read"
        try:
            async with asyncio.timeout(deadline):
                self.writer.write(line)
                await self.writer.drain()
                yield
        except TimeoutError:
            raise StalledError(f"no reply to {command!r} within {deadline:g} s") from None
        except (EOFError, OSError) as error:
            self._say_gone(f"connection lost: {error}")
        self._unusable = ""

    def _acknowledge(self) -> None:
        """At once, not after 40 ms: until then Asterisk's kernel keeps back a second small reply (Nagle)."""
        self.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    async def _read_final(self) -> Reply:
        reply = await self._read_result()
        while reply["status_code"] == 100:  # noqa: PLR2004
            reply = await self._read_result()
        return reply

    def _of_living(self, reply: Reply) -> Reply:
        if reply["status_code"] == 511:  # noqa: PLR2004
            self._say_gone("the channel is dead")
        return reply

    async def idle(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait without a command running; whether the event came in time.

        Asterisk goes on with what it plays, and a hang-up is noticed at once (FIELD 2): CallerGone.
        """
        await self._be_in_step()
        line = asyncio.ensure_future(self.reader.next())
        came = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({line, came}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if line.done():
                self._between_replies(line.result())
        except (EOFError, OSError) as error:
            self._say_gone(f"connection lost: {error}")
        finally:
            line.cancel()
            came.cancel()
            await asyncio.gather(line, came, return_exceptions=True)
        return event.is_set()

    async def _be_in_step(self) -> None:
        if self.gone:
            self._say_gone("the call is over")
        if self._unusable:
            raise OutOfStepError(self._unusable)
        if self.reader.waiting and not self.outlives_hangup:
            self._between_replies(await self.reader.next())

    def _between_replies(self, line: str) -> NoReturn:
        """Only one line is sent without being asked for. Others were forged, by a line break in a value (FIELD 2)."""
        if line == "HANGUP":
            self._say_gone("the caller hung up")
        self._unusable = f"unasked for: {line[:200]!r}"
        raise OutOfStepError(self._unusable)

    def _say_gone(self, why: str) -> NoReturn:
        self.gone = True
        raise CallerGone(why)

    async def _read_result(self) -> Reply:
        line = await self.reader.next()
        if self.outlives_hangup and line == "HANGUP":
            line = await self.reader.next()
        if not _STATUS.match(line):
            self._between_replies(line)
        if line.startswith("200"):
            return self._success(line)
        reply: Reply = parse_agi_result(line)
        reply["msg"] = await self._rest_of(line)
        return reply

    def _success(self, line: str) -> Reply:
        """For panoramisk a value "hangup" is a hang-up, -1 has no result, and ``result= (timeout)`` has no value."""
        found = _SUCCESS.fullmatch(line)
        if found is None:  # a value with a line break: what follows the break would be the next reply
            self._between_replies(line)
        return {"status_code": 200, "result": (found[1], found[2] or ""), "msg": ""}

    async def _rest_of(self, line: str) -> str:
        """``520-`` opens a reply of several lines, which ends with ``520 ``; ``520 `` alone is a whole reply."""
        lines = [line]
        while not lines[-1].startswith(line[:3] + " "):
            if len(lines) == REPLY_LINES:
                raise OutOfStepError(f"a reply of more than {REPLY_LINES} lines")
            lines.append(await self.reader.next())
        return "\n".join(lines)


Endpoint = Callable[[Request], Awaitable[None]]


class Application(fast_agi.Application):  # type: ignore[misc]  # panoramisk has no types
    """Routes requests by ``agi_network_script``. Made where a loop is running."""

    _route: dict[str, Endpoint]

    def __init__(self, header_timeout: float = 5.0) -> None:
        """``header_timeout``: seconds within which a peer must have sent all of its headers."""
        super().__init__()
        self.header_timeout = header_timeout

    def add_route(self, path: str, endpoint: Endpoint) -> None:
        """Any callable that returns an awaitable: panoramisk asks functions of asyncio that Python has dropped."""
        if path in self._route:
            raise ValueError(f"a route {path!r} already exists")
        self._route[path] = endpoint

    async def handler(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection and close it. Raises BadRequestError, and whatever the endpoint raises."""
        try:
            request, endpoint = await self._read_request(Lines(reader), writer)
            await endpoint(request)
        finally:
            # Every reply that matters has been read. Closing politely would wait for a peer that no longer reads.
            writer.transport.abort()

    async def _read_request(self, lines: Lines, writer: asyncio.StreamWriter) -> tuple[Request, Endpoint]:
        try:
            async with asyncio.timeout(self.header_timeout):
                headers = await _read_headers(lines)
        except TimeoutError:
            raise BadRequestError("headers too slow") from None
        except EOFError:
            raise BadRequestError("closed amid its headers") from None
        except OutOfStepError:
            raise BadRequestError("headers too long") from None
        if "agi_uniqueid" not in headers:
            raise BadRequestError("a request without a call")
        endpoint = self._route.get(headers.get("agi_network_script", ""))
        if endpoint is None:
            raise BadRequestError("no such route")
        return Request(self, headers, lines, writer), endpoint


async def _read_headers(lines: Lines) -> dict[str, str]:
    """Headers up to the empty line. The first value of a name is Asterisk's own, a later one was forged (FIELD 2)."""
    headers: dict[str, str] = {}
    left = HEADER_BYTES
    for _ in range(HEADER_LINES):
        line = await lines.next(left)
        if not line:
            return headers
        if not headers and line != "agi_network: yes":
            raise BadRequestError("not a FastAGI request")
        left -= len(line.encode()) + 1
        name, colon, value = line.partition(": ")
        if colon:
            headers.setdefault(name, value)
    raise OutOfStepError(f"more than {HEADER_LINES} headers")


def quote(argument: str) -> str:
    r"""An argument in the form that Asterisk's parse_args reads back as it was: ``"`` and ``\`` escaped, in quotes.

    Asterisk drops every backslash and keeps what follows it, inside and outside of quotes; nothing can stand for a line
    break. Raises UnsendableError for CR, LF and NUL.
    """
    if _BREAKS.search(argument):
        raise UnsendableError(f"a line break or NUL in {argument!r}")
    return '"' + argument.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encode(command: str) -> bytes:
    if _BREAKS.search(command):
        raise UnsendableError(f"a line break or NUL in {command!r}")
    try:
        line = command.encode()
    except UnicodeEncodeError as error:
        raise UnsendableError(f"not UTF-8: {command!r}") from error
    if len(line) > COMMAND_BYTES:
        raise UnsendableError(f"{len(line)} bytes, {COMMAND_BYTES} at most: {command[:100]!r}…")
    return line + b"\n"
