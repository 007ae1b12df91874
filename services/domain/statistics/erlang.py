"""Erlang C: callers who come at random, wait for as long as it takes, and are handled in exponential times.

Source: A. K. Erlang, 1917. Times are in one unit, whichever; load is in erlang.
"""

import math
from dataclasses import dataclass
from typing import Final

MOST_AGENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Staffed:
    """What so many agents give; ``asa`` in the unit of ``aht``."""

    agents: int
    waiting: float
    """Probability that a caller has to wait."""
    asa: float
    within: float
    """The share that is answered within the threshold."""
    occupancy: float


def probability_of_waiting(agents: int, load: float) -> float:
    """1 where the queue would grow for ever. Erlang B by its recurrence, which overflows nowhere."""
    if load >= agents:
        return 1.0
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


def staffed(agents: int, rate: float, aht: float, threshold: float) -> Staffed | None:
    """``rate``: callers in a unit of time. None where the queue would grow for ever."""
    load = rate * aht
    if load >= agents:
        return None
    if load == 0:
        return Staffed(agents, 0.0, 0.0, 1.0, 0.0)
    waiting = probability_of_waiting(agents, load)
    free = agents - load
    within = 1 - waiting * math.exp(-free * threshold / aht)
    return Staffed(agents, waiting, waiting * aht / free, within, load / agents)


def needed(rate: float, aht: float, threshold: float, target: float) -> Staffed | None:
    """The fewest agents by whom that share is answered within the threshold; None beyond ``MOST_AGENTS``."""
    for agents in range(math.floor(rate * aht) + 1, MOST_AGENTS + 1):
        found = staffed(agents, rate, aht, threshold)
        if found is not None and found.within >= target:
            return found
    return None
