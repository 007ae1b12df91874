"""Callers who wait: who is before whom, how long it will take, and whether what was announced came true."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

MINUTE = 60_000
RECENT_MS = 30 * MINUTE
"""Throughput is that of the last half hour."""
FEWEST_SERVED = 3
"""Out of fewer answers no throughput is made."""
FEWEST_SCORES = 10
GOOD_SHARE = 0.6
"""An honest band, one deviation to either side, holds about two times in three."""


def urgency(priority: int, joined: int) -> tuple[int, int]:
    """Sorts callers: higher priority first, then who joined first (milliseconds since 1970)."""
    return -priority, joined


@dataclass(frozen=True, slots=True)
class Band:
    """From so many to so many milliseconds from now."""

    least: int
    most: int

    @property
    def middle(self) -> int:
        return (self.least + self.most) // 2


def estimate(position: int, served: Sequence[int], now: int) -> Band | None:
    """How long the caller at ``position`` (from 1) will wait. ``served``: when callers were answered, in any order.

    Answers come as a Poisson process would bring them: the k-th one takes k times the mean gap, with a deviation of √k
    gaps. The band is one deviation to either side, widened to whole minutes, which is what is announced. None: too few
    were answered within half an hour to tell.
    """
    recent = [at for at in served if now - RECENT_MS < at <= now]
    if len(recent) < FEWEST_SERVED:
        return None
    gap = (now - min(recent)) / (len(recent) - 1)
    mean, deviation = position * gap, sqrt(position) * gap
    least = int((mean - deviation) // MINUTE) * MINUTE
    return Band(least, max(ceil((mean + deviation) / MINUTE), 1) * MINUTE)


def came_true(band: Band, waited: int, *, answered: bool) -> bool | None:
    """Whether what was said ``waited`` milliseconds ago held when the caller was answered or left.

    None: nobody can tell, because the caller left before the band was over.
    """
    if answered:
        return band.least <= waited <= band.most
    return None if waited <= band.most else False


def trusted(scores: Sequence[bool]) -> bool:
    """Whether waiting times are worth announcing, after how the last ones came true. Too few scores: yes."""
    return len(scores) < FEWEST_SCORES or sum(scores) / len(scores) >= GOOD_SHARE
