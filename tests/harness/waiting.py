"""Waiting for a condition instead of for time to pass."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02


async def until(condition: Callable[[], Awaitable[T]], what: str, deadline: float = 10.0) -> T:
    """The condition's first true value. Raises TimeoutError that says what was waited for."""
    try:
        async with asyncio.timeout(deadline):
            while not (value := await condition()):
                await asyncio.sleep(INTERVAL)
            return value
    except TimeoutError:
        raise TimeoutError(f"waited {deadline:g} s for {what}") from None
