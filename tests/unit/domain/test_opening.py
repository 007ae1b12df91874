"""When a hotline is open: by weekday, by China's holidays and moved working days, and over midnight."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.domain.opening import OpeningHours, hours_of, is_open

SHANGHAI = ZoneInfo("Asia/Shanghai")


def opening(*rows: tuple[list[str], list[str]], special: dict[str, list[str]] | None = None) -> OpeningHours:
    fields: dict[str, Any] = {"open": [{"days": days, "hours": hours} for days, hours in rows]}
    fields["special"] = [{"date": day, "hours": hours} for day, hours in (special or {}).items()]
    return OpeningHours.model_validate(fields)


OFFICE = opening((["working_day"], ["09:00-12:00", "13:30-18:00"]), (["weekend"], ["10:00-16:00"]))
SHOP = opening((["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ["08:00-22:00"]), (["holiday"], ["10:00-18:00"]))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("time", "open_"),
    [
        ("2026-03-02 08:59:59", False),  # a Monday
        ("2026-03-02 09:00:00", True),
        ("2026-03-02 11:59:59", True),
        ("2026-03-02 12:00:00", False),
        ("2026-03-02 17:59:59", True),
        ("2026-03-07 10:00:00", True),  # a Saturday
        ("2026-03-07 09:30:00", False),
        ("2026-02-14 09:30:00", True),  # a Saturday that is worked for the Spring Festival
        ("2026-02-17 10:30:00", False),  # the Spring Festival's first day
        ("2026-10-01 10:30:00", False),
    ],
)
def test_an_office(time: str, open_: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_open(OFFICE, at(time), SHANGHAI) is open_


def test_a_weekday_is_itself_but_on_holidays() -> None:
    assert is_open(SHOP, at("2026-02-14 21:00:00"), SHANGHAI), "a Saturday, whether worked or not"
    assert not is_open(SHOP, at("2026-02-17 21:00:00"), SHANGHAI), "a Tuesday, but the Spring Festival"
    assert is_open(SHOP, at("2026-02-17 10:00:00"), SHANGHAI)


def test_a_special_day_is_what_it_says() -> None:
    hours = opening((["working_day"], ["09:00-18:00"]), special={"2026-03-02": [], "2026-03-07": ["09:00-11:00"]})
    assert not is_open(hours, at("2026-03-02 10:00:00"), SHANGHAI)
    assert is_open(hours, at("2026-03-07 10:00:00"), SHANGHAI)


def test_hours_over_midnight_are_those_of_the_day_on_which_they_begin() -> None:
    bar = opening((["fri"], ["20:00-02:00"]))
    found = [is_open(bar, at(time), SHANGHAI) for time in ("2026-03-06 01:00", "2026-03-06 23:00", "2026-03-07 01:59")]
    assert found == [False, True, True]
    assert not is_open(bar, at("2026-03-07 02:00"), SHANGHAI)


def test_the_clock_is_the_hotlines() -> None:
    assert not is_open(OFFICE, at("2026-03-02 10:00:00"), ZoneInfo("Europe/Berlin"))
    assert is_open(OFFICE, at("2026-03-02 10:00:00", ZoneInfo("Europe/Berlin")), ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("rows", "special", "sentence"),
    [
        ([(["mon"], ["09:00-12:00", "11:00-13:00"])], {}, "on mon 09:00-12:00 and 11:00-13:00 overlap"),
        ([(["mon"], ["20:00-02:00", "23:00-24:00"])], {}, "on mon 20:00-02:00 and 23:00-24:00 overlap"),
        ([(["mon"], ["09:00-12:00"]), (["mon", "tue"], ["08:00-10:00"])], {}, "08:00-10:00 and 09:00-12:00 overlap"),
        ([(["mon"], ["09:00-12:00"])], {"2026-03-02": ["09:00-12:00", "09:00-10:00"]}, "on 2026-03-02"),
    ],
)
def test_hours_that_overlap_are_refused(
    rows: list[tuple[list[str], list[str]]], special: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        opening(*rows, special=special)


@pytest.mark.parametrize("hours", ["24:30-25:00", "9:00-12:00", "09:00", "23:60-24:00", "09:00-09:61"])
def test_times_that_there_are_not_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError):
        opening((["mon"], [hours]))


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30)))  # noqa: DTZ001 - by the clock on the wall
def test_an_office_is_open_when_a_piece_of_its_day_is(moment: datetime) -> None:
    minute = f"{moment:%H:%M}"
    pieces = [text.split("-") for text in hours_of(OFFICE, moment.date())]
    expected = any(begin <= minute < end for begin, end in pieces)
    assert is_open(OFFICE, at(moment.isoformat()), SHANGHAI) is expected


def test_a_day_has_the_hours_of_all_rows_that_name_it() -> None:
    hours = opening((["working_day"], ["09:00-12:00"]), (["mon"], ["13:00-14:00"]))
    assert hours_of(hours, date(2026, 3, 2)) == ["09:00-12:00", "13:00-14:00"]
    assert hours_of(hours, date(2026, 3, 3)) == ["09:00-12:00"]
