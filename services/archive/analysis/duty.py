"""What agents did, and what a replay of recorded calls needs."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.analysis.asked import Asked
from services.archive.counting import ABANDONED
from services.archive.schema import AGENT_STATES, CALLS, DUTY
from services.archive.states import OWN_CALL, REST
from services.domain.agents import State
from services.domain.statistics.days import begin_of
from services.domain.statistics.figures import Duty
from services.domain.statistics.replay import Outcome, Shift
from services.domain.statistics.staffing import Recorded

_FIELDS: Final = {
    State.READY.value: "ready_ms",
    State.RINGING.value: "ringing_ms",
    State.BUSY.value: "busy_ms",
    State.WRAP_UP.value: "wrap_ms",
    State.PAUSED.value: "paused_ms",
    OWN_CALL: "own_call_ms",
    REST: "rest_ms",
}
_THERE: Final = (State.READY.value, State.RINGING.value, State.WRAP_UP.value, REST)
"""For a group's callers; and ``busy`` when it is with one of them."""


async def duty(connection: AsyncConnection, asked: Asked, by: Literal["agent", "day"]) -> dict[str | int, Duty]:
    """Of one account; kind, hotline and group are not asked for: an agent serves them all at once."""
    key = DUTY.c[by]
    where = [DUTY.c.account == asked.owner, DUTY.c.day.between(asked.first, asked.last)]
    if asked.agent is not None:
        where.append(DUTY.c.agent == asked.agent)
    query = select(key, DUTY.c.state, func.sum(DUTY.c.ms)).where(*where).group_by(key, DUTY.c.state)
    found: dict[str | int, dict[str, int]] = defaultdict(dict)
    for which, state, ms in await connection.execute(query):
        if state in _FIELDS:
            found[which][_FIELDS[state]] = int(ms)
    return {which: Duty(**known) for which, known in found.items()}


async def recorded(connection: AsyncConnection, asked: Asked, limit: int) -> list[Recorded]:
    """The inbound calls that waited for a group, or rang it, as they came; at most ``limit``."""
    names = ("call_id", "queued", "waited_ms", "end_state", "talk_ms", "wrap_ms", "ring_ms")
    period = CALLS.c.started.between(begin_of(asked.first), begin_of(asked.last + 1) - 1)
    where = (period, CALLS.c.waited_ms.is_not(None), CALLS.c.queued.is_not(None), CALLS.c.kind == "inbound")
    query = select(*(CALLS.c[name] for name in names)).where(*asked.by_day(CALLS, "first_group"), *where)
    found = await connection.execute(query.order_by(CALLS.c.started, CALLS.c.id).limit(limit))
    return [_recorded(*row) for row in found]


def _recorded(*row: Any) -> Recorded:
    call_id, queued, waited, end_state, talk, wrap, ring = row
    answered = end_state == "answered"
    outcome: Outcome = "answered" if answered else "abandoned" if end_state in ABANDONED else "elsewhere"
    return Recorded(call_id, queued, waited, outcome, talk + wrap if answered else None, ring if answered else None)


async def stretches(
    connection: AsyncConnection, asked: Asked, agents: Iterable[str], calls: Iterable[str]
) -> list[Shift]:
    """When each of the agents was there for a group's callers: free for them, or with one of ``calls``."""
    begin, end = begin_of(asked.first), begin_of(asked.last + 1)
    known = AGENT_STATES.c
    where = (known.account == asked.owner, known.agent.in_(list(agents)), known.since < end)
    closed = (known.until > begin, known.state.in_((*_THERE, State.BUSY.value)))
    query = select(known.agent, known.since, known.until, known.state, known.call).where(*where, *closed)
    own = set(calls)
    shifts: list[Shift] = []
    for agent, since, until, state, call in await connection.execute(query.order_by(known.agent, known.since)):
        if state in _THERE or call in own:
            shift = Shift(agent, max(since, begin), min(until, end))
            joined = shifts and (shifts[-1].agent, shifts[-1].end) == (agent, shift.begin)
            shifts[-1:] = [Shift(agent, shifts[-1].begin, shift.end)] if joined else [*shifts[-1:], shift]
    return shifts
