"""What a wallboard shows: an account or one of its groups, from what is going on now (docs/live.md)."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.domain.agents import State
from services.domain.live import TURNED_AWAY, AgentNow, CallerNow, CallerState, Live, Outcome, Tally
from services.domain.statistics.service_level import Formula, Waits

HOURS = 24
LONGEST_WAIT = 3600
"""Longer ones are counted as one of so many seconds."""
SHORT = 5
"""Seconds of a short abandon."""

Name = Callable[[str], str]

_DOING = (State.READY, State.RINGING, State.BUSY, State.WRAP_UP, State.PAUSED, State.OFFLINE)


@dataclass(frozen=True, slots=True)
class Hour:
    hour: int
    arrived: int
    answered: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Today:
    """Callers in queues since midnight in China, each counted when it happened."""

    arrived: int
    """From outside; of a group also from other queues."""
    answered: int
    abandoned: int
    overflowed: int
    """Went elsewhere in the flow: full, waited too long, a key, nobody to be rung."""
    answered_within: int
    """The threshold."""
    service_level: float | None
    """By the formula that was asked for: docs/analysis.md. None while nothing is counted that it is a share of."""
    hours: Sequence[Hour]


@dataclass(frozen=True, slots=True)
class Section:
    """``id`` and ``name`` are empty of several groups together."""

    id: str
    name: str
    waiting: int
    longest_since: int | None
    """Since when who waits longest is on the line; None: nobody waits."""
    states: Mapping[State, int]
    """How many agents; busy are those who talk or use their phones otherwise."""
    today: Today


@dataclass(frozen=True, slots=True)
class Caller:
    call: str
    state: CallerState
    place: int | None
    """In the queue, from 1; None: it waits no longer."""
    group: str
    group_name: str
    number: str
    """Empty when withheld."""
    region: str
    """``广东深圳``; empty when it is not known."""
    hotline: str
    since: int
    """When it came; of who talks, when the talk began."""
    agents: Sequence[str]
    """Names of those who ring or talk, or whom it was pulled to."""
    callback: bool
    """It is somebody who is called back."""


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent: str
    name: str
    state: State
    reason: str
    since: int
    call: str
    number: str
    """Of the caller."""
    groups: Sequence[str]
    answered: int
    """Today, of these groups."""


@dataclass(frozen=True, slots=True)
class Board:
    whole: Section
    groups: Sequence[Section]
    callers: Sequence[Caller]
    """Who waits first, in order; then who rings and who talks, the latest first."""
    agents: Sequence[AgentRow]
    """By what they do, who has done it longest first."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a board is drawn with. ``answer_within``: seconds, the threshold of the service level.

    ``formula``: how that is reckoned, one of ``FORMULAS``.
    """

    group: Name
    agent: Name
    answer_within: int
    formula: Formula


def board(live: Live, only: str | None, now: int, drawn: Drawn) -> Board:
    """``only``: of one group; an account without this group has an empty one."""
    groups = sorted((name for name in live.groups if only in {None, name}), key=lambda name: (drawn.group(name), name))
    agents = _members(live, groups) if only else set(live.agents)
    return Board(
        _section(live, groups, agents, now, drawn, whole=only is None),
        [_section(live, [name], set(live.groups[name].members), now, drawn, whole=False) for name in groups],
        _callers(live, set(groups), only, drawn),
        _agents(live, agents, groups, now, drawn),
    )


def _members(live: Live, groups: Iterable[str]) -> set[str]:
    return {agent for name in groups for agent in live.groups[name].members}


def _section(  # noqa: PLR0913 - what it is made of
    live: Live, groups: Sequence[str], agents: set[str], now: int, drawn: Drawn, *, whole: bool
) -> Section:
    waiting = [one for one in live.callers.values() if one.group in groups and one.state == "waiting"]
    states = Counter(live.agents[agent].state for agent in agents if agent in live.agents)
    [name] = groups if len(groups) == 1 and not whole else [""]
    return Section(
        name,
        drawn.group(name) if name else "",
        len(waiting),
        min((one.waits_since for one in waiting), default=None),
        {state: states[state] for state in _DOING},
        _today(live.counted(groups, now), drawn, whole=whole),
    )


def _today(tallies: Counter[Tally], drawn: Drawn, *, whole: bool) -> Today:
    arrivals = {Outcome.ARRIVED} if whole else {Outcome.ARRIVED, Outcome.CAME_OVER}
    of: Counter[Outcome] = Counter()
    hours: Counter[tuple[int, Outcome]] = Counter()
    for tally, count in tallies.items():
        of[tally.outcome] += count
        hours[tally.hour, tally.outcome] += count
    waits = _waits(tallies, drawn.answer_within)
    return Today(
        sum(of[one] for one in arrivals),
        waits.answered,
        waits.abandoned,
        sum(of[one] for one in TURNED_AWAY),
        waits.answered_within,
        _share(*drawn.formula.compute(waits)),
        [
            Hour(
                hour,
                sum(hours[hour, one] for one in arrivals),
                hours[hour, Outcome.ANSWERED],
                hours[hour, Outcome.ABANDONED],
            )
            for hour in range(HOURS)
        ],
    )


def _share(met: int, of: int) -> float | None:
    return met / of if of else None


def _waits(tallies: Counter[Tally], within: int) -> Waits:
    def counted(outcomes: frozenset[Outcome], upto: int = LONGEST_WAIT) -> int:
        return sum(count for one, count in tallies.items() if one.outcome in outcomes and one.seconds <= upto)

    answered, abandoned = frozenset({Outcome.ANSWERED}), frozenset({Outcome.ABANDONED})
    queued = answered | abandoned | TURNED_AWAY
    return Waits(
        queued=counted(queued),
        answered=counted(answered),
        abandoned=counted(abandoned),
        queued_within=counted(queued, within),
        answered_within=counted(answered, within),
        abandoned_within=counted(abandoned, within),
        abandoned_short=counted(abandoned, SHORT),
    )


def _callers(live: Live, groups: set[str], only: str | None, drawn: Drawn) -> list[Caller]:
    queued = [(place, one) for name in sorted(groups) for place, one in enumerate(live.queue(name), 1)]
    queued.sort(key=lambda found: found[1].waits_since)
    others = [one for one in live.callers.values() if one.state != "waiting" and (only is None or one.group in groups)]
    others.sort(key=lambda one: (one.state, -one.since))
    return [_caller(one, place, drawn) for place, one in queued] + [_caller(one, None, drawn) for one in others]


def _caller(one: CallerNow, place: int | None, drawn: Drawn) -> Caller:
    return Caller(
        one.call,
        one.state,
        place,
        one.group,
        drawn.group(one.group) if one.group else "",
        one.number,
        one.region,
        one.hotline,
        one.since if one.state == "talking" else one.waits_since,
        [drawn.agent(name) for name in (one.agents or ((one.pulled,) if one.pulled else ()))],
        one.arrived is None and one.number != "",
    )


def _agents(live: Live, agents: set[str], groups: Sequence[str], now: int, drawn: Drawn) -> list[AgentRow]:
    found = [live.agents[name] for name in agents if name in live.agents]
    found.sort(key=lambda one: (_DOING.index(one.state), one.since, one.agent))
    return [_agent(live, one, groups, now, drawn) for one in found]


def _agent(live: Live, one: AgentNow, groups: Sequence[str], now: int, drawn: Drawn) -> AgentRow:
    caller = live.callers.get(one.call)
    own = [name for name in groups if one.agent in live.groups[name].members]
    return AgentRow(
        one.agent,
        drawn.agent(one.agent),
        one.state,
        one.reason,
        one.since,
        one.call,
        caller.number if caller else "",
        [drawn.group(name) for name in own],
        live.answered_by(one.agent, groups, now),
    )
