"""Lets time pass for the queues: wrap-ups end and searches widen when they are due, not when somebody looks."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.store import queues
from services.store.breaker import UNGUARDED, Guard
from services.store.distribution import Distribution

RETRY_SECONDS = 0.5
CANCEL_SECONDS = 0.5

log = logging.getLogger(__name__)


def _time_of_day() -> int:
    return time.time_ns() // 1_000_000


CLOCK: ContextVar[Callable[[], int]] = ContextVar("clock", default=_time_of_day)
"""What ``now`` asks; a simulated call has one of its own."""


def now() -> int:
    """Milliseconds since 1970."""
    return CLOCK.get()()


async def keep(work: Callable[[], Awaitable[None]]) -> None:
    """Work that goes on until cancelled, begun again when Redis was away: what it keeps is kept there."""
    while True:
        try:
            await work()
        except (RedisError, OSError) as error:
            log.warning("Redis is away: %s", error)
        await asyncio.sleep(RETRY_SECONDS)


async def end(tasks: Iterable[asyncio.Task[Any]], again: float = CANCEL_SECONDS) -> None:
    """Cancels until all have ended: Python 3.11's ``asyncio.wait_for``, by which redis-py sends, may swallow it.

    ``again``: seconds that a task has for what it does at its end, before it is cancelled once more.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        ended, left = await asyncio.wait(left, timeout=again)
        await asyncio.gather(*ended, return_exceptions=True)


class Due:
    """Of one process: what its own operations make due, it does. Every process that changes queues runs one."""

    def __init__(self, redis: Redis, guard: Guard = UNGUARDED) -> None:
        self._redis = redis
        self._guard = guard
        self._at: dict[str, int] = {}
        self._changed = asyncio.Event()

    def distribution(self, account: str) -> Distribution:
        return Distribution(self._redis, account, next_due=self._note, guard=self._guard)

    async def run(self) -> None:
        """Until cancelled. Raises RedisError; may be run again."""
        while True:
            self._changed.clear()
            first = min(self._at.values(), default=None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if first is None else max(0, first - now()) / 1000):
                    await self._changed.wait()
            for account in [account for account, at in self._at.items() if at <= now()]:
                distribution = self.distribution(account)
                await queues.advance(distribution, now())
                # Another process may have been faster: then nothing was run here, and nothing noted.
                self._note(account, await queues.next_due(distribution))

    def _note(self, account: str, due: int | None) -> None:
        if due is None:
            self._at.pop(account, None)
        else:
            self._at[account] = min(due, now() + queues.HEARD_MS)
        self._changed.set()
