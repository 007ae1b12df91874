import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from services.simulation.clock import TooLongError, VirtualLoop

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], longest: float = 10_000) -> T:
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(longest)) as runner:
        return runner.run(coroutine)


def test_hours_pass_in_no_time() -> None:
    async def hour() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    begun = time.monotonic()
    assert run(hour()) == pytest.approx(3600)
    assert time.monotonic() - begun < 60


def test_things_happen_in_the_order_of_their_times() -> None:
    async def race() -> list[str]:
        order: list[str] = []

        async def after(seconds: float, name: str) -> None:
            await asyncio.sleep(seconds)
            order.append(name)

        await asyncio.gather(after(2, "second"), after(1, "first"), after(3, "third"))
        return order

    assert run(race()) == ["first", "second", "third"]


def test_no_time_passes_while_a_thread_would_work() -> None:
    async def work() -> tuple[int, float]:
        async with asyncio.timeout(1):
            found = await asyncio.to_thread(lambda: 7)
        return found, asyncio.get_running_loop().time()

    assert run(work()) == (7, 0.0)


def test_what_a_thread_would_raise_is_raised() -> None:
    async def work() -> None:
        await asyncio.to_thread(lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        run(work())


def test_what_never_ends_is_ended() -> None:
    async def turns() -> None:
        while True:
            await asyncio.sleep(1)

    with pytest.raises(TooLongError, match="more than 100 s"):
        run(turns(), longest=100)


def test_what_nothing_can_wake_is_ended() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    with pytest.raises(TooLongError, match="nothing will ever happen"):
        run(waits())
