"""What Redis is yet to be told of calls."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import ResponseError

from services.domain.agents import IllegalTransition
from services.store.breaker import AWAY
from services.store.distribution import Unknown

T = TypeVar("T")

LIMIT = 10_000
"""Beyond it nothing is kept: the calls' leases run out."""

log = logging.getLogger(__name__)


class Owed:
    """Keeps what happens on calls while Redis is away, and says it in its order as soon as it can."""

    def __init__(self) -> None:
        self._left: deque[Callable[[], Awaitable[object]]] = deque()
        self._some = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._left)

    async def tell(self, operation: Callable[[], Awaitable[T]]) -> T | None:
        """What Redis says to it; None when Redis will be told later."""
        if not self._left:
            try:
                return await operation()
            except AWAY:
                pass
        if len(self._left) < LIMIT:
            self._left.append(operation)
            self._some.set()
        return None

    async def pay(self) -> None:
        """Until cancelled. Raises RedisError; may be run again."""
        while True:
            await self._some.wait()
            while self._left:
                try:
                    await self._left[0]()
                except (Unknown, IllegalTransition, ResponseError) as error:
                    log.warning("said too late: %s", error)
                self._left.popleft()
            self._some.clear()
