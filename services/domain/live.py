"""An account as it is now: a picture taken at one entry of the stream of live events, and each entry after it.

docs/live.md says what is counted. Times are milliseconds since 1970.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple, cast

from services.domain.agents import State
from services.domain.waiting import urgency

CHINA_MS = 8 * 3_600_000
DAY_MS = 24 * 3_600_000

Fields = Mapping[str, str]
CallerState = Literal["waiting", "ringing", "talking"]


class Outcome(StrEnum):
    """Counted of callers in queues."""

    ARRIVED = "arrived"
    CAME_OVER = "came_over"
    """From another queue."""
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    OVERFLOW = "overflow"
    KEY = "key"
    CLOSED = "closed"
    FULL = "full"
    UNANSWERED = "unanswered"


TURNED_AWAY = frozenset({Outcome.OVERFLOW, Outcome.KEY, Outcome.CLOSED, Outcome.FULL, Outcome.UNANSWERED})


class Stale(Exception):  # noqa: N818 - nothing failed: a picture has to be taken anew
    """An entry tells of somebody who is not in the picture."""


class Tally(NamedTuple):
    hour: int
    outcome: Outcome
    seconds: int
    """That were waited, begun ones included; 3600 for all waits beyond."""


@dataclass(frozen=True, slots=True)
class AgentNow:
    agent: str
    state: State
    reason: str
    since: int
    call: str
    """Empty: none."""


@dataclass(frozen=True, slots=True)
class CallerNow:
    call: str
    group: str
    number: str
    """Empty when withheld."""
    hotline: str
    region: str
    """Of the number, ``广东深圳``; empty when it is not known."""
    state: CallerState
    since: int
    """When the state began; of who waits, when it arrived or was last offered to somebody."""
    priority: int
    joined: int
    """When its age in the queue began."""
    arrived: int | None
    """Since when it is in queues on the line; None: it is called back, or an agent was named for it."""
    agents: tuple[str, ...]
    pulled: str
    """The agent it is offered to next, and to nobody else; empty: to anybody."""

    @property
    def waits_since(self) -> int:
        return self.joined if self.arrived is None else self.arrived


@dataclass(slots=True)
class GroupNow:
    members: tuple[str, ...]
    day: int
    """Since 1970, in China: what is counted is of this day."""
    tallies: Counter[Tally] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    """Callers, by the agent who answered."""


@dataclass(slots=True)
class Live:
    account: str
    position: str
    """The last entry that is in it."""
    groups: dict[str, GroupNow]
    agents: dict[str, AgentNow]
    callers: dict[str, CallerNow]

    def apply(self, entry: str, fields: Fields) -> bool:
        """Whether the entry changed anything: those that are in the picture already do not.

        After Stale the picture is of no use any more.
        """
        if order(entry) <= order(self.position):
            return False
        self.position = entry
        if fields.get("account") != self.account:
            return False
        match fields.get("of"):
            case "agent":
                self._agent(fields)
            case "caller":
                self._caller(fields)
            case "group":
                raise Stale(fields.get("group", ""))
            case _:
                return False
        return True

    def queue(self, group: str) -> list[CallerNow]:
        """Who waits, who is next first."""
        waiting = [one for one in self.callers.values() if one.group == group and one.state == "waiting"]
        return sorted(waiting, key=lambda one: (*urgency(one.priority, one.joined), one.call))

    def counted(self, groups: Iterable[str], now: int) -> Counter[Tally]:
        """Of the day that ``now`` is in."""
        total: Counter[Tally] = Counter()
        for name in groups:
            group = self.groups[name]
            if group.day == day_of(now):
                total.update(group.tallies)
        return total

    def answered_by(self, agent: str, groups: Iterable[str], now: int) -> int:
        """Callers, on the day that ``now`` is in."""
        today = day_of(now)
        return sum(self.groups[name].answered[agent] for name in groups if self.groups[name].day == today)

    def _agent(self, fields: Fields) -> None:
        name, state = fields["agent"], fields["state"]
        if name not in self.agents or state == "gone":
            raise Stale(name)
        self.agents[name] = AgentNow(name, State(state), fields["reason"], int(fields["since"]), fields["call"])

    def _caller(self, fields: Fields) -> None:
        call, group = fields["call"], fields["group"]
        if group and group not in self.groups:
            raise Stale(group)
        before = self.callers.pop(call, None)
        if fields.get("counted"):
            self._count(group, fields, before)
        if fields["state"] != "left":
            self.callers[call] = caller_of(call, fields)

    def _count(self, group: str, fields: Fields, before: CallerNow | None) -> None:
        day, hour, outcome, seconds, by = fields["counted"].split()
        kept = self.groups[group]
        if int(day) > kept.day:
            kept.day, kept.tallies, kept.answered = int(day), Counter(), Counter()
        if int(day) < kept.day:
            return
        kept.tallies[tally(hour, outcome, seconds)] += int(by)
        if outcome == Outcome.ANSWERED:
            who = fields["agents"].split() if int(by) > 0 else before.agents if before else ()
            kept.answered.update({agent: int(by) for agent in who})


def caller_of(call: str, fields: Fields) -> CallerNow:
    """From an entry's fields, or those of the hash in Redis, which have the same names."""
    arrived = fields.get("arrived", "")
    return CallerNow(
        call,
        fields["group"],
        fields.get("number", ""),
        fields.get("hotline", ""),
        fields.get("region", ""),
        cast("CallerState", fields["state"]),
        int(fields["since"]),
        int(fields["priority"]),
        int(fields["joined"]),
        int(arrived) if arrived else None,
        tuple(fields["agents"].split()),
        fields.get("pulled", ""),
    )


def tally(hour: str, outcome: str, seconds: str) -> Tally:
    return Tally(int(hour), Outcome(outcome), int(seconds))


def day_of(at: int) -> int:
    return (at + CHINA_MS) // DAY_MS


def order(entry: str) -> tuple[int, int]:
    """Sorts ids of entries."""
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number or 0)
