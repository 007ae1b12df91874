"""Calls searched for, and looked up; each question is about one account, or about all where that is said.

Times are milliseconds since 1970, ``until`` is not in a period. All raise SQLAlchemyError.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import CALLS, CORRECTIONS, RECORDS
from services.archive.wanted import Kind, Scope, Wanted, order, where
from services.domain import correction
from services.domain.correction import Correction
from services.domain.record import EndState, Record, from_json

MOST = 500
"""Calls of one page."""


@dataclass(frozen=True, slots=True)
class Call:
    """A row of ``calls``: docs/archive.md."""

    id: int
    account: str
    call_id: str
    kind: Kind
    hotline: str
    caller: str | None
    number: str | None
    caller_name: str | None
    caller_type: str
    region: str | None
    started: int
    ended: int
    wait_ms: int
    ring_ms: int
    talk_ms: int
    total_ms: int
    waited_ms: int | None
    end_state: EndState
    hung_up_by: str
    agent: str | None
    first_group: str | None
    score: int | None
    recordings: int
    missed: int
    callback_agreed: str | None
    currency: str | None
    charge: int | None


@dataclass(frozen=True, slots=True)
class After:
    """The last call of the page before."""

    started: int
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    calls: Sequence[Call]
    next: After | None
    """None: there are no more."""


@dataclass(frozen=True, slots=True)
class Whole:
    call: Call
    record: Record
    corrections: Sequence[Correction]


COLUMNS = [CALLS.c[field.name] for field in fields(Call)]


async def search(connection: AsyncConnection, wanted: Wanted, after: After | None = None, limit: int = 50) -> Page:
    """The newest first."""
    limit = min(limit, MOST)
    started, number = order(wanted)
    query = where(select(*COLUMNS), wanted)
    if after is not None:
        # Said twice, so that an index can begin there.
        query = query.where(started <= after.started, (started < after.started) | (number < after.id))
    query = query.order_by(started.desc(), number.desc()).limit(limit + 1)
    found = [Call(*row) for row in await connection.execute(query)]
    calls = found[:limit]
    return Page(calls, After(calls[-1].started, calls[-1].id) if len(found) > limit else None)


async def count(connection: AsyncConnection, wanted: Wanted, most: int) -> int:
    """How many there are, as far as ``most``."""
    some = where(select(literal(1)).select_from(CALLS), wanted).limit(most).subquery()
    return await connection.scalar(select(func.count()).select_from(some)) or 0


async def one(connection: AsyncConnection, account: Scope, call_id: str) -> Whole | None:
    """None when there is none, and when it is another account's."""
    joined = CALLS.join(RECORDS, RECORDS.c.call == CALLS.c.id)
    query = where(select(*COLUMNS, RECORDS.c.json).select_from(joined), Wanted(account=account))
    row = (await connection.execute(query.where(CALLS.c.call_id == call_id))).mappings().first()
    if row is None:
        return None
    call = dict(row)
    record = from_json(call.pop("json"))
    of = select(CORRECTIONS.c.json).where(CORRECTIONS.c.call_id == call_id).order_by(CORRECTIONS.c.number)
    texts = (await connection.scalars(of)).all()
    return Whole(Call(**call), record, [correction.from_json(text.encode()) for text in texts])
