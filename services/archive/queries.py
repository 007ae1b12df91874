"""Questions to the archive; each is about one account, or about all where that is said.

Times are milliseconds since 1970, ``until`` is not in a period. Days and hours are those of China. All raise
SQLAlchemyError.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import CALLS, CORRECTIONS, RECORDS
from services.archive.wanted import Kind, Scope, Wanted, order, where
from services.domain import correction
from services.domain.correction import Correction
from services.domain.record import EndState, Record, from_json

ABANDONED: tuple[EndState, ...] = ("abandoned_waiting", "abandoned_ringing")
"""While an agent was waited for."""
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


@dataclass(frozen=True, slots=True)
class Figures:
    """Of some calls. ``talk_ms`` and ``answer_ms`` (what was waited) are sums over those answered."""

    calls: int
    answered: int
    abandoned: int
    talk_ms: int
    answer_ms: int

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer."""
        return self.answer_ms / self.answered if self.answered else None

    @property
    def aht_ms(self) -> float | None:
        """Average handling time: of the talk, wrap-up is in no record."""
        return self.talk_ms / self.answered if self.answered else None

    @property
    def abandon_rate(self) -> float | None:
        """Of the calls that an agent was waited for until one answered or the caller hung up."""
        offered = self.answered + self.abandoned
        return self.abandoned / offered if offered else None


Dimension = Literal["day", "hour", "weekday", "end_state", "province", "region", "agent", "group"]
Key = str | int | None

COLUMNS = [CALLS.c[field.name] for field in fields(Call)]


def _named(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As an expression: SQLite would follow the column's own index otherwise, and go to every row."""
    return func.nullif(column, "")


_DIMENSIONS: dict[Dimension, ColumnElement[Any]] = {
    "day": CALLS.c.day,
    "hour": CALLS.c.hour,
    "weekday": (CALLS.c.day + 6) % 7,
    "end_state": _named(CALLS.c.end_state),
    "province": _named(CALLS.c.province),
    "region": _named(CALLS.c.region),
    "agent": _named(CALLS.c.agent),
    "group": _named(CALLS.c.first_group),
}
_ANSWERED = CALLS.c.end_state == "answered"


def _sum(of: ColumnElement[bool], value: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((of, value), else_=0)), 0)


_FIGURES = (
    func.count(),
    _sum(_ANSWERED, 1),
    _sum(CALLS.c.end_state.in_(ABANDONED), 1),
    _sum(_ANSWERED, CALLS.c.talk_ms),
    _sum(_ANSWERED, CALLS.c.waited_ms),
)


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


async def figures(connection: AsyncConnection, wanted: Wanted, by: Dimension) -> dict[Key, Figures]:
    """``day`` by ``date.toordinal``, ``hour`` from 0, ``weekday`` from 0, Monday; None: not known, or none."""
    return await _figures(connection, wanted, _DIMENSIONS[by])


async def waits(connection: AsyncConnection, wanted: Wanted, edges_ms: Sequence[int]) -> list[Figures]:
    """Of those who waited less than each of the rising edges, and not less than the one before; last, of all others."""
    last = len(edges_ms)
    bins = case(*((CALLS.c.waited_ms < edge, number) for number, edge in enumerate(edges_ms)), else_=last)
    found = await _figures(connection, wanted, bins, CALLS.c.waited_ms.is_not(None))
    return [found.get(number, Figures(0, 0, 0, 0, 0)) for number in range(last + 1)]


def day_of(key: int) -> date:
    return date.fromordinal(key)


async def _figures(
    connection: AsyncConnection, wanted: Wanted, by: ColumnElement[Any], *conditions: ColumnElement[bool]
) -> dict[Key, Figures]:
    query = where(select(by.label("key"), *_FIGURES), wanted).where(*conditions).group_by("key")
    return {key: Figures(*map(int, sums)) for key, *sums in await connection.execute(query)}
