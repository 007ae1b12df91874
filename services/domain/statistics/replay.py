"""Recorded arrivals at one group, replayed with other agents: first come, first served, by the group's own strategy.

Times are milliseconds since 1970, durations milliseconds.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from services.domain.distribution import Candidate, order
from services.domain.documents import Strategy
from services.domain.statistics.patience import NEVER

Outcome = Literal["answered", "abandoned", "elsewhere"]
_BEGIN, _FREE, _END, _ARRIVAL = range(4)
"""What happens at one time happens in this order."""
_SEED: Final = 400


@dataclass(frozen=True, slots=True)
class Arrival:
    call_id: str
    at: int
    patience: float
    """For how long the caller stays."""
    leaves: Outcome
    """What it is when nobody has answered by then."""
    handling: int
    """For how long an agent is taken: talk and wrap-up."""
    pickup: int = 0
    """From the offer until the agent has picked up."""


@dataclass(frozen=True, slots=True)
class Shift:
    """An agent is there for this group's callers; a call that was begun is finished after it."""

    agent: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Replayed:
    at: int
    wait: int
    outcome: Outcome
    handling: int


@dataclass(slots=True)
class _Agent:
    candidate: Candidate
    shifts: int = 0
    """How many of its shifts go on: at two at once it is there until both are over."""
    taken: bool = False


def replay(
    arrivals: Iterable[Arrival],
    shifts: Sequence[Shift],
    strategy: Strategy,
    members: Mapping[str, Candidate],
) -> list[Replayed]:
    """What would have become of each, in the order of arrival. ``members``: the group's list; others come after it."""
    return _Replay(shifts, strategy, members).run(sorted(arrivals, key=lambda one: (one.at, one.call_id)))


class _Replay:
    def __init__(self, shifts: Sequence[Shift], strategy: Strategy, members: Mapping[str, Candidate]) -> None:
        names = sorted({shift.agent for shift in shifts})
        self._agents = {
            name: _Agent(members.get(name, Candidate(name, len(members) + number))) for number, name in enumerate(names)
        }
        self._ready: dict[str, Candidate] = {}
        self._strategy: Strategy = strategy
        self._draw = Random(_SEED).randrange  # noqa: S311 - the same each time is what is wanted
        self._last = 0
        self._events: list[tuple[int, int, int, str]] = []
        for number, shift in enumerate(shifts):
            self._events.append((shift.begin, _BEGIN, number, shift.agent))
            self._events.append((shift.end, _END, number, shift.agent))
        heapq.heapify(self._events)
        self._waiting: deque[int] = deque()
        self._found: dict[int, Replayed] = {}

    def run(self, arrivals: Sequence[Arrival]) -> list[Replayed]:
        self._arrivals = arrivals
        for number, arrival in enumerate(arrivals):
            heapq.heappush(self._events, (arrival.at, _ARRIVAL, number, ""))
        while self._events:
            now, event, number, agent = heapq.heappop(self._events)
            self._last = now
            if event == _ARRIVAL:
                self._waiting.append(number)
            else:
                self._changed(self._agents[agent], event, now)
            self._match(now)
        for number in self._waiting:
            self._leave(number)
        return [self._found[number] for number in range(len(arrivals))]

    def _changed(self, agent: _Agent, event: int, now: int) -> None:
        agent.shifts += {_BEGIN: 1, _END: -1}.get(event, 0)
        if event == _FREE:
            agent.taken = False
        name = agent.candidate.agent
        if agent.taken or not agent.shifts:
            self._ready.pop(name, None)
        elif name not in self._ready:
            agent.candidate = self._ready[name] = replace(agent.candidate, ready_since=now)

    def _match(self, now: int) -> None:
        while self._waiting and self._ready:
            number = self._waiting.popleft()
            arrival = self._arrivals[number]
            if arrival.at + arrival.patience < now:
                self._leave(number)
            else:
                self._offer(number, arrival, now)

    def _offer(self, number: int, arrival: Arrival, now: int) -> None:
        start = number % len(self._agents)
        chosen = order(self._strategy, self._ready.values(), draw=self._draw, start=start)[0]
        agent = self._agents[chosen.agent]
        del self._ready[chosen.agent]
        agent.taken = True
        wait = now - arrival.at + arrival.pickup
        free = now + arrival.pickup + arrival.handling
        if wait > arrival.patience:  # while the phone rang
            self._leave(number)
            free = arrival.at + int(arrival.patience)
        else:
            self._found[number] = Replayed(arrival.at, wait, "answered", arrival.handling)
            agent.candidate = replace(agent.candidate, answered=agent.candidate.answered + 1)
        heapq.heappush(self._events, (max(free, now), _FREE, number, chosen.agent))

    def _leave(self, number: int) -> None:
        arrival = self._arrivals[number]
        wait = self._last - arrival.at if arrival.patience == NEVER else int(arrival.patience)
        self._found[number] = Replayed(arrival.at, wait, arrival.leaves, 0)
