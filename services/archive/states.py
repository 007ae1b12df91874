"""What agents did, from the stream of live events: each state with its begin and end, and their sums by day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.counting import Sums
from services.archive.rows import Fields, check
from services.archive.schema import AGENT_STATES, DUTY
from services.domain.agents import State
from services.domain.statistics.days import by_day

OWN_CALL, REST = "own_call", "rest"
"""States of ours: the phone is used for another call; the short pause after a missed offer."""
STATES = (*(state.value for state in State), OWN_CALL, REST)


@dataclass(frozen=True, slots=True)
class Change:
    """An agent is in ``state`` since then. ``call``: of a wrap-up, too, the one before it."""

    account: str
    agent: str
    since: int
    state: str
    reason: str
    call: str


@dataclass(frozen=True, slots=True)
class _Ended:
    change: Change
    until: int
    id: int | None
    """Of its row, if it has one."""


def change_of(fields: Fields) -> Change | None:
    """None for an entry of something else; KeyError, ValueError."""
    if fields.get(b"of") != b"agent":
        return None
    names = ("account", "agent", "state", "reason", "call")
    account, agent, state, reason, call = (fields[name.encode()].decode() for name in names)
    since = int(fields[b"since"])
    row: dict[str, Any] = {"account": account, "agent": agent, "since": since, "reason": reason, "call": call}
    check(AGENT_STATES.name, row)
    return Change(**row, state=OWN_CALL if (state, reason) == ("busy", OWN_CALL) else State(state).value)


async def write(connection: AsyncConnection, changes: Sequence[Change]) -> list[str]:
    """Gives the calls whose wrap-ups have ended."""
    if not changes:
        return []
    opened = await _open(connection, {(one.account, one.agent) for one in changes})
    ended: list[_Ended] = []
    for change in changes:
        who = (change.account, change.agent)
        before = opened.get(who)
        if before is not None:
            change = _after(before.change, change)  # noqa: PLW2901 - the same change, known better
            ended.append(replace(before, until=change.since))
        opened[who] = _Ended(change, 0, None)
    await _close(connection, ended)
    fresh = [_row(one.change, one.until) for one in ended if one.id is None and one.until > one.change.since]
    fresh += [_row(one.change, None) for one in opened.values() if one.id is None]
    await _insert(connection, fresh)
    await _count(connection, ended)
    return [one.change.call for one in ended if one.change.state == State.WRAP_UP and one.change.call]


def _after(before: Change, change: Change) -> Change:
    """What it was before says what a wrap-up follows: a talk, whose call is kept, or an offer that was missed."""
    change = replace(change, since=max(change.since, before.since))
    if change.state != State.WRAP_UP:
        return change
    if before.state == State.RINGING or (before.state == REST and not change.call):
        return replace(change, state=REST, call="")
    return replace(change, call=change.call or before.call)


async def _open(connection: AsyncConnection, who: set[tuple[str, str]]) -> dict[tuple[str, str], _Ended]:
    of = tuple_(AGENT_STATES.c.account, AGENT_STATES.c.agent).in_(sorted(who))
    found = await connection.execute(select(AGENT_STATES).where(of, AGENT_STATES.c.until.is_(None)))
    names = ("account", "agent", "since", "state", "reason", "call")
    return {
        (row["account"], row["agent"]): _Ended(Change(**{name: row[name] for name in names}), 0, row["id"])
        for row in found.mappings()
    }


async def _close(connection: AsyncConnection, ended: Iterable[_Ended]) -> None:
    for one in ended:
        if one.id is not None:
            await connection.execute(update(AGENT_STATES).where(AGENT_STATES.c.id == one.id).values(until=one.until))


async def _insert(connection: AsyncConnection, rows: list[dict[str, Any]]) -> None:
    first = await connection.scalar(select(func.coalesce(func.max(AGENT_STATES.c.id), 0))) or 0
    numbered = [row | {"id": number} for number, row in enumerate(rows, first + 1)]
    if numbered:
        await connection.execute(insert(AGENT_STATES), numbered)


def _row(change: Change, until: int | None) -> dict[str, Any]:
    names = ("account", "agent", "since", "state", "reason", "call")
    return {name: getattr(change, name) for name in names} | {"until": until}


async def _count(connection: AsyncConnection, ended: Iterable[_Ended]) -> None:
    sums = Sums(DUTY)
    for one in ended:
        for day, ms in by_day(one.change.since, one.until):
            sums.add((one.change.account, day, one.change.agent, one.change.state), (ms,))
    await sums.write(connection)
