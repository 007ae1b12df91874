"""The FastAGI port: accepts calls, limits and tracks them, hands each to the handler, drains."""

import asyncio
import logging
import socket
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial

from agi.channel import Channel
from agi.fastagi import Application, BadRequestError, CallerGone, Request
from services.store.due import end

Handler = Callable[[Channel], Awaitable[None]]

Routes = Mapping[str, Handler]
"""By what the dialplan calls: ``journey`` handles ``AGI(agi://host:port/journey)``."""

BACKLOG = 1024
COMPLAINT_SECONDS = 10.0
FAREWELL_SECONDS = 5.0
"""That a session that is cancelled has to tell Redis and Asterisk of it."""

_KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""A host that vanished without a word is noticed after a minute: nothing else ends a session that only waits."""

log = logging.getLogger(__name__)


class Server:
    """One task a session; no session's failure reaches another.

    A handler that returns or raises ends its session: Asterisk then goes on with the dialplan.
    """

    def __init__(
        self,
        routes: Routes,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        max_sessions: int = 2000,
        header_timeout: float = 5.0,
    ) -> None:
        """``port`` 0 takes any free one; ``header_timeout`` in seconds."""
        self._routes = routes
        self._address = host, port
        self._max_sessions = max_sessions
        self._header_timeout = header_timeout
        self._complaints = _Complaints()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    @property
    def sessions(self) -> int:
        return len(self._tasks)

    async def start(self) -> None:
        self._application = Application(self._header_timeout)
        for route, handler in self._routes.items():
            self._application.add_route(route, partial(self._call, handler))
        host, port = self._address
        self._listener = await asyncio.start_server(self._accept, host, port, backlog=BACKLOG)

    async def drain(self, deadline: float) -> None:
        """Take no more calls and give those that run ``deadline`` seconds to end; then cancel them."""
        self._listener.close()
        if self._tasks:
            _, running = await asyncio.wait(self._tasks, timeout=deadline)
            if running:
                log.warning("%d calls still ran after %g s and go back to the dialplan", len(running), deadline)
        await self.close()

    async def close(self) -> None:
        """Take no more calls and cancel those that run."""
        self._listener.close()
        await end(self._tasks, FAREWELL_SECONDS)
        await self._listener.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.sessions >= self._max_sessions:
            self._complaints.add("too many sessions")
            writer.transport.abort()
            return
        for option in _KEEPALIVE:
            writer.get_extra_info("socket").setsockopt(*option)
        task = asyncio.create_task(self._application.handler(reader, writer), name="a connection")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _call(self, handler: Handler, request: Request) -> None:
        if task := asyncio.current_task():
            task.set_name(f"call {request.headers['agi_uniqueid'][:64]!r}")
        await handler(Channel(request))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BadRequestError):
            self._complaints.add(str(error))
        elif isinstance(error, CallerGone):
            log.info("%s: %r", task.get_name(), error)
        elif error is not None:
            log.error("%s failed: %s", task.get_name(), "".join(_story(error)))


class _Complaints:
    """One line for many connections that were turned away: who floods the port must not flood the log as well."""

    def __init__(self) -> None:
        self._count = 0
        self._silent_until = 0.0

    def add(self, why: str) -> None:
        self._count += 1
        now = asyncio.get_running_loop().time()
        if now >= self._silent_until:
            log.warning("connections turned away: %d, the last one for: %s", self._count, why)
            self._count = 0
            self._silent_until = now + COMPLAINT_SECONDS


def _story(error: BaseException) -> Iterator[str]:
    """A traceback whose messages are repr'd: they may quote the caller, line breaks and all."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _story(cause)
        yield "\nwhich led to "
    yield f"{error!r}\n"
    yield from traceback.format_tb(error.__traceback__)


async def serve(routes: Routes, *, host: str, port: int, stop: asyncio.Event, drain: float = 30.0) -> None:
    """Serve calls until ``stop`` is set, then let those that run go on for ``drain`` seconds at most."""
    server = Server(routes, host=host, port=port)
    await server.start()
    log.info("waiting for calls on %s:%d", host, server.port)
    try:
        await stop.wait()
        await server.drain(drain)
    finally:
        await server.close()
