"""Follows the streams and fills the archive, until it is told to stop."""

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import filling
from services.archive.database import opened, prepare
from services.archive.filling import BATCH, OutrunError, Page, Position
from services.settings import Settings
from services.store.connection import connected
from services.store.due import end

LISTEN_MS = 1000
REDIS_SECONDS = 10.0
STEP_SECONDS = 60.0
"""For one batch; beyond it the database counts as away."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0

AWAY = (RedisError, SQLAlchemyError, OSError, TimeoutError)

log = logging.getLogger(__name__)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Raises SettingsError."""
    async with opened(settings.archive_url.get_secret_value()) as engine, client(settings.redis_url) as redis:
        work = asyncio.create_task(_keep(Filler(redis, engine)))
        told = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([work, told], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            await end([work, told])


def client(url: str) -> Redis:
    return connected(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=5)


class Filler:
    """``taken`` is told how many entries were, batch by batch. Raises what stands in ``AWAY``, and OutrunError."""

    def __init__(self, redis: Redis, engine: AsyncEngine, taken: Callable[[int], None] = lambda _: None) -> None:
        self._redis = redis
        self._engine = engine
        self._taken = taken
        self._outlived: set[str] = set()

    async def prepare(self) -> None:
        """Raises VersionError."""
        async with asyncio.timeout(STEP_SECONDS):
            await prepare(self._engine)

    async def catch_up(self) -> list[Position]:
        """Takes all there is; gives where the archive is then."""
        async with asyncio.timeout(STEP_SECONDS):
            found = await filling.positions(self._engine)
        return [await self._to_the_end(at) for at in found]

    async def listen(self, at: list[Position]) -> None:
        """Until there is more, or for a second."""
        await self._redis.xread({one.stream: one.entry for one in at}, count=1, block=LISTEN_MS)

    async def _to_the_end(self, at: Position) -> Position:
        while True:
            async with asyncio.timeout(STEP_SECONDS):
                page = await filling.page(self._redis, at)
                self._tell(at, page)
                if page.entries or page.missing != at.missing:
                    at = await filling.take(self._engine, at, page)
            self._taken(len(page.entries))
            if len(page.entries) < BATCH:
                return at

    def _tell(self, at: Position, page: Page) -> None:
        if page.missing > at.missing:
            log.error("%d entries of %s were gone before they were archived", page.missing - at.missing, at.stream)
        if page.outlived and at.stream not in self._outlived:
            log.error("%s ends before %s, where the archive is: Redis has lost entries", at.stream, at.entry)
        (self._outlived.add if page.outlived else self._outlived.discard)(at.stream)


async def _keep(filler: Filler) -> None:
    """Whoever was away, everything begins again at the position that the archive has."""
    pause = FIRST_PAUSE
    while True:
        try:
            await filler.prepare()
            while True:
                at = await filler.catch_up()
                pause = FIRST_PAUSE
                await filler.listen(at)
        except OutrunError as error:
            log.info("begins again where the archive is: %s", error)
        except AWAY as error:
            log.warning("Redis or the archive's database is away, again in %g s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
