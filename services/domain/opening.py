"""Opening hours: on which days, and at which hours of them, by the clock at the hotline."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from services.domain import clock
from services.domain.calendar import CHINA, Calendar, DayKind, day
from services.domain.clock import DAY_MINUTES
from services.domain.model import Model
from services.domain.tariff import Hours

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


class Opening(Model):
    """Open on these days at these hours.

    ``working_day``, ``weekend`` and ``holiday`` are the calendar's, moved working days included; ``mon`` … ``sun`` are
    that weekday whatever the calendar says of it, holidays apart.
    """

    days: Annotated[list[DayKind | Weekday], Field(min_length=1)]
    hours: Annotated[list[Hours], Field(min_length=1, max_length=24)]


class SpecialDay(Model):
    """A day with hours of its own; none: closed."""

    date: date
    hours: Annotated[list[Hours], Field(max_length=24, default_factory=list)]


class OpeningHours(Model):
    open: Annotated[list[Opening], Field(min_length=1, max_length=50)]
    special: Annotated[list[SpecialDay], Field(max_length=1000, default_factory=list)]
    """Instead of what would hold on these days."""

    @model_validator(mode="after")
    def _no_overlap(self) -> "OpeningHours":
        for name in (*WEEKDAYS, *get_args(DayKind)):
            rows = [hours for row in self.open if name in row.days for hours in row.hours]
            if twice := _overlap(rows):
                raise ValueError(f"on {name} {twice[0]} and {twice[1]} overlap")
        seen = set()
        for special in self.special:
            if twice := _overlap(special.hours):
                raise ValueError(f"on {special.date} {twice[0]} and {twice[1]} overlap")
            if special.date in seen:
                raise ValueError(f"{special.date} is special twice")
            seen.add(special.date)
        return self


def is_open(hours: OpeningHours, at: int, zone: ZoneInfo, calendar: Calendar = CHINA) -> bool:
    """``at``: milliseconds since 1970. Hours over midnight are those of the day on which they begin."""
    now = clock.moment(at, zone)
    today = _pieces(hours_of(hours, now.day, calendar))
    yesterday = _pieces(hours_of(hours, now.day - timedelta(days=1), calendar))
    return any(begin <= now.minute < end for begin, end in today) or any(
        begin <= now.minute + DAY_MINUTES < end for begin, end in yesterday
    )


def hours_of(hours: OpeningHours, at: date, calendar: Calendar = CHINA) -> Sequence[str]:
    for special in hours.special:
        if special.date == at:
            return special.hours
    kind = day(at, calendar).kind
    names = {kind} if kind == "holiday" else {kind, WEEKDAYS[at.weekday()]}
    return [text for row in hours.open if names.intersection(row.days) for text in row.hours]


def _pieces(hours: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Minutes from the day's begin; over midnight beyond DAY_MINUTES."""
    for text in hours:
        begin, end = (int(part[:2]) * 60 + int(part[3:]) for part in text.split("-"))
        yield begin, end if begin < end else end + DAY_MINUTES


def _overlap(hours: Sequence[str]) -> tuple[str, str] | None:
    ordered = sorted(zip(_pieces(hours), hours, strict=True))
    for ((_, end), one), ((begin, _), other) in pairwise(ordered):
        if begin < end:
            return one, other
    return None
