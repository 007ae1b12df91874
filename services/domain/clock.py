"""The time at a hotline: day, minute, and when that which rules look at changes next."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
DAY_SECONDS = DAY_MINUTES * 60


@dataclass(frozen=True, slots=True)
class Moment:
    day: date
    second: int
    """Of the day, as a clock on the wall shows it."""
    offset: timedelta
    """From UTC."""

    @property
    def minute(self) -> int:
        return self.second // 60


def moment(at: int, zone: ZoneInfo) -> Moment:
    """``at``: milliseconds since 1970."""
    return _moment(at // 1000, zone)


@lru_cache(maxsize=4096)
def _moment(second: int, zone: ZoneInfo) -> Moment:
    local = datetime.fromtimestamp(second, UTC).astimezone(zone)
    return Moment(local.date(), (local.hour * 60 + local.minute) * 60 + local.second, local.utcoffset() or timedelta())


def next_change(at: int, zone: ZoneInfo, cuts: tuple[int, ...]) -> int:
    """When, after ``at``, the wall clock next reaches one of ``cuts`` or is put forward or back, in milliseconds.

    ``cuts``: minutes of the day, rising, the last one midnight (``DAY_MINUTES``).
    """
    now = _moment(at // 1000, zone)
    ahead = cuts[bisect_right(cuts, now.minute)] * 60 - now.second
    then = at // 1000 + ahead
    if _moment(then, zone).offset != now.offset:
        then = _shift(at // 1000, then, zone)
    return then * 1000


def _shift(before: int, after: int, zone: ZoneInfo) -> int:
    """The first second after ``before`` with another offset than it has; ``after`` has one."""
    offset = _moment(before, zone).offset
    while after - before > 1:
        middle = (before + after) // 2
        if _moment(middle, zone).offset == offset:
            before = middle
        else:
            after = middle
    return after


def minutes_of(hours: str) -> tuple[tuple[int, int], ...]:
    """The minutes of the day that ``22:00-06:00`` means: pieces (first, first that is no longer in it)."""
    begin, end = (int(text[:2]) * 60 + int(text[3:]) for text in hours.split("-"))
    return ((begin, end),) if begin < end else tuple((a, b) for a, b in ((begin, DAY_MINUTES), (0, end)) if a < b)


def cuts_of(pieces: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Where one of the pieces begins or ends, and midnight."""
    edges = {edge for piece in pieces for edge in piece} | {DAY_MINUTES}
    return tuple(sorted(edges - {0}))


def cells_of(cuts: tuple[int, ...]) -> tuple[int, ...]:
    """A minute between each two neighbouring cuts, the first of them."""
    return tuple(begin for begin, _ in pairwise((0, *cuts)))
