"""Wakes billing when something happens in the CEL folder."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from asyncinotify import Inotify, Mask

_CHANGES = Mask.MODIFY | Mask.CREATE | Mask.MOVE


class Watch:
    """Watches from its making on, so that nothing is missed that happens between a look and the wait after it."""

    def __init__(self, folder: Path) -> None:
        self._inotify = Inotify()
        self._inotify.add_watch(folder, _CHANGES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._inotify.close()

    async def change(self, stop: asyncio.Event, deadline: float) -> None:
        """Returns when something has changed, when ``stop`` is set, or after ``deadline`` seconds."""
        waits = [asyncio.ensure_future(self._inotify.get()), asyncio.ensure_future(stop.wait())]
        try:
            await asyncio.wait(waits, timeout=deadline, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
