"""What goes on in accounts, for any number of browsers: drawn once for all who see the same (docs/live.md).

Whoever follows has the newest there is and never a queue of what was before.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.console.news import News
from services.domain.live import Live, Stale
from services.store import live
from services.store.distribution import Distribution
from services.store.due import end, now
from services.store.live import Entry, Names

EVERY_SECONDS = 0.25
"""Between two drawings of the same."""
RETAKE_SECONDS = 60.0
"""A picture is no older: names of groups and agents change without an entry, and days begin."""
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

    def __init__(self, redis: Redis, news: News, name: str) -> None:
        self.views: dict[Hashable, _View[Any]] = {}
        self.changed = asyncio.Event()
        self._news = news
        self._distribution = Distribution(redis, name)
        self._live: Live | None = None
        self._names = live.NOBODY
        self._stale = True
        self._retakes = 0
        self._pending: list[Entry] = []
        self.task = asyncio.create_task(self._run(), name=f"live picture of {name}")

    def _take(self, entry: Entry | None) -> None:
        if entry is None:
            self._retake()
        elif not self._stale:
            self._apply(entry)
        elif len(self._pending) < PENDING:
            self._pending.append(entry)
        else:
            self._retake()

    def _retake(self) -> None:
        self._stale = True
        self._retakes += 1
        self._pending.clear()
        self.changed.set()

    async def _run(self) -> None:
        """Draws whenever there is something new, until cancelled."""
        with self._news.listen(self._distribution.account, self._take):
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(RETAKE_SECONDS):
                        await self.changed.wait()
                if not self.changed.is_set():
                    self._retake()
                self.changed.clear()
                await self._draw()
                await asyncio.sleep(EVERY_SECONDS)

    async def _draw(self) -> None:
        stopped = self._news.stopped
        if self._stale and stopped is None:
            await self._take_picture()
        if self._stale and stopped is None:
            return
        seen = Seen(self._live, *self._names, now(), stopped)
        for view in list(self.views.values()):
            await view.draw(seen)

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
            self._retake()


class Push:
    def __init__(self, redis: Redis, news: News) -> None:
        self._redis = redis
        self._news = news
        self._accounts: dict[str, _Account] = {}
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def followers(self) -> int:
        return sum(view.followers for account in self._accounts.values() for view in account.views.values())

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

    async def end(self) -> None:
        await end(account.task for account in self._accounts.values())
        await asyncio.gather(*self._ending)

    def _account(self, name: str) -> _Account:
        if name not in self._accounts:
            self._accounts[name] = _Account(self._redis, self._news, name)
        return self._accounts[name]

    def _forget(self, name: str) -> None:
        ending = asyncio.create_task(end([self._accounts.pop(name).task]))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
