"""The cycles of a package: when the next one begins."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Anchor = Literal["first_day", "renewal_day"]


@dataclass(frozen=True, slots=True)
class Span:
    begin: date
    end: date
    """The first day that is no longer in it."""
    whole: bool = True
    """False for a part of a month, or of a longer cycle, that begins within a month."""

    def __contains__(self, day: date) -> bool:
        return self.begin <= day < self.end


def add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last where it has no such day: 31 January and 1 is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def cycle(origin: date, at: date, months: int, anchor: Anchor) -> Span:
    """The cycle of so many months, counted from ``origin``, that ``at`` is in; ``at`` is not before ``origin``.

    ``first_day``: cycles end with a month; the first begins at ``origin`` all the same, and may be shorter for it.
    ``renewal_day``: cycles begin on the origin's day of the month.
    """
    counted_from = origin.replace(day=1) if anchor == "first_day" else origin
    number = ((at.year - counted_from.year) * 12 + at.month - counted_from.month) // months
    while add_months(counted_from, number * months) > at:
        number -= 1
    begin = max(origin, add_months(counted_from, number * months))
    return Span(begin, add_months(counted_from, (number + 1) * months), number > 0 or counted_from == origin)
