"""Which days are worked: China's holidays and moved working days (调休), and a company's own exceptions."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

import chinese_calendar
from pydantic import Field, model_validator

from services.domain.model import DocumentModel, Id

DayKind = Literal["working_day", "weekend", "holiday"]
_SATURDAY = 5
Days = Annotated[list[date], Field(max_length=1000, default_factory=list)]


class Calendar(DocumentModel):
    """The days that a base has otherwise, or does not have yet."""

    kind: Literal["calendar"]
    id: Id
    account: Id | None = None
    """Whose it is, and nobody else's to name; left out: everybody's."""
    base: Literal["china", "weekdays"] = "china"
    """``china``: holidays and moved working days as the State Council publishes them, one year ahead at most;
    ``weekdays``: Monday to Friday are worked, and there are no holidays."""
    holidays: Days
    working_days: Days

    @model_validator(mode="after")
    def _one_kind_each(self) -> "Calendar":
        for key, days in (("holidays", self.holidays), ("working_days", self.working_days)):
            if twice := [day for day, count in Counter(days).items() if count > 1]:
                raise ValueError(f"{min(twice)} is twice among '{key}'")
        if both := sorted(set(self.holidays) & set(self.working_days)):
            raise ValueError(f"{both[0]} is among 'holidays' and among 'working_days'")
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        if self.account is not None:
            yield "account", "account", self.account


@dataclass(frozen=True, slots=True)
class Day:
    kind: DayKind
    published: bool = True
    """False when nobody has said yet what this year's holidays are: the weekday counts."""


CHINA = Calendar(kind="calendar", id="china", holidays=[], working_days=[])


def day(at: date, calendar: Calendar = CHINA) -> Day:
    if at in calendar.holidays:
        return Day("holiday")
    if at in calendar.working_days:
        return Day("working_day")
    if calendar.base == "weekdays":
        return Day(_by_weekday(at))
    found = _in_china(at)
    return found if found.published or not _has(calendar, at.year) else Day(found.kind)


def _has(calendar: Calendar, year: int) -> bool:
    """Somebody who has entered a holiday of a year has entered them all."""
    return any(holiday.year == year for holiday in calendar.holidays)


def _by_weekday(at: date) -> DayKind:
    return "weekend" if at.weekday() >= _SATURDAY else "working_day"


@lru_cache(maxsize=4096)
def _in_china(at: date) -> Day:
    """A holiday is one of the published days off, the weekends among them included; other weekends are ``weekend``."""
    try:
        free, name = chinese_calendar.get_holiday_detail(at)
    except NotImplementedError:
        return Day(_by_weekday(at), published=False)
    if free and name:
        return Day("holiday")
    return Day("weekend" if free else "working_day")
