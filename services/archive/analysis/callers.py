"""Who calls again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.analysis.asked import Asked
from services.archive.schema import CALLS
from services.archive.wanted import ALL

MOST = 10
"""Calls of one number that are told apart: 10 is ten or more."""


@dataclass(frozen=True, slots=True)
class Repeated:
    number: str
    calls: int
    answered: int
    first: int
    last: int
    """When it called, milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Callers:
    """``by_calls``: how many numbers called once, twice, … Withheld numbers are nobody's."""

    by_calls: dict[int, int]
    most: Sequence[Repeated]


async def callers(connection: AsyncConnection, asked: Asked, limit: int = 50) -> Callers:
    """Of one account. ``most``: who called at least twice, the most frequent first."""
    if asked.account is ALL:
        raise ValueError("of all accounts together nobody is asked for repeat callers")
    where = [CALLS.c.number.is_not(None), *asked.by_day(CALLS, "first_group")]
    if asked.agent is not None:
        where.append(CALLS.c.agent == asked.agent)
    calls = func.count().label("calls")
    each = select(CALLS.c.number, calls).where(*where).group_by(CALLS.c.number).subquery()
    times: Any = case((each.c.calls < MOST, each.c.calls), else_=MOST).label("times")
    spread = await connection.execute(select(times, func.count()).group_by("times"))
    answered = func.sum(case((CALLS.c.end_state == "answered", 1), else_=0))
    listed = select(CALLS.c.number, calls, answered, func.min(CALLS.c.started), func.max(CALLS.c.started))
    listed = listed.where(*where).group_by(CALLS.c.number).having(func.count() > 1)
    most = await connection.execute(listed.order_by(calls.desc(), CALLS.c.number).limit(limit))
    return Callers({int(key): int(count) for key, count in spread}, [Repeated(n, *map(int, rest)) for n, *rest in most])
