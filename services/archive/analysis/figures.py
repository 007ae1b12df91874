"""Figures by something, and the distributions of waits and talks."""

from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, Table, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.analysis.asked import Asked
from services.archive.counting import ABANDONED, COUNTED
from services.archive.schema import CALLS, TALLIES
from services.domain.statistics.figures import Figures

Dimension = Literal[
    "day",
    "hour",
    "weekday",
    "week_hour",
    "end_state",
    "province",
    "region",
    "agent",
    "group",
    "hotline",
    "account",
]
Key = str | int | None
"""``day``: ``date.toordinal``; ``hour``: from 0; ``weekday``: from 0, Monday; ``week_hour``: weekday * 24 + hour; None:
not known, or none. ``account`` is of ``ALL`` only."""

_SUMS: Final = ("calls", "answered", "abandoned", "answer_ms", "talk_ms", "wrap_ms", "billed_s")
_WHOLE: Final = {"day", "hour", "weekday", "week_hour", "wait", "talk"}
_SAID_BY_ALL: Final = {"day", "group", "hotline"}
"""Stand in every tally: the one with the fewest rows is read."""
_OF_A_WEEK: Final = {"hour", "weekday", "week_hour"}


async def figures(connection: AsyncConnection, asked: Asked, by: Dimension) -> dict[Key, Figures]:
    return await _figures(connection, asked, by)


async def waits(connection: AsyncConnection, asked: Asked) -> dict[int, Figures]:
    """Of those who waited, by the class of ``WAIT_EDGES_S``."""
    return await _figures(connection, asked, "wait")


async def talks(connection: AsyncConnection, asked: Asked) -> dict[int, Figures]:
    """Of those answered, by the class of ``TALK_EDGES_S``."""
    return await _figures(connection, asked, "talk")


async def costs(connection: AsyncConnection, asked: Asked) -> dict[str, int]:
    """What the calls cost, after all corrections, in millionths, by currency."""
    if asked.agent is None:
        query = _tallied(asked, "end_state", TALLIES.c.currency, [func.sum(TALLIES.c.charge)])
    else:
        currency = func.coalesce(CALLS.c.currency, "")
        query = _of_agent(asked, currency, [func.coalesce(func.sum(CALLS.c.charge), 0)])
    return {currency: int(sum_) for currency, sum_ in await connection.execute(query) if currency}


async def account_costs(connection: AsyncConnection, asked: Asked) -> dict[str, dict[str, int]]:
    """Of ``ALL``: the same of each account."""
    query = _tallied(asked, "account", TALLIES.c.key, [TALLIES.c.currency, func.sum(TALLIES.c.charge)])
    found: dict[str, dict[str, int]] = {}
    for account, currency, sum_ in await connection.execute(query.group_by(TALLIES.c.currency)):
        if currency:
            found.setdefault(account, {})[currency] = int(sum_)
    return found


async def _figures(connection: AsyncConnection, asked: Asked, by: str) -> dict[Any, Figures]:
    if asked.agent is None:
        tally = "end_state" if by in _SAID_BY_ALL else "week_hour" if by in _OF_A_WEEK else by
        query = _tallied(asked, tally, _key(TALLIES, by), [func.sum(TALLIES.c[name]) for name in _SUMS])
        query = query.having(func.sum(TALLIES.c.calls) > 0)
    else:
        query = _of_agent(asked, _key(CALLS, by), _CALL_SUMS)
        if by in {"wait", "talk"}:
            query = query.where(CALLS.c[COUNTED[by]].is_not(None))
    found = await connection.execute(query)
    return {_read(by, key): Figures(*map(int, sums)) for key, *sums in found}


def _read(by: str, key: str | int) -> Key:
    return None if key == "" else int(key) if by in _WHOLE else key


def _tallied(asked: Asked, tally: str, key: Any, sums: list[Any]) -> Select[Any]:
    period = asked.by_day(TALLIES) if key is TALLIES.c.day else asked.summed(TALLIES)
    return select(key.label("found"), *sums).where(TALLIES.c.by == tally, *period).group_by("found")


def _of_agent(asked: Asked, key: Any, sums: list[Any]) -> Select[Any]:
    where = (CALLS.c.agent == asked.agent, *asked.by_day(CALLS, "first_group"))
    return select(key.label("found"), *sums).where(*where).group_by("found")


def _key(table: Table, by: str) -> ColumnElement[Any]:
    if by in _OF_A_WEEK:
        hour = CALLS.c.week_hour if table is CALLS else cast(TALLIES.c.key, CALLS.c.week_hour.type)
        return {"hour": hour % 24, "weekday": hour // 24, "week_hour": hour}[by]
    if table is TALLIES:
        return TALLIES.c[by] if by in _SAID_BY_ALL else TALLIES.c.key
    named = {"group": "first_group", "day": "day", "hotline": "hotline"} | COUNTED
    column: ColumnElement[Any] = CALLS.c[named[by]]
    return column if by in _WHOLE else func.coalesce(column, "")


def _if(of: ColumnElement[bool], value: Any) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((of, value), else_=0)), 0)


_ANSWERED = CALLS.c.end_state == "answered"
_CALL_SUMS: Final = [
    func.count(),
    _if(_ANSWERED, 1),
    _if(CALLS.c.end_state.in_(ABANDONED), 1),
    _if(_ANSWERED, CALLS.c.waited_ms),
    _if(_ANSWERED, CALLS.c.talk_ms),
    _if(_ANSWERED, CALLS.c.wrap_ms),
    func.coalesce(func.sum(CALLS.c.billed_s), 0),
]
"""Of calls one by one, as ``_SUMS``."""
