"""Tells whoever listens which live events came: the stream is read once, for any number of browsers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from aiohttp import web
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.store import keys
from services.store.due import end

BLOCK_MS = 1000
AT_ONCE = 1000
SILENCE_SECONDS = 3.0
"""After which Redis counts as away; longer than it may block."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

Fields = Mapping[str, str]
Take = Callable[[Fields | None], None]
"""An event of the account; None: some may have been missed."""

log = logging.getLogger(__name__)


class News:
    def __init__(self, reader: Redis) -> None:
        """``reader``: a client of its own, whose timeout is SILENCE_SECONDS."""
        self._reader = reader
        self._listeners: dict[str, list[Take]] = {}
        self.over = asyncio.Event()
        """The console is about to end: whoever pushes to a browser stops."""

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

    def stop(self) -> None:
        self.over.set()
        self._tell_all()

    async def read(self) -> None:
        """Until cancelled."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._read_on()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("no live events, again in %g s: %r", pause, error)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _read_on(self) -> None:
        newest: Any = await self._reader.xrevrange(keys.LIVE_STREAM, count=1)
        after: Any = newest[0][0] if newest else "0-0"
        self._tell_all()
        while True:
            reply: Any = await self._reader.xread({keys.LIVE_STREAM: after}, count=AT_ONCE, block=BLOCK_MS)
            for _, entries in reply:
                for entry, fields in entries:
                    after = entry
                    self._hand_out({name.decode(): value.decode() for name, value in fields.items()})

    def _tell_all(self) -> None:
        for listeners in self._listeners.values():
            for take in listeners:
                take(None)

    def _hand_out(self, fields: Fields) -> None:
        for take in self._listeners.get(fields.get("account", ""), ()):
            take(fields)


NEWS = web.AppKey("news", News)


def reading(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=SILENCE_SECONDS, socket_connect_timeout=SILENCE_SECONDS)


async def pushing(app: web.Application) -> AsyncIterator[None]:
    """For an application's ``cleanup_ctx``."""
    news = app[NEWS]
    task = asyncio.create_task(news.read(), name="live events")
    yield
    await end([task])


async def stop(app: web.Application) -> None:
    """For its ``on_shutdown``: what is pushed would never end by itself."""
    app[NEWS].stop()
