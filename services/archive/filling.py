"""One step of filling: entries of one stream, and how far it has been read, in one transaction.

All raise SQLAlchemyError, and what reads Redis RedisError.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.archive.paths import steps_of
from services.archive.rows import Fields, Row, billed_s, check, record_of, rows_of, worth
from services.archive.schema import CORRECTIONS, POSITIONS, UNREADABLE
from services.archive.states import change_of
from services.archive.writing import Batch, write
from services.domain import correction
from services.domain.correction import total
from services.store.keys import LIVE_STREAM, RATED_STREAM

BATCH = 1000
_SHOWN = 2000
"""Characters of an entry that are kept of each field when it cannot be read."""

log = logging.getLogger(__name__)


class OutrunError(Exception):
    """Somebody else fills the same archive, or has emptied it; nothing was written."""


@dataclass(frozen=True, slots=True)
class Position:
    stream: str
    entry: str
    taken: int
    missing: int


@dataclass(frozen=True, slots=True)
class Page:
    """What stands in a stream behind a position."""

    entries: Sequence[tuple[str, Fields]]
    missing: int
    """Entries that were gone before they were taken, as far as it can be told; exact at the stream's end."""
    outlived: bool
    """The stream ends before the position: Redis has lost its end, or all of it."""
    skipped: int = 0
    """Entries from before the archive's time, on a stream that is cut short anyway."""


async def positions(engine: AsyncEngine) -> list[Position]:
    """Calls before corrections."""
    async with engine.connect() as connection:
        found = await connection.execute(select(POSITIONS).order_by(POSITIONS.c.stream.desc()))
        return [Position(**row) for row in found.mappings()]


async def page(redis: Redis, at: Position, count: int = BATCH) -> Page:
    """The next entries, at once."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xrange(at.stream, f"({at.entry}", "+", count=count)
        pipe.xinfo_stream(at.stream)
        found, known = await pipe.execute(raise_on_error=False)
    if isinstance(known, ResponseError) and "no such key" in str(known):
        return Page([], at.missing, at.taken > 0)
    for one in (found, known):
        if isinstance(one, Exception):
            raise one
    entries = [(entry.decode(), fields) for entry, fields in found]
    skipped = known["entries-added"] - known["length"] if at.stream == LIVE_STREAM and not at.taken else 0
    at_end = len(entries) < count
    gone = known["entries-added"] - at.taken - skipped - len(entries) if at_end else 0
    outlived = order(known["last-generated-id"].decode()) < order(at.entry)
    return Page(entries, max(at.missing, gone), outlived, skipped)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the archive is in a stream; all are counts of entries."""

    stream: str
    taken: int
    behind: int
    missing: int
    unreadable: int


async def standings(redis: Redis, engine: AsyncEngine) -> list[Standing]:
    counted = select(func.count()).select_from(UNREADABLE)
    made = []
    for at in await positions(engine):
        async with engine.connect() as connection:
            unreadable = await connection.scalar(counted.where(UNREADABLE.c.stream == at.stream)) or 0
        made.append(Standing(at.stream, at.taken, await _behind(redis, at), at.missing, unreadable))
    return made


async def _behind(redis: Redis, at: Position) -> int:
    count, entry = 0, at.entry
    while found := cast("list[Any]", await redis.xrange(at.stream, f"({entry}", "+", count=BATCH)):
        count, entry = count + len(found), found[-1][0].decode()
    return count


async def gone(redis: Redis, stream: str) -> int:
    """How many entries a stream has had that it no longer has."""
    if not await redis.exists(stream):
        return 0
    known = await cast("Awaitable[Any]", redis.xinfo_stream(stream))
    return int(known["entries-added"]) - int(known["length"])


async def take(engine: AsyncEngine, at: Position, found: Page) -> Position:
    """Writes a page's entries; gives the new position. Raises OutrunError."""
    batch = await asyncio.to_thread(_batch, at.stream, found.entries)
    last = found.entries[-1][0] if found.entries else at.entry
    after = Position(at.stream, last, at.taken + found.skipped + len(found.entries), found.missing)
    async with engine.begin() as connection:
        # First of all: from here on nobody else writes.
        await _move(connection, at, after)
        await write(connection, batch)
    for row in batch.unreadable:
        log.error("entry %s of %s cannot be read: %s", row["entry"], row["stream"], row["error"])
    return after


async def _move(connection: AsyncConnection, at: Position, after: Position) -> None:
    where = (POSITIONS.c.stream == at.stream) & (POSITIONS.c.entry == at.entry) & (POSITIONS.c.taken == at.taken)
    new = {"entry": after.entry, "taken": after.taken, "missing": after.missing}
    moved = await connection.execute(update(POSITIONS).where(where).values(new))
    if moved.rowcount != 1:
        raise OutrunError(f"{at.stream} is no longer at {at.entry}")


def _batch(stream: str, entries: Sequence[tuple[str, Fields]]) -> Batch:
    batch = Batch()
    for entry, fields in entries:
        _read(batch, stream, entry, fields)
    return batch


def _read(batch: Batch, stream: str, entry: str, fields: Fields) -> None:
    try:
        if stream == RATED_STREAM:
            record = record_of(fields)
            batch.calls.append((rows_of(record, fields[b"record"].decode(), entry), steps_of(record)))
        elif stream == LIVE_STREAM:
            if (change := change_of(fields)) is not None:
                batch.changes.append(change)
        else:
            batch.corrections.append(_correction(fields))
    except (KeyError, ValueError, OverflowError) as error:
        shown = {_shown(name): _shown(value) for name, value in fields.items()}
        why = f"no field {error}" if isinstance(error, KeyError) else str(error)
        row = {"stream": stream, "entry": entry, "error": _shown(why.encode()), "fields": json.dumps(shown)}
        batch.unreadable.append(row)


def _shown(text: bytes) -> str:
    return text[:_SHOWN].decode(errors="backslashreplace").replace("\x00", "\\x00")


def _correction(fields: Fields) -> Row:
    one = correction.from_json(fields[b"correction"])
    row = {name: getattr(one, name) for name in ("id", "account", "call_id", "number", "currency")}
    row |= {
        "amount": one.micros,
        "charge": total(one.charge),
        "billed_s": billed_s(one.charge),
        "worth": worth(one.charge),
    }
    check(CORRECTIONS.name, row)
    return row | {"json": fields[b"correction"].decode()}


def order(entry: str) -> tuple[int, int]:
    """Of entries in a stream."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)
