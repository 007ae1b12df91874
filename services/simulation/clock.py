"""An event loop whose time passes by itself: as soon as nothing can happen now, it is later."""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


async def happens(event: asyncio.Event, until: float | None) -> bool:
    """Whether it does before then, by the loop's time; None: whenever."""
    try:
        async with asyncio.timeout_at(until):
            await event.wait()
    except TimeoutError:
        return False
    return True


class TooLongError(Exception):
    """The loop's time has passed the most that it may."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """``longest``: seconds from its begin after which it raises TooLongError."""

    def __init__(self, longest: float) -> None:
        self._now = 0.0
        self._longest = longest
        super().__init__(_Selector(self._pass))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._now

    def run_in_executor(  # type: ignore[override]  # as asyncio has it, but for its many type variables
        self,
        executor: Any,  # noqa: ARG002
        func: Callable[..., Any],
        *args: Any,
    ) -> asyncio.Future[Any]:
        """At once and here: no time passes meanwhile."""
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - for who awaits it
            done.set_exception(error)
        return done

    def _pass(self, seconds: float) -> None:
        self._now += seconds
        if self._now > self._longest:
            raise TooLongError(f"more than {self._longest:.0f} s")


class _Selector(selectors.DefaultSelector):
    def __init__(self, passes: Callable[[float], None]) -> None:
        super().__init__()
        self._passes = passes

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout is None:
            raise TooLongError("nothing will ever happen")
        if not found and timeout:
            self._passes(timeout)
        return found
