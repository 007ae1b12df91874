"""Reads the streams of records (docs/cdr-stream.md): what was written, and what is being written.

Both raise UnreadableError and redis.exceptions.RedisError.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from redis.asyncio import Redis

from services.domain.record import Record, from_json
from services.store import keys

PAGE = 500
LISTEN_MS = 1000
"""Shorter than any connection's own timeout."""


class UnreadableError(Exception):
    """Somebody else has written to the stream, or in another edition of the record."""


@dataclass(frozen=True, slots=True)
class Found:
    entry_id: str
    record: Record
    number: int | None = None
    """Of the call's step in its account's book (docs/ledger.md)."""
    day: date | None = None
    """That a call is booked for which got its price late; others are booked for that of their end."""

    @property
    def written(self) -> int:
        """Milliseconds since 1970."""
        return int(self.entry_id.partition("-")[0])


Own = Callable[[int], AsyncIterator[Found]]
"""The rated records of one account that were written since then (milliseconds since 1970), the oldest first."""


def own(
    redis: Redis, account: str, read: Callable[[int], None] = lambda _: None, stream: str = keys.RATED_STREAM
) -> Own:
    """By reading all that was written since; ``read`` is told page by page how many records that were."""

    async def found(since: int) -> AsyncIterator[Found]:
        count = 0
        async for one in written(redis, since, stream=stream):
            count += 1
            if count % PAGE == 0:
                read(count)
            if one.record.account == account:
                yield one

    return found


async def entries(redis: Redis, ids: Sequence[str], stream: str = keys.RATED_STREAM) -> list[Found]:
    """Those that are there, in one round trip."""
    async with redis.pipeline(transaction=False) as pipe:
        for one in ids:
            pipe.xrange(stream, one, one, count=1)
        pages = await pipe.execute()
    return [_found(stream, entry_id, fields) for page in pages for entry_id, fields in page]


async def newest(redis: Redis, stream: str = keys.RATED_STREAM) -> str:
    """Id of the newest entry; ``0-0`` of a stream that has none."""
    entries = cast("list[Any]", await redis.xrevrange(stream, count=1))
    return entries[0][0].decode() if entries else "0-0"


async def written(
    redis: Redis, since: int = 0, until: int | None = None, stream: str = keys.RATED_STREAM
) -> AsyncIterator[Found]:
    """What was written between two times (milliseconds since 1970; ``until`` is not in it), oldest first."""
    async for one in _between(redis, f"{since}-0", "+" if until is None else f"({until}-0", stream):
        yield one


def after(redis: Redis, entry: str, stream: str = keys.RATED_STREAM) -> AsyncIterator[Found]:
    """What was written after an entry."""
    return _between(redis, f"({entry}", "+", stream)


async def _between(redis: Redis, begin: str, end: str, stream: str) -> AsyncIterator[Found]:
    while page := cast("list[Any]", await redis.xrange(stream, begin, end, count=PAGE)):
        for entry_id, fields in page:
            yield _found(stream, entry_id, fields)
        begin = f"({page[-1][0].decode()}"


async def follow(redis: Redis, after: str, stream: str = keys.RATED_STREAM) -> AsyncIterator[Found]:
    """What is written after an entry, as it comes, without end."""
    while True:
        answer = cast("list[Any]", await redis.xread({stream: after}, count=PAGE, block=LISTEN_MS))
        for _, entries in answer:
            for entry_id, fields in entries:
                after = entry_id.decode()
                yield _found(stream, entry_id, fields)


def _found(stream: str, entry_id: bytes, fields: dict[bytes, bytes]) -> Found:
    try:
        number = int(fields[b"ledger"]) if b"ledger" in fields else None
        day = date.fromisoformat(fields[b"day"].decode()) if b"day" in fields else None
        return Found(entry_id.decode(), from_json(fields[b"record"]), number, day)
    except (KeyError, ValueError) as error:
        raise UnreadableError(f"entry {entry_id.decode()} of {stream} is no record: {error}") from error
