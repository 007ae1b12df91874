"""One step of filling: entries of one stream, and how far it has been read, in one transaction.

All raise SQLAlchemyError, and what reads Redis RedisError.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.archive.rows import Fields, Row, check, record_of, rows_of
from services.archive.schema import ATTEMPTS, CALLS, CORRECTIONS, HOPS, KEYS, MET, POSITIONS, RECORDS, UNREADABLE
from services.domain import correction
from services.domain.correction import total
from services.store.keys import RATED_STREAM

BATCH = 1000
_SHOWN = 2000
"""Characters of an entry that are kept of each field when it cannot be read."""
_PARTS = (RECORDS, HOPS, ATTEMPTS, MET, KEYS)

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


@dataclass(slots=True)
class _Batch:
    rows: list[dict[str, list[Row]]] = field(default_factory=list)
    corrections: list[Row] = field(default_factory=list)
    unreadable: list[Row] = field(default_factory=list)


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
    at_end = len(entries) < count
    gone = known["entries-added"] - at.taken - len(entries) if at_end else 0
    outlived = _order(known["last-generated-id"].decode()) < _order(at.entry)
    return Page(entries, max(at.missing, gone), outlived)


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
    after = Position(at.stream, last, at.taken + len(found.entries), found.missing)
    async with engine.begin() as connection:
        # First of all: from here on nobody else writes.
        await _move(connection, at, after)
        await _write(connection, batch)
    for row in batch.unreadable:
        log.error("entry %s of %s cannot be read: %s", row["entry"], row["stream"], row["error"])
    return after


async def _move(connection: AsyncConnection, at: Position, after: Position) -> None:
    where = (POSITIONS.c.stream == at.stream) & (POSITIONS.c.entry == at.entry) & (POSITIONS.c.taken == at.taken)
    new = {"entry": after.entry, "taken": after.taken, "missing": after.missing}
    moved = await connection.execute(update(POSITIONS).where(where).values(new))
    if moved.rowcount != 1:
        raise OutrunError(f"{at.stream} is no longer at {at.entry}")


def _batch(stream: str, entries: Sequence[tuple[str, Fields]]) -> _Batch:
    batch = _Batch()
    for entry, fields in entries:
        _read(batch, stream, entry, fields)
    return batch


def _read(batch: _Batch, stream: str, entry: str, fields: Fields) -> None:
    try:
        if stream == RATED_STREAM:
            batch.rows.append(rows_of(record_of(fields), fields[b"record"].decode()))
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
    row |= {"amount": one.micros, "charge": total(one.charge)}
    check(CORRECTIONS.name, row)
    return row | {"json": fields[b"correction"].decode()}


async def _write(connection: AsyncConnection, batch: _Batch) -> None:
    calls = {rows[CALLS.name][0]["call_id"]: rows for rows in reversed(batch.rows)}
    for known in await _known(connection, CALLS.c.call_id, calls):
        del calls[known]
    corrections = {row["id"]: row for row in batch.corrections}
    for known in await _known(connection, CORRECTIONS.c.id, corrections):
        del corrections[known]
    await _insert(connection, UNREADABLE, batch.unreadable)
    await _insert(connection, CORRECTIONS, list(corrections.values()))
    await _add(connection, list(calls.values()))
    await _correct(connection, [*calls, *(row["call_id"] for row in corrections.values())])


async def _add(connection: AsyncConnection, calls: list[dict[str, list[Row]]]) -> None:
    first = await connection.scalar(select(func.coalesce(func.max(CALLS.c.id), literal(0)))) or 0
    calls.reverse()  # as they stand in the stream
    for number, rows in enumerate(calls, first + 1):
        rows[CALLS.name][0]["id"] = number
        for table in _PARTS:
            for row in rows[table.name]:
                row["call"] = number
    for table in (CALLS, *_PARTS):
        await _insert(connection, table, [row for rows in calls for row in rows[table.name]])


async def _correct(connection: AsyncConnection, call_ids: Iterable[str]) -> None:
    """Calls cost what their last corrections say, whichever came first into the archive."""
    last: dict[str, Any] = {}
    wanted = list(call_ids)
    for begin in range(0, len(wanted), BATCH):
        of = CORRECTIONS.c.call_id.in_(wanted[begin : begin + BATCH])
        found = await connection.execute(select(CORRECTIONS).where(of).order_by(CORRECTIONS.c.number))
        last |= {row["call_id"]: row for row in found.mappings()}
    for call_id, row in last.items():
        new = {"charge": row["charge"], "corrections": row["number"], "currency": row["currency"]}
        await connection.execute(update(CALLS).where(CALLS.c.call_id == call_id).values(new))


async def _known(connection: AsyncConnection, column: Any, ids: Iterable[str]) -> list[str]:
    wanted = list(ids)
    return list((await connection.scalars(select(column).where(column.in_(wanted)))).all()) if wanted else []


async def _insert(connection: AsyncConnection, table: Any, rows: list[Row]) -> None:
    if rows:
        await connection.execute(insert(table), rows)


def _order(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)
