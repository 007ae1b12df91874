"""The rows of one batch, and the sums that they change. All raise SQLAlchemyError."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive import states
from services.archive.counting import NEEDED, Counts
from services.archive.rows import Row
from services.archive.schema import (
    AGENT_STATES,
    ATTEMPTS,
    CALLS,
    CORRECTIONS,
    HOPS,
    KEYS,
    MET,
    RECORDS,
    UNREADABLE,
)
from services.archive.states import Change
from services.domain.agents import State

_AT_ONCE = 1000
"""Values in one question."""
_PARTS = (RECORDS, HOPS, ATTEMPTS, MET, KEYS)
Call = tuple[dict[str, list[Row]], list[Row]]
"""Its rows by table, and its steps through the flow."""


@dataclass(slots=True)
class Batch:
    calls: list[Call] = field(default_factory=list)
    corrections: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unreadable: list[Row] = field(default_factory=list)


async def write(connection: AsyncConnection, batch: Batch) -> None:
    """What is there already is not written again."""
    calls = {rows[CALLS.name][0]["call_id"]: (rows, steps) for rows, steps in reversed(batch.calls)}
    for known in await _known(connection, CALLS.c.call_id, calls):
        del calls[known]
    corrections = {row["id"]: row for row in batch.corrections}
    for known in await _known(connection, CORRECTIONS.c.id, corrections):
        del corrections[known]
    counts = Counts()
    await _insert(connection, UNREADABLE, batch.unreadable)
    await _insert(connection, CORRECTIONS, list(corrections.values()))
    await _add(connection, list(calls.values()), counts)
    wrapped = await states.write(connection, batch.changes)
    changed = [*calls, *(row["call_id"] for row in corrections.values()), *wrapped]
    for begin in range(0, len(changed), _AT_ONCE):
        await _settle(connection, changed[begin : begin + _AT_ONCE], counts)
    await counts.write(connection)


async def _add(connection: AsyncConnection, calls: list[Call], counts: Counts) -> None:
    first = await connection.scalar(select(func.coalesce(func.max(CALLS.c.id), literal(0)))) or 0
    calls.reverse()  # as they stand in the stream
    for number, (rows, steps) in enumerate(calls, first + 1):
        [call] = rows[CALLS.name]
        call["id"] = number
        for table in _PARTS:
            for row in rows[table.name]:
                row["call"] = number
        counts.add(call)
        counts.walked(call, steps)
    for table in (CALLS, *_PARTS):
        await _insert(connection, table, [row for rows, _ in calls for row in rows[table.name]])


async def _settle(connection: AsyncConnection, call_ids: list[str], counts: Counts) -> None:
    """Calls cost what their last corrections say, and had the wrap-ups that followed, whichever came first."""
    known = await _corrected(connection, call_ids)
    for call_id, ms in (await _wrapped(connection, call_ids)).items():
        known.setdefault(call_id, {})["wrap_ms"] = ms
    if not known:
        return
    columns = [CALLS.c[name] for name in ("call_id", "corrections", *sorted(NEEDED))]
    found = await connection.execute(select(*columns).where(CALLS.c.call_id.in_(known)))
    for row in found.mappings().all():
        before = dict(row)
        new = known[before["call_id"]]
        if any(before[name] != value for name, value in new.items()):
            await connection.execute(update(CALLS).where(CALLS.c.call_id == before["call_id"]).values(new))
            counts.add(before, -1)
            counts.add(before | new)


async def _corrected(connection: AsyncConnection, call_ids: list[str]) -> dict[str, Row]:
    of = CORRECTIONS.c.call_id.in_(call_ids)
    found = await connection.execute(select(CORRECTIONS).where(of).order_by(CORRECTIONS.c.number))
    same = ("charge", "billed_s", "worth", "currency")
    return {
        row["call_id"]: {name: row[name] for name in same} | {"corrections": row["number"]} for row in found.mappings()
    }


async def _wrapped(connection: AsyncConnection, call_ids: list[str]) -> dict[str, int]:
    spent = func.sum(AGENT_STATES.c.until - AGENT_STATES.c.since)
    of = AGENT_STATES.c.call.in_(call_ids) & (AGENT_STATES.c.state == State.WRAP_UP.value)
    query = select(AGENT_STATES.c.call, spent).where(of, AGENT_STATES.c.until.is_not(None))
    return {call: int(ms) for call, ms in await connection.execute(query.group_by(AGENT_STATES.c.call))}


async def _known(connection: AsyncConnection, column: Any, ids: Iterable[str]) -> list[str]:
    wanted = list(ids)
    return list((await connection.scalars(select(column).where(column.in_(wanted)))).all()) if wanted else []


async def _insert(connection: AsyncConnection, table: Table, rows: list[Row]) -> None:
    if rows:
        await connection.execute(insert(table), rows)
