"""How long callers wait before they hang up, from those who did, and from those whom an agent came before.

A caller who was answered would have waited longer: how much longer is not known (censored). Kaplan and Meier's estimate
takes both into account; beyond the longest wait that somebody gave up after, nobody is taken to give up.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Patience:
    """The share of callers who wait longer than ``times[k]`` is ``staying[k]``."""

    times: tuple[int, ...]
    staying: tuple[float, ...]

    def longer_than(self, wait: int) -> float:
        """The share that has not given up by then."""
        found = bisect_right(self.times, wait)
        return self.staying[found - 1] if found else 1.0

    def drawn(self, survived: int, chance: float) -> float:
        """The patience of somebody known to have waited ``survived``; ``chance`` of [0, 1) says which. Or ``NEVER``."""
        left = self.longer_than(survived) * (1 - chance)
        first = bisect_right(self.times, survived)
        found = bisect_right(self.staying, -left, lo=first, key=lambda share: -share)
        return self.times[found] if found < len(self.times) else NEVER


def estimate(waits: Iterable[tuple[int, bool]]) -> Patience:
    """Of waits and whether the caller gave up then."""
    ordered = sorted(waits)
    at_risk, share = len(ordered), 1.0
    times, staying = [], []
    for wait, same in groupby(ordered, key=lambda one: one[0]):
        ended = [gave_up for _, gave_up in same]
        if any(ended):
            share *= 1 - sum(ended) / at_risk
            times.append(wait)
            staying.append(share)
        at_risk -= len(ended)
    return Patience(tuple(times), tuple(staying))
