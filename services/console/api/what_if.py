"""What the service level would have been with more agents (docs/analysis.md)."""

import asyncio

from services.archive import analysis
from services.archive.analysis import Asked
from services.console.api.analysis import BASE, asking, period
from services.console.api.analysis_models import (
    MOST_WHAT_IF_DAYS,
    ErlangFigures,
    OutlookFigures,
    WhatIfFound,
    WhatIfQuery,
)
from services.console.context import At
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.domain.distribution import Candidate
from services.domain.documents import Group
from services.domain.rights import Right
from services.domain.statistics.days import begin_of
from services.domain.statistics.replay import Shift
from services.domain.statistics.staffing import Recorded, Team, Terms, WhatIf, Window, constant, what_if
from services.store import documents

routes = Routes("analysis")
MOST_CALLS = 20_000
HOUR_MS = 3_600_000


@routes.get(f"{BASE}/what-if", Right.SEE_ANALYSIS)
async def ask(at: At, query: WhatIfQuery) -> WhatIfFound:
    """Recorded calls to a group replayed with more agents between two hours of each day, and Erlang C beside it."""
    first, last = period(query, MOST_WHAT_IF_DAYS)
    group = await _group(at, query.group)
    of = Asked(account=at.account, first=first, last=last, group=group.id)
    async with asking(at) as connection:
        calls = await analysis.recorded(connection, of, MOST_CALLS + 1)
        there = await analysis.stretches(connection, of, group.members, [call.call_id for call in calls])
    if len(calls) > MOST_CALLS:
        raise Refused("More than %(most)d calls came in this period: choose a shorter one.", most=MOST_CALLS)
    windows = _windows(first, last, query)
    shifts = constant(query.agents, _windows(first, last)) if query.agents else there
    if not shifts:
        raise Refused("Nothing is recorded of the agents in this period: say how many were there.")
    found = await asyncio.to_thread(_replayed, group, calls, shifts, windows, query)
    return WhatIfFound(
        calls=len(calls),
        agents=found.agents,
        extra=found.extra,
        recorded=OutlookFigures.of(found.recorded),
        as_it_was=OutlookFigures.of(found.as_it_was),
        changed=OutlookFigures.of(found.changed),
        erlang_as_it_was=ErlangFigures.of(found.erlang_as_it_was),
        erlang_changed=ErlangFigures.of(found.erlang_changed),
        erlang_needed=ErlangFigures.of(found.erlang_needed),
    )


async def _group(at: At, name: str) -> Group:
    found = await documents.get(at.redis, Group, name)
    if found is None or found.document.account != at.account:
        raise Unknown("There is no group %(group)s.", group=name)
    return found.document


def _windows(first: int, last: int, query: WhatIfQuery | None = None) -> list[Window]:
    """Of each day the hours that are asked for, or all."""
    begin, end = (query.from_hour, query.to_hour) if query else (0, 24)
    days = [begin_of(day) for day in range(first, last + 1)]
    return [Window(day + begin * HOUR_MS, day + end * HOUR_MS) for day in days]


def _replayed(
    group: Group, calls: list[Recorded], shifts: list[Shift], windows: list[Window], query: WhatIfQuery
) -> WhatIf:
    members = {
        name: Candidate(name, index, weight=group.weights.get(name, 1), level=group.skills.get(name, 1))
        for index, name in enumerate(group.members)
    }
    terms = Terms(query.threshold_s, query.short_s)
    return what_if(calls, Team(shifts, group.strategy, members), windows, query.extra, terms)
