"""An account's rated records as they stand on the stream, found by the archive instead of reading everybody's."""

import logging
from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.filling import order
from services.archive.schema import POSITIONS, RECORDS, UNREADABLE
from services.store import records
from services.store.keys import RATED_STREAM
from services.store.records import PAGE, Found, Own

log = logging.getLogger(__name__)


def own(redis: Redis, engine: AsyncEngine, account: str) -> Own:
    """What the archive does not have yet is read from the stream, and everything is where the archive is away."""

    async def found(since: int) -> AsyncIterator[Found]:
        try:
            entries, archived = await _entries(engine, account, since)
        except (SQLAlchemyError, OSError, _UnknownError) as error:
            log.warning("all records since %d are read for those of %r: %r", since, account, error)
            async for one in records.own(redis, account)(since):
                yield one
            return
        for begin in range(0, len(entries), PAGE):
            for one in await records.entries(redis, entries[begin : begin + PAGE]):
                yield one
        behind = order(archived) < (since, 0)
        async for one in records.written(redis, since) if behind else records.after(redis, archived):
            if one.record.account == account:
                yield one

    return found


class _UnknownError(Exception):
    """The archive cannot say which entries are the account's: whoever reads the stream says what is wrong with it."""


async def _entries(engine: AsyncEngine, account: str, since: int) -> tuple[Sequence[str], str]:
    """Those of the account, and the last one of all that the archive has."""
    async with engine.connect() as connection:
        at = await connection.scalar(select(POSITIONS.c.entry).where(POSITIONS.c.stream == RATED_STREAM))
        if at is None:
            raise _UnknownError("it does not follow the stream")
        torn = await connection.scalars(select(UNREADABLE.c.entry).where(UNREADABLE.c.stream == RATED_STREAM))
        if any(order(entry) >= (since, 0) for entry in torn):
            raise _UnknownError("it could not read every entry, and nobody knows whose those are")
        whose = (RECORDS.c.account == account) & (RECORDS.c.written >= since)
        found = (await connection.scalars(select(RECORDS.c.entry).where(whose))).all()
    return sorted((entry for entry in found if order(entry) <= order(at)), key=order), at
