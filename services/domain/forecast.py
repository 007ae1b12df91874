"""What an account will have used by some day, by what it used on the days before.

Working days and days off count apart, as China's calendar has them, moved working days included; the day that is going
on has still to come what such a day usually has and it has not had yet. The band is where four of five such sums would
lie if days went on as they have: from how much the days differ, and how few there are to tell by. Amounts are whole
numbers of whatever is counted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import isqrt

from services.domain.calendar import DayKind

LEAST_DAYS = 3
MOST_DAYS = 56
LEAST_OF_A_KIND = 2
HORIZON_DAYS = 365
_Z = 128
"""Hundredths of a standard deviation to each side of four fifths of a normal distribution."""

Kind = Callable[[date], DayKind]


@dataclass(frozen=True, slots=True)
class Days:
    """Those of one kind."""

    count: int
    mean: int
    variance: int


@dataclass(frozen=True, slots=True)
class Pattern:
    working: Days
    off: Days
    days: int
    """That it was read from."""
    apart: bool
    """Whether both kinds were seen often enough to be told apart."""


@dataclass(frozen=True, slots=True)
class Band:
    low: int
    likely: int
    high: int

    @property
    def step(self) -> int:
        """How finely it makes sense to say it: the highest decimal place of half its width, or of a hundredth."""
        return int(10 ** (len(str(max((self.high - self.low) // 2, self.likely // 100, 1))) - 1))

    def coarse(self) -> "Band":
        step = self.step
        return Band(*((value + step // 2) // step * step for value in (self.low, self.likely, self.high)))


@dataclass(frozen=True, slots=True)
class Spent:
    """The days on which it is used up; None: not within HORIZON_DAYS."""

    earliest: date | None
    likely: date | None
    latest: date | None


def pattern(used: Mapping[date, int], first: date, today: date, kind: Kind) -> Pattern | None:
    """``used``: by day; days from ``first`` to yesterday without an entry had nothing. None: too few to tell."""
    begin = max(first, today - timedelta(MOST_DAYS))
    every = [(kind(day), used.get(day, 0)) for day in _days(begin, today)]
    if len(every) < LEAST_DAYS:
        return None
    working = [amount for one, amount in every if one == "working_day"]
    off = [amount for one, amount in every if one != "working_day"]
    apart = min(len(working), len(off)) >= LEAST_OF_A_KIND
    if not apart:
        working = off = [amount for _, amount in every]
    return Pattern(_summed(working), _summed(off), len(every), apart)


def rest(known: Pattern, today: date, so_far: int, until: date, kind: Kind) -> Band:
    """What is still to come: of today, which has had ``so_far``, and of the days up to ``until``, not with it."""
    return next((band for day, band in _running(known, today, so_far, kind) if day == until), Band(0, 0, 0))


def spent(  # noqa: PLR0913, PLR0917  # what there is, and what it goes to
    known: Pattern, today: date, so_far: int, left: int, dues: Mapping[date, int], kind: Kind
) -> Spent:
    """When ``left`` is used up; ``dues``: what is owed besides, by day."""
    found: list[date | None] = [None, None, None]
    owed = 0
    for end, band in _running(known, today, so_far, kind):
        day = end - timedelta(1)
        owed += dues.get(day, 0)
        for index, amount in enumerate((band.high, band.likely, band.low)):
            if found[index] is None and amount + owed >= left:
                found[index] = day
        if found[2] is not None or (end - today).days > HORIZON_DAYS:
            break
    return Spent(*found)


def scaled(used: Mapping[date, int], total: int, since: date) -> dict[date, int]:
    """The same shape of days, as high as makes those since then add up to ``total``."""
    seen = sum(amount for day, amount in used.items() if day >= since)
    return {day: amount * total // seen for day, amount in used.items()} if seen else {}


def _running(known: Pattern, today: date, so_far: int, kind: Kind) -> Iterator[tuple[date, Band]]:
    """Up to the begin of each day, from tomorrow on, what is still to come."""
    begun = known.working if kind(today) == "working_day" else known.off
    likely = max(0, begun.mean - so_far)
    ahead = {True: 0, False: 0}
    day = today
    while (day - today).days <= HORIZON_DAYS + 1:
        day += timedelta(1)
        half = _Z * isqrt(sum(_variance(known.working if one else known.off, ahead[one]) for one in ahead)) // 100
        yield day, Band(max(0, likely - half), likely, likely + half)
        of_working = kind(day) == "working_day"
        ahead[of_working] += 1
        likely += (known.working if of_working else known.off).mean


def _variance(days: Days, ahead: int) -> int:
    """Of the sum of so many days ahead: each differs, and so may their mean from the one that was seen."""
    return days.variance * ahead + days.variance * ahead * ahead // days.count


def _summed(amounts: Sequence[int]) -> Days:
    count = len(amounts)
    mean = sum(amounts) // count
    return Days(count, mean, sum((amount - mean) ** 2 for amount in amounts) // max(1, count - 1))


def _days(begin: date, end: date) -> Iterator[date]:
    return (begin + timedelta(number) for number in range((end - begin).days))
