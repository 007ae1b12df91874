"""Callers whom nobody talked to, and what became of them. Times are milliseconds since 1970; raises SQLAlchemyError."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.counting import ABANDONED
from services.archive.queries import COLUMNS, MOST, After, Call
from services.archive.schema import CALLS
from services.archive.wanted import Wanted, where


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Whose calls in vain; what is None is not asked for."""

    account: str
    since: int
    until: int
    """Is not in it any more."""
    number: str | None = None
    digits: str | None = None
    """As ``Wanted`` has them."""
    hotline: str | None = None
    group: str | None = None
    """The first that the call came to."""
    abandoned: bool = False
    """Only of who hung up while an agent was waited for."""
    open_only: bool = False
    """Not of who was talked to since."""


@dataclass(frozen=True, slots=True)
class Served:
    """The first answered call with the number since: it called again, or was called back."""

    call_id: str
    kind: str
    started: int
    agent: str | None


@dataclass(frozen=True, slots=True)
class Caller:
    call: Call
    """The last in vain."""
    attempts: int
    """Calls in vain of this number."""
    served: Served | None


@dataclass(frozen=True, slots=True)
class Callers:
    callers: Sequence[Caller]
    next: After | None
    """None: there are no more."""


_LATER, _ATTEMPTS, _SINCE, _SERVED = (CALLS.alias(name) for name in ("later", "attempts", "since", "served"))
_OF_SERVED = ("call_id", "kind", "started", "agent")


async def callers(connection: AsyncConnection, sought: Sought, after: After | None = None, limit: int = 50) -> Callers:
    """One for each number, who called in vain last first. Who withheld its number is not among them."""
    limit = min(limit, MOST)
    query = _last_of_each(sought)
    if sought.open_only:
        query = query.where(_SERVED.c.id.is_(None))
    if after is not None:
        earlier = or_(CALLS.c.started < after.started, CALLS.c.id < after.id)
        query = query.where(CALLS.c.started <= after.started, earlier)
    query = query.order_by(CALLS.c.started.desc(), CALLS.c.id.desc()).limit(limit + 1)
    found = [_caller(dict(row)) for row in (await connection.execute(query)).mappings()]
    last = found[limit - 1].call if len(found) > limit else None
    return Callers(found[:limit], None if last is None else After(last.started, last.id))


def _last_of_each(sought: Sought) -> Select[Any]:
    attempts = select(func.count()).select_from(_ATTEMPTS).where(*_in_vain(_ATTEMPTS, sought), _same(_ATTEMPTS))
    later = or_(_LATER.c.started > CALLS.c.started, _LATER.c.id > CALLS.c.id)
    later_one = select(1).where(*_in_vain(_LATER, sought), _same(_LATER), _LATER.c.started >= CALLS.c.started, later)
    since = select(_SINCE.c.id).where(_same(_SINCE), _SINCE.c.end_state == "answered")
    since = since.where(_SINCE.c.started >= CALLS.c.started).order_by(_SINCE.c.started, _SINCE.c.id).limit(1)
    joined = CALLS.outerjoin(_SERVED, _SERVED.c.id == since.scalar_subquery())
    served = [_SERVED.c[name].label(f"served_{name}") for name in _OF_SERVED]
    query: Select[Any] = select(*COLUMNS, attempts.scalar_subquery().label("count"), *served).select_from(joined)
    query = where(query, Wanted(account=sought.account, number=sought.number, digits=sought.digits))
    return query.where(*_in_vain(CALLS, sought), CALLS.c.number.is_not(None), ~later_one.exists())


def _in_vain(calls: FromClause, sought: Sought) -> Iterator[ColumnElement[bool]]:
    yield from (calls.c.missed == 1, calls.c.started >= sought.since, calls.c.started < sought.until)
    if sought.hotline is not None:
        yield calls.c.hotline == sought.hotline
    if sought.group is not None:
        yield calls.c.first_group == sought.group
    if sought.abandoned:
        yield calls.c.end_state.in_(ABANDONED)


def _same(calls: FromClause) -> ColumnElement[bool]:
    return (calls.c.account == CALLS.c.account) & (calls.c.number == CALLS.c.number)


def _caller(row: dict[str, Any]) -> Caller:
    attempts = int(row.pop("count"))
    served = {name: row.pop(f"served_{name}") for name in _OF_SERVED}
    return Caller(Call(**row), attempts, Served(**served) if served["call_id"] else None)
