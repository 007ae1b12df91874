"""Redis away: who asks for something is told so at once, instead of waiting for it again and again."""

import asyncio
import logging
import time
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from services.store.connection import connected

Guard = AbstractContextManager[None]
UNGUARDED: Guard = nullcontext()

AWAY = (RedisConnectionError, RedisTimeoutError)
"""What is raised when Redis cannot be reached: refused, or silent for too long. It may have done what it was told."""

DEADLINE = 1.0
"""Seconds that somebody on the line has for Redis."""
PAUSE = 0.5
"""Seconds between two tries while it is away."""

log = logging.getLogger(__name__)


class AwayError(RedisConnectionError):
    """Redis was not even asked."""


class Breaker:
    """Guards what is asked of Redis: while it is away only one try in PAUSE seconds goes through."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._next_try: float | None = None
        """None while Redis answers."""

    def __enter__(self) -> None:
        if self._next_try is None:
            return
        if time.monotonic() < self._next_try:
            raise AwayError("Redis is away")
        self._next_try = time.monotonic() + self._pause

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if isinstance(error, AWAY):
            if self._next_try is None:
                log.warning("Redis is away: %s", error)
            self._next_try = time.monotonic() + self._pause
        elif self._next_try is not None and not isinstance(error, asyncio.CancelledError):
            log.info("Redis is back")
            self._next_try = None


def client(url: str) -> Redis:
    """For who has somebody on the line: without retries, which would make DEADLINE a multiple of itself."""
    return connected(url, socket_timeout=DEADLINE, socket_connect_timeout=DEADLINE, retry=Retry(NoBackoff(), 0))
