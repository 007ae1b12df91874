"""What goes on in accounts, for any number of browsers: read once, drawn once for all who see the same (docs/live.md).

Whoever follows has the newest there is and never a queue of what was before.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.domain.live import Live, Stale
from services.store import live
from services.store.distribution import Distribution
from services.store.due import end, now
from services.store.live import Entry, Names

EVERY_SECONDS = 0.25
"""Between two drawings of the same."""
RETAKE_SECONDS = 60.0
"""A picture is no older: names of groups and agents change without an entry, and days begin."""
BLOCK_MS = 1000
SILENCE_SECONDS = 3.0
"""After which Redis counts as away; longer than it may block."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
PENDING = 10_000
"""Entries that may come while a picture is taken."""
AWAY = (RedisError, OSError, TimeoutError)

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """``live`` is None before the first picture. It changes: what is drawn of it is drawn at once."""

    live: Live | None
    groups: Names
    agents: Names
    at: int
    stopped: int | None
    """Since when Redis does not answer; None: it does."""


Make = Callable[[Seen], Awaitable[T]]


class _View(Generic[T]):
    """What one or many followers see."""

    def __init__(self, make: Make[T]) -> None:
        self.followers = 0
        self.number = 0
        self.value: T | None = None
        self.error: Exception | None = None
        self.changed = asyncio.Event()
        self._make = make

    async def draw(self, seen: Seen) -> None:
        try:
            value = await self._make(seen)
        except Exception as error:
            log.exception("a view cannot be drawn")
            self.error = error
        else:
            if self.number and self.error is None and value == self.value:
                return
            self.value, self.error = value, None
        self.number += 1
        self.changed.set()
        self.changed = asyncio.Event()


class Follower(Generic[T]):
    def __init__(self, view: _View[T]) -> None:
        self._view = view
        self._number = 0

    async def next(self, seconds: float) -> T | None:
        """The newest, as soon as it is another than the last one given; None: nothing new in time.

        Raises what drawing it raised.
        """
        if self._number == self._view.number:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._view.changed.wait()
        if self._number == self._view.number:
            return None
        self._number = self._view.number
        if self._view.error is not None:
            raise self._view.error
        return self._view.value


class _Account:
    """One that somebody looks at."""

    def __init__(self, redis: Redis, name: str) -> None:
        self.views: dict[Hashable, _View[Any]] = {}
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.stopped: int | None = None
        self._distribution = Distribution(redis, name)
        self._live: Live | None = None
        self._names = live.NOBODY
        self._stale = True
        self._retakes = 0
        self._pending: list[Entry] = []

    def take(self, entry: Entry) -> None:
        if not self._stale:
            self._apply(entry)
        elif len(self._pending) < PENDING:
            self._pending.append(entry)
        else:
            self.retake()

    def retake(self) -> None:
        self._stale = True
        self._retakes += 1
        self._pending.clear()
        self.changed.set()

    async def run(self) -> None:
        """Draws whenever there is something new, until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETAKE_SECONDS):
                    await self.changed.wait()
            if not self.changed.is_set():
                self.retake()
            self.changed.clear()
            if self._stale and self.stopped is None:
                await self._take_picture()
            if not self._stale or self.stopped is not None:
                seen = Seen(self._live, *self._names, now(), self.stopped)
                for view in list(self.views.values()):
                    await view.draw(seen)
            await asyncio.sleep(EVERY_SECONDS)

    async def _take_picture(self) -> None:
        retakes = self._retakes
        try:
            picture = await live.picture(self._distribution, now())
            self._names = await live.names(self._distribution.redis, picture)
        except AWAY as error:
            log.warning("no picture of %s: %r", self._distribution.account, error)
            self.changed.set()
            return
        if self._retakes != retakes:  # what is missing in it may be in no entry that is still to come
            return
        self._live, self._stale = picture, False
        pending, self._pending = self._pending, []
        for entry in pending:
            self._apply(entry)

    def _apply(self, entry: Entry) -> None:
        try:
            if self._live is not None and self._live.apply(*entry):
                self.changed.set()
        except (Stale, KeyError, ValueError):  # somebody is new; or the entry is none of ours
            self.retake()


class Push:
    """``reader``: a client of its own, whose timeout is SILENCE_SECONDS: see ``reading``."""

    def __init__(self, redis: Redis, reader: Redis) -> None:
        self._redis = redis
        self._reader = reader
        self._accounts: dict[str, _Account] = {}
        self._heard = now()
        self._stopped: int | None = None
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def followers(self) -> int:
        return sum(view.followers for account in self._accounts.values() for view in account.views.values())

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Reads for as long as the block lasts."""
        reading = asyncio.create_task(self._keep_reading(), name="live events")
        try:
            yield
        finally:
            await end([reading, *self._ending, *(one.task for one in self._accounts.values() if one.task)])

    @contextlib.contextmanager
    def follow(self, account: str, key: Hashable, make: Make[T]) -> Iterator[Follower[T]]:
        """``make`` draws what is seen; whoever has the same ``key`` of the account shares what it gives."""
        watched = self._account(account)
        view: _View[T] = watched.views.setdefault(key, _View(make))
        view.followers += 1
        if not view.number:
            watched.changed.set()
        try:
            yield Follower(view)
        finally:
            view.followers -= 1
            if not view.followers:
                del watched.views[key]
            if not watched.views:
                self._forget(account)

    def _account(self, name: str) -> _Account:
        if name not in self._accounts:
            account = self._accounts[name] = _Account(self._redis, name)
            account.stopped = self._stopped
            account.task = asyncio.create_task(account.run(), name=f"live picture of {name}")
        return self._accounts[name]

    def _forget(self, name: str) -> None:
        task = self._accounts.pop(name).task
        if task is not None:
            task.cancel()
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _keep_reading(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                after = await live.newest(self._reader)
                pause = FIRST_PAUSE
                self._tell(None)
                while True:
                    after = await self._read(after)
            except AWAY as error:
                log.warning("no live events, again in %g s: %r", pause, error)
                self._tell(self._heard)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _read(self, after: str) -> str:
        entries = await live.read(self._reader, after, BLOCK_MS)
        self._heard = now()
        for entry in entries:
            if account := self._accounts.get(entry.fields.get("account", "")):
                account.take(entry)
        return entries[-1].id if entries else after

    def _tell(self, stopped: int | None) -> None:
        """Whatever was missed meanwhile is in the next picture."""
        self._stopped = stopped
        for account in self._accounts.values():
            account.stopped = stopped
            account.retake()


def reading(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=SILENCE_SECONDS, socket_connect_timeout=SILENCE_SECONDS)
