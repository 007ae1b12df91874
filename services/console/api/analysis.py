"""Analyses of an account's calls over the archive; every figure is defined in docs/analysis.md."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive import analysis
from services.archive.analysis import Asked, Dimension
from services.console.api.analysis_models import (
    MOST_CALLERS_DAYS,
    MOST_DAYS,
    AgentFigures,
    ByQuery,
    CallersFound,
    ClassOfCalls,
    Compared,
    ComparedQuery,
    Comparison,
    DutyFigures,
    Filter,
    KeyFigures,
    Level,
    LostCalls,
    Period,
    Repeats,
    ServiceQuery,
    StepFound,
    Summary,
)
from services.console.context import At
from services.console.problems import Invalid, Where
from services.console.route import Routes
from services.domain import money
from services.domain.rights import Right
from services.domain.statistics.bins import SHOWN_WAITS_S, TALK_EDGES_S, WAIT_EDGES_S, coarser
from services.domain.statistics.days import day_of
from services.domain.statistics.figures import Duty, Figures
from services.domain.statistics.service_level import counted, levels
from services.store.due import now

routes = Routes()
DAYS = 30
"""Of a period that nobody has named."""
SECONDS = 20.0
"""For the questions of one request."""
BASE = "/api/v1/accounts/{account}/analysis"


def asked(at: At, query: Filter, most: int = MOST_DAYS) -> Asked:
    """Raises Invalid."""
    first, last = period(query, most)
    named = {"hotline": query.hotline, "group": query.group, "agent": query.agent}
    return Asked(account=at.account, first=first, last=last, kind=query.kind, **named)


def period(query: Period, most: int = MOST_DAYS) -> tuple[int, int]:
    """Its first and its last day. Raises Invalid where they are more than ``most``."""
    today = day_of(now())
    first = query.since.toordinal() if query.since else None
    last = query.until.toordinal() if query.until else max(today, first or 0)
    first = last - DAYS + 1 if first is None else first
    days = last - first + 1
    if not 0 < days <= most:
        where = [Where(at="query.since", expected=f"1 to {most} days")]
        raise Invalid("The period has %(days)d days: expected 1 to %(most)d.", where, days=days, most=most)
    return first, last


@asynccontextmanager
async def asking(at: At) -> AsyncIterator[AsyncConnection]:
    """Raises SQLAlchemyError and TimeoutError."""
    async with asyncio.timeout(SECONDS), at.archive.connect() as connection:
        yield connection


@routes.get(f"{BASE}/summary", Right.SEE_ANALYSIS)
async def summary(at: At, query: ServiceQuery) -> Summary:
    """All of a period in some figures, and the service level by every definition."""
    of = asked(at, query)
    async with asking(at) as connection:
        by_day = await analysis.figures(connection, of, "day")
        waits = counted(await analysis.waits(connection, of), query.threshold_s, query.short_s)
        costs = await analysis.costs(connection, of)
        worked = await analysis.duty(connection, of, "agent")
    return Summary(
        since=date.fromordinal(of.first),
        until=date.fromordinal(of.last),
        figures=KeyFigures.of(None, sum(by_day.values(), Figures())),
        costs={currency: money.text(micros) for currency, micros in sorted(costs.items())},
        duty=DutyFigures.of(sum(worked.values(), Duty())),
        waited=waits.queued,
        service_levels=[Level.from_level(one) for one in levels(waits)],
    )


@routes.get(f"{BASE}/figures", Right.SEE_ANALYSIS)
async def figures(at: At, query: ByQuery) -> list[KeyFigures]:
    """Figures by day, hour, weekday, hour of the week, end state, province, region, agent, group or hotline."""
    of = asked(at, query)
    async with asking(at) as connection:
        found = await analysis.figures(connection, of, query.by)
    return [KeyFigures.of(key_text(query.by, key), found.get(key, Figures())) for key in _keys(query.by, of, found)]


def _keys(by: Dimension, of: Asked, found: Mapping[Any, Figures]) -> list[Any]:
    """Each day, hour and weekday also where nobody called; the rest by calls, those unknown last."""
    every: Mapping[str, range] = {
        "day": range(of.first, of.last + 1),
        "hour": range(24),
        "weekday": range(7),
        "week_hour": range(7 * 24),
    }
    if by in every:
        return list(every[by])
    return sorted(found, key=lambda key: (key is None, -found[key].calls, str(key)))


def key_text(by: Dimension, key: Any) -> str | None:
    if key is None:
        return None
    return date.fromordinal(key).isoformat() if by == "day" else str(key)


@routes.get(f"{BASE}/waits", Right.SEE_ANALYSIS)
async def waits(at: At, query: Filter) -> list[ClassOfCalls]:
    """How long callers waited for an agent."""
    async with asking(at) as connection:
        found = await analysis.waits(connection, asked(at, query))
    shown: dict[int, Figures] = {}
    for key, some in found.items():
        part = coarser(key, WAIT_EDGES_S, SHOWN_WAITS_S)
        shown[part] = shown.get(part, Figures()) + some
    return _classes(shown, SHOWN_WAITS_S)


@routes.get(f"{BASE}/talks", Right.SEE_ANALYSIS)
async def talks(at: At, query: Filter) -> list[ClassOfCalls]:
    """How long talks took."""
    async with asking(at) as connection:
        return _classes(await analysis.talks(connection, asked(at, query)), TALK_EDGES_S)


def _classes(found: Mapping[int, Figures], edges: tuple[int, ...]) -> list[ClassOfCalls]:
    ends = zip((None, *edges), (*edges, None), strict=True)
    some = [found.get(number, Figures()) for number in range(len(edges) + 1)]
    return [
        ClassOfCalls(over_s=over, upto_s=upto, calls=one.calls, answered=one.answered, abandoned=one.abandoned)
        for (over, upto), one in zip(ends, some, strict=True)
    ]


@routes.get(f"{BASE}/agents", Right.SEE_ANALYSIS)
async def agents(at: At, query: Filter) -> list[AgentFigures]:
    """What each agent answered, and what they did with their time."""
    of = asked(at, query)
    async with asking(at) as connection:
        answered = await analysis.figures(connection, of, "agent")
        worked = await analysis.duty(connection, of, "agent")
    names = sorted({name for name in (*answered, *worked) if name is not None}, key=str)
    return [
        AgentFigures(
            agent=str(name),
            figures=KeyFigures.of(str(name), answered.get(name, Figures())),
            duty=DutyFigures.of(worked.get(name, Duty())),
        )
        for name in names
    ]


@routes.get(f"{BASE}/steps", Right.SEE_ANALYSIS)
async def steps(at: At, query: Filter) -> list[StepFound]:
    """Which ways calls went through the flow, by which keys, and where they ended; the agent is not asked for."""
    async with asking(at) as connection:
        return [StepFound.of(one) for one in await analysis.steps(connection, asked(at, query))]


@routes.get(f"{BASE}/unserved", Right.SEE_ANALYSIS)
async def unserved(at: At, query: Filter) -> list[LostCalls]:
    """What was billed for callers whom nobody served, by node and hour; the agent is not asked for."""
    async with asking(at) as connection:
        return [LostCalls.of(one) for one in await analysis.unserved(connection, asked(at, query))]


@routes.get(f"{BASE}/callers", Right.SEE_ANALYSIS)
async def callers(at: At, query: Filter) -> CallersFound:
    """Who calls again, in at most 92 days."""
    async with asking(at) as connection:
        found = await analysis.callers(connection, asked(at, query, MOST_CALLERS_DAYS))
    most = [Repeats(**{name: getattr(one, name) for name in Repeats.model_fields}) for one in found.most]
    return CallersFound(by_calls=found.by_calls, most=most)


@routes.get(f"{BASE}/comparison", Right.SEE_ANALYSIS)
async def comparison(at: At, query: ComparedQuery) -> Comparison:
    """A period beside another one that is as long."""
    of = asked(at, query)
    first = query.before.toordinal() if query.before else 2 * of.first - of.last - 1
    moved = first - of.first
    other = Asked(
        **{name: getattr(of, name) for name in ("account", "kind", "hotline", "group", "agent")},
        first=first,
        last=of.last + moved,
    )
    async with asking(at) as connection:
        new = await analysis.figures(connection, of, query.by)
        old = await analysis.figures(connection, other, query.by)
    if query.by == "day":  # each with the day that stands for it
        old = {int(key or 0) - moved: some for key, some in old.items()}
    keys = _keys(query.by, of, {key: new.get(key, Figures()) + old.get(key, Figures()) for key in {*new, *old}})
    return Comparison(
        since=date.fromordinal(of.first),
        until=date.fromordinal(of.last),
        before_since=date.fromordinal(other.first),
        before_until=date.fromordinal(other.last),
        total=_compared(None, sum(new.values(), Figures()), sum(old.values(), Figures())),
        parts=[_compared(key_text(query.by, key), new.get(key, Figures()), old.get(key, Figures())) for key in keys],
    )


def _compared(key: str | None, new: Figures, old: Figures) -> Compared:
    return Compared(key=key, now=KeyFigures.of(key, new), before=KeyFigures.of(key, old))
