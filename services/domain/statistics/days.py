"""Days in China, as numbers: ``date.toordinal()``. China has kept UTC+8 all the year since 1992."""

from collections.abc import Iterator
from datetime import date
from typing import Final

DAY_MS: Final = 86_400_000
_OFFSET_MS: Final = 8 * 3_600_000
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_of(at: int) -> int:
    return (at + _OFFSET_MS) // DAY_MS + _EPOCH


def begin_of(day: int) -> int:
    """Midnight, in milliseconds since 1970."""
    return (day - _EPOCH) * DAY_MS - _OFFSET_MS


def by_day(since: int, until: int) -> Iterator[tuple[int, int]]:
    """The milliseconds of each day that the time has a part of."""
    while since < until:
        day = day_of(since)
        end = min(until, begin_of(day + 1))
        yield day, end - since
        since = end
