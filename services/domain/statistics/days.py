"""Days in China, as numbers: ``date.toordinal()``. China has kept UTC+8 all the year since 1992."""

from collections.abc import Iterator
from datetime import date, timedelta
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


def month_of(day: int) -> int:
    """The month of the day, as a number that no day has: below 0."""
    of = date.fromordinal(day)
    return -(12 * of.year + of.month - 1)


def spans(first: int, last: int) -> list[int]:
    """The whole months between two days, both in it, and the days that are left over."""
    found: list[int] = []
    day = first
    while day <= last:
        of = date.fromordinal(day)
        following = (of.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal()
        whole = of.day == 1 and following <= last + 1
        found.append(month_of(day) if whole else day)
        day = following if whole else day + 1
    return found
