"""The classes by which waits and talks are counted.

Up to a minute each whole second is a class of its own, so that a service level within so many seconds is exact.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

WAIT_EDGES_S: Final = (*range(61), *range(70, 301, 10), *range(360, 1801, 60), 3600)
"""Upper edges, in seconds, each in its class; the class after the last one is of whatever is longer."""
TALK_EDGES_S: Final = (
    *(10, 20, 30, 45, 60, 90, 120, 150, 180, 240, 300, 360, 420, 480, 540, 600),
    *(720, 900, 1200, 1800, 2700, 3600),
)
SHOWN_WAITS_S: Final = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
"""Edges of the wait distribution that people are shown."""


def bin_of(ms: int, edges_s: Sequence[int]) -> int:
    """The class: 0 … len(edges_s)."""
    return bisect_left(edges_s, -(-ms // 1000))


def within(seconds: int) -> int:
    """The last class of waits that are no longer than that; ValueError when no class ends there."""
    found = bisect_left(WAIT_EDGES_S, seconds)
    if found == len(WAIT_EDGES_S) or WAIT_EDGES_S[found] != seconds:
        raise ValueError(f"{seconds} s: expected 0 to 60, or up to 300 by tens, up to 1800 by sixties, or 3600")
    return found


def coarser(edge: int, edges_s: Sequence[int], shown_s: Sequence[int]) -> int:
    """The class among ``shown_s``, which are edges too, that the class ``edge`` of ``edges_s`` is part of."""
    return bisect_left(shown_s, edges_s[edge]) if edge < len(edges_s) else len(shown_s)
