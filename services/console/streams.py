"""Server-sent events to browsers and programs: the newest there is, for as long as whoever asked may see it."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Protocol, TypeVar

from aiohttp import web
from redis.exceptions import RedisError

from services.console import access
from services.console.context import At
from services.console.problems import Away, NotLoggedIn, TooMany
from services.console.push import Make, Push
from services.domain.rights import Right
from services.store.due import now

OF_ONE = 12
"""Streams that one person or program may have open at a process."""
OF_ALL = 1000
HEARTBEAT_SECONDS = 2.0
"""When there is nothing new; also how soon a stream ends whose session has ended."""
FIRST_SECONDS = 5.0
"""For what a stream begins with."""
CHECK_SECONDS = 1.0
"""Between two looks at whether whoever reads still may."""
SLOW_SECONDS = 10.0
"""Who takes nothing for so long is cut off."""
KERNEL_BYTES = 128 * 1024
RETRY_MS = 2000
EVENT_STREAM = "text/event-stream"
GONE = "gone"
"""The last event: whoever reads may no longer."""

Frame = Mapping[str, str]
"""Events by name; sent are those that are others than before."""

T = TypeVar("T")


class Source(Protocol):
    async def next(self, seconds: float) -> Frame | None:
        """The newest, as soon as it is another than before; None: nothing new in time."""


PUSH = web.AppKey("push", Push)


class Streams:
    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[object]] = set()

    @property
    def count(self) -> int:
        return self._open.total()

    @contextlib.contextmanager
    def one_of(self, login: str) -> Iterator[None]:
        """Raises TooMany."""
        if self._open[login] >= OF_ONE or self.count >= OF_ALL:
            raise TooMany("Too many pages with live figures are open: close some of them.")
        task = asyncio.current_task()
        self._open[login] += 1
        if task is not None:
            self._tasks.add(task)
        try:
            yield
        finally:
            self._open[login] -= 1
            self._open += Counter()  # forgets who has none
            if task is not None:
                self._tasks.discard(task)

    async def end(self, _: web.Application) -> None:
        for task in self._tasks:
            task.cancel()


STREAMS = web.AppKey("streams", Streams)


def add(app: web.Application, push: Push) -> None:
    app[PUSH], app[STREAMS] = push, Streams()
    app.on_shutdown.append(app[STREAMS].end)
    app.on_cleanup.append(_end)


async def _end(app: web.Application) -> None:
    await app[PUSH].end()


async def newest(at: At, make: Make[T]) -> T:
    """What a stream would begin with, drawn now: who has just changed something sees it. Raises Away."""
    with at.request.app[PUSH].follow(at.account, object(), make) as follower:
        found = await follower.next(FIRST_SECONDS)
    if found is None:
        raise Away("Redis does not answer, so this cannot be shown or done now. Calls go on meanwhile.")
    return found


async def events(at: At, right: Right, key: Hashable, make: Make[Frame]) -> web.StreamResponse:
    """Of the account of the address. Raises TooMany."""
    with at.request.app[PUSH].follow(at.account, key, make) as follower:
        return await stream(at, right, follower)


async def stream(at: At, right: Right, source: Source) -> web.StreamResponse:
    """Raises TooMany."""
    with at.request.app[STREAMS].one_of(at.identity.login):
        response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
        response.content_type, response.charset = EVENT_STREAM, "utf-8"
        await response.prepare(at.request)
        _keep_little(at.request)
        try:
            await _send(at, right, response, source)
        except TimeoutError:
            if at.request.transport is not None:
                at.request.transport.abort()  # it would keep what it never reads
        except ConnectionError:
            pass  # it has gone
    return response


def _keep_little(request: web.Request) -> None:
    """The kernel would keep megabytes for who reads slowly: what is old by the time it is read."""
    sock = request.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)


async def _send(at: At, right: Right, response: web.StreamResponse, source: Source) -> None:
    await _write(response, f"retry: {RETRY_MS}\n\n")
    sent: dict[str, str] = {}
    checked = now()
    while True:
        frame = await source.next(HEARTBEAT_SECONDS)
        if now() - checked >= CHECK_SECONDS * 1000:
            if not await _may_still(at, right):
                await _write(response, f"event: {GONE}\ndata:\n\n")
                return
            checked = now()
        changed = {name: data for name, data in (frame or {}).items() if sent.get(name) != data}
        sent.update(changed)
        await _write(response, "".join(_event(name, data) for name, data in changed.items()) or ":\n\n")


async def _may_still(at: At, right: Right) -> bool:
    try:
        who = await access.again(at.request, at.redis)
    except NotLoggedIn:
        return False
    except RedisError:
        return True  # nobody can tell; and what is sent while Redis is away says no more than that
    return who is not None and who.may(right, at.account)


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(text.encode())


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
