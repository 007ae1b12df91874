"""Tells whoever listens which live events came: the stream is read once, for any number of browsers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator

from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.store import live
from services.store.connection import connected
from services.store.due import end, now
from services.store.live import Entry

BLOCK_MS = 1000
SILENCE_SECONDS = 3.0
"""After which Redis counts as away; longer than it may block."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

Take = Callable[[Entry | None], None]
"""An event of the account; None: some may have been missed, or Redis went away."""

log = logging.getLogger(__name__)


class News:
    def __init__(self, reader: Redis) -> None:
        """``reader``: a client of its own, as ``reading`` makes it."""
        self._reader = reader
        self._heard = now()
        self.stopped: int | None = None
        """Since when Redis does not answer; None: it does."""
        self._listeners: dict[str, list[Take]] = {}

    @contextlib.contextmanager
    def listen(self, account: str, take: Take) -> Iterator[None]:
        listeners = self._listeners.setdefault(account, [])
        listeners.append(take)
        try:
            yield
        finally:
            listeners.remove(take)
            if not listeners:
                del self._listeners[account]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads for as long as the block lasts."""
        reading = asyncio.create_task(self._read(), name="live events")
        try:
            yield
        finally:
            await end([reading])
            await self._reader.aclose()

    async def _read(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self._read_on()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("no live events, again in %g s: %r", pause, error)
                if self.stopped is None:
                    self.stopped, pause = self._heard, FIRST_PAUSE
                    self._tell_all()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _read_on(self) -> None:
        after = await live.newest(self._reader)
        self.stopped = None
        self._tell_all()
        while True:
            entries = await live.read(self._reader, after, BLOCK_MS)
            self._heard = now()
            for entry in entries:
                after = entry.id
                self._hand_out(entry)

    def _tell_all(self) -> None:
        for listeners in self._listeners.values():
            for take in listeners:
                take(None)

    def _hand_out(self, entry: Entry) -> None:
        for take in self._listeners.get(entry.fields.get("account", ""), ()):
            take(entry)


NEWS = web.AppKey("news", News)


def reading(url: str) -> Redis:
    return connected(url, socket_timeout=SILENCE_SECONDS, socket_connect_timeout=SILENCE_SECONDS)


async def pushing(app: web.Application) -> AsyncIterator[None]:
    """For an application's ``cleanup_ctx``."""
    async with app[NEWS].running():
        yield
