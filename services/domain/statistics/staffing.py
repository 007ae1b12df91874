"""What if there had been more agents: recorded calls to one group, replayed as they were and with others.

Times are milliseconds since 1970, durations milliseconds.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from services.domain.distribution import Candidate
from services.domain.documents import Strategy
from services.domain.statistics import erlang
from services.domain.statistics.bins import WAIT_EDGES_S, bin_of
from services.domain.statistics.erlang import Staffed
from services.domain.statistics.figures import Figures
from services.domain.statistics.patience import Patience, estimate
from services.domain.statistics.replay import Arrival, Outcome, Replayed, Shift, replay
from services.domain.statistics.service_level import Level, counted, levels


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call that came to the group. ``handling`` and ``ringing`` are None unless it was answered."""

    call_id: str
    at: int
    wait: int
    outcome: Outcome
    handling: int | None
    ringing: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """A time of one day."""

    begin: int
    end: int

    def __contains__(self, at: int) -> bool:
        return self.begin <= at < self.end


@dataclass(frozen=True, slots=True)
class Terms:
    """What the service level is measured by."""

    threshold_s: int
    short_s: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """What came of the calls of the windows."""

    figures: Figures
    levels: Sequence[Level]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Erlang C is None where there was nothing to compute it of, and where the queue would grow for ever."""

    recorded: Outlook
    as_it_was: Outlook
    """The same arrivals and agents, replayed: how far it is from what was recorded says how good the model is."""
    changed: Outlook
    agents: float
    """On average, there at once in those windows in which anybody called."""
    extra: int
    erlang_as_it_was: Staffed | None
    erlang_changed: Staffed | None
    erlang_needed: Staffed | None
    """For 80 % within the threshold."""


@dataclass(frozen=True, slots=True)
class Team:
    """The group's agents, and when they were there."""

    shifts: Sequence[Shift]
    strategy: Strategy
    members: Mapping[str, Candidate]


TARGET = 0.8


def what_if(calls: Sequence[Recorded], team: Team, windows: Sequence[Window], extra: int, terms: Terms) -> WhatIf:
    """``extra`` agents more in each of the windows."""
    coming = arrivals(calls)
    more = [Shift(f"+{number}", one.begin, one.end) for one in windows for number in range(1, extra + 1)]
    inside = [call for call in calls if any(call.at in window for window in windows)]
    before, after = (
        _figures(replay(coming, shifts, team.strategy, team.members), windows, terms)
        for shifts in (team.shifts, [*team.shifts, *more])
    )
    served = [window for window in windows if any(call.at in window for call in calls)]
    hours = sum(window.end - window.begin for window in served)
    agents = _present(team.shifts, served) / hours if hours else 0.0
    handling = [call.handling for call in inside if call.handling is not None]
    rate, aht = (len(inside) / hours, fmean(handling)) if handling and hours else (0.0, 0.0)
    threshold = terms.threshold_s * 1000
    known = bool(handling)
    return WhatIf(
        recorded=_figures(
            (Replayed(one.at, one.wait, one.outcome, one.handling or 0) for one in calls), windows, terms
        ),
        as_it_was=before,
        changed=after,
        agents=agents,
        extra=extra,
        erlang_as_it_was=erlang.staffed(round(agents), rate, aht, threshold) if known else None,
        erlang_changed=erlang.staffed(round(agents) + extra, rate, aht, threshold) if known else None,
        erlang_needed=erlang.needed(rate, aht, threshold, TARGET) if known else None,
    )


def arrivals(calls: Sequence[Recorded]) -> list[Arrival]:
    """What was not seen of a call is drawn from those of which it was, the same each time for the same calls.

    Patience of those answered: from Kaplan and Meier's estimate, longer than they waited. Handling of those who were
    not: one of the recorded. Until a phone is picked up: the median.
    """
    patience = estimate((call.wait, call.outcome == "abandoned") for call in calls)
    handling = sorted(call.handling for call in calls if call.handling is not None)
    rung = [call.ringing for call in calls if call.ringing is not None]
    pickup = round(median(rung)) if rung else 0
    return [_arrival(call, patience, handling, pickup) for call in calls]


def _arrival(call: Recorded, patience: Patience, handling: Sequence[int], pickup: int) -> Arrival:
    stays, takes = _chances(call.call_id)
    answered = call.outcome == "answered"
    drawn = handling[int(takes * len(handling))] if handling else 0
    return Arrival(
        call_id=call.call_id,
        at=call.at,
        patience=patience.drawn(call.wait, stays) if answered else call.wait,
        leaves="abandoned" if answered else call.outcome,
        handling=drawn if call.handling is None else call.handling,
        pickup=pickup,
    )


def _chances(call_id: str) -> tuple[float, float]:
    digest = hashlib.blake2s(call_id.encode(), digest_size=16).digest()
    # 53 bits: as many as a float has, so that none is rounded up to 1.
    first, second = (int.from_bytes(half) >> 11 for half in (digest[:8], digest[8:]))
    return first / 2**53, second / 2**53


def constant(agents: int, windows: Iterable[Window]) -> list[Shift]:
    return [Shift(f"#{number}", one.begin, one.end) for one in windows for number in range(1, agents + 1)]


def _present(shifts: Iterable[Shift], windows: Sequence[Window]) -> int:
    """Agents' milliseconds in the windows; who is in two shifts at once counts once."""
    by_agent = defaultdict(list)
    for shift in shifts:
        by_agent[shift.agent].append(shift)
    found = 0
    for window in windows:
        for own in by_agent.values():
            reached = window.begin
            for shift in sorted(own, key=lambda one: one.begin):
                begin, end = max(shift.begin, reached), min(shift.end, window.end)
                found += max(0, end - begin)
                reached = max(reached, end)
    return found


def _figures(calls: Iterable[Replayed], windows: Sequence[Window], terms: Terms) -> Outlook:
    inside = [one for one in calls if any(one.at in window for window in windows)]
    by_class: dict[int, list[Replayed]] = defaultdict(list)
    for one in inside:
        by_class[bin_of(one.wait, WAIT_EDGES_S)].append(one)
    figures = {key: _summed(some) for key, some in by_class.items()}
    return Outlook(_summed(inside), levels(counted(figures, terms.threshold_s, terms.short_s)))


def _summed(calls: Sequence[Replayed]) -> Figures:
    answered = [one for one in calls if one.outcome == "answered"]
    abandoned = sum(one.outcome == "abandoned" for one in calls)
    waited, handled = (sum(getattr(one, name) for one in answered) for name in ("wait", "handling"))
    return Figures(len(calls), len(answered), abandoned, waited, handled)
