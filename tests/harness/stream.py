"""The stream of rated records, as a test reads it."""

from collections.abc import Awaitable
from typing import Any, cast

from redis.asyncio import Redis

from services.domain.record import Record, from_json
from services.store.keys import RATED_STREAM
from tests.harness.waiting import until

START = "-"


class RatedStream:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def newest(self) -> str:
        """Id of the newest entry, for ``after``."""
        entries = await cast("Awaitable[Any]", self._redis.xrevrange(RATED_STREAM, count=1))
        return entries[0][0].decode() if entries else START

    async def after(self, entry: str, count: int = 1, deadline: float = 15) -> list[Record]:
        """The records after ``entry``, as soon as there are ``count`` of them."""

        async def enough() -> list[Record]:
            begin = entry if entry == START else f"({entry}"
            found = await cast("Awaitable[Any]", self._redis.xrange(RATED_STREAM, begin, "+"))
            return [from_json(fields[b"record"]) for _, fields in found] if len(found) >= count else []

        return await until(enough, f"{count} records after {entry}", deadline)
