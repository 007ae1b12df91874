"""A FastAGI connection that exists in memory only."""

import asyncio
from collections import deque
from typing import Any, cast


class Wire:
    """What agi writes arrives as lines; what is sent arrives at agi's ``reader``."""

    def __init__(self) -> None:
        self.reader = asyncio.StreamReader()
        self.writer = cast("asyncio.StreamWriter", _Writer(self))
        self.lines: deque[str] = deque()
        self.news = asyncio.Event()
        """Set when there is something to look at."""

    def send(self, line: str) -> None:
        self.reader.feed_data(line.encode() + b"\n")

    def take(self) -> str | None:
        return self.lines.popleft() if self.lines else None


class _Writer:
    """As much of ``asyncio.StreamWriter`` as agi uses."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.transport = self

    def write(self, data: bytes) -> None:
        self._wire.lines.extend(data.decode().splitlines())
        self._wire.news.set()

    async def drain(self) -> None:
        pass

    def abort(self) -> None:
        self._wire.news.set()

    def get_extra_info(self, _: str) -> "_Writer":
        return self

    def setsockopt(self, *_: Any) -> None:
        pass
