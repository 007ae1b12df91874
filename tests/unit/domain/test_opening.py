"""When a hotline is open: by weekday, by China's holidays and moved working days, and over midnight."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.domain.opening import OpeningHours, hours_of, is_open, problems

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
    ("rows", "special", "expected"),
    [
        ([(["mon"], ["09:00-12:00", "11:00-13:00"])], {}, ["open.0.hours.1: overlaps with 09:00-12:00 on mon"]),
        ([(["mon"], ["09:00-12:00", "12:00-13:00"])], {}, []),
        ([(["mon"], ["20:00-02:00", "23:00-24:00"])], {}, ["open.0.hours.1: overlaps with 20:00-02:00 on mon"]),
        (
            [(["mon", "tue"], ["09:00-12:00"]), (["wed", "tue", "mon"], ["08:00-10:00"])],
            {},
            ["open.0.hours.0: overlaps with 08:00-10:00 on mon, tue"],
        ),
        (
            [(["mon"], ["08:00-20:00", "09:00-10:00", "11:00-12:00"])],
            {},
            [f"open.0.hours.{row}: overlaps with 08:00-20:00 on mon" for row in (1, 2)],
        ),
        ([(["mon"], ["22:00-06:00"]), (["tue"], ["06:00-07:00"])], {}, []),
        (
            [(["mon"], ["22:00-06:00"]), (["tue"], ["05:00-07:00"])],
            {},
            ["open.1.hours.0: overlaps with 22:00-06:00 on mon"],
        ),
        (
            [(["weekend"], ["05:00-07:00", "22:00-06:00"])],
            {},
            ["open.0.hours.0: overlaps with 22:00-06:00 on weekend"],
        ),
        ([(["working_day"], ["09:00-18:00"]), (["sat"], ["10:00-16:00"])], {}, []),
        (
            [(["mon"], ["09:00-12:00"])],
            {"2026-03-02": ["09:00-12:00", "09:00-10:00"]},
            ["special.0.hours.0: overlaps with 09:00-10:00"],
        ),
    ],
)
def test_hours_that_overlap_are_told(
    rows: list[tuple[list[str], list[str]]], special: dict[str, list[str]], expected: list[str]
) -> None:
    assert told(opening(*rows, special=special)) == expected


def told(hours: OpeningHours, zone: ZoneInfo = SHANGHAI) -> list[str]:
    return [f"{key}: {expected}" for key, _, expected in problems(hours, zone)]


def test_a_day_is_special_once() -> None:
    twice = {"open": [{"days": ["mon"], "hours": ["09:00-12:00"]}], "special": [{"date": "2026-03-02"}] * 2}
    assert told(OpeningHours.model_validate(twice)) == ["special.1.date: is special already: special.0"]


def test_a_time_that_the_clock_is_put_forward_over() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    march = {"2026-03-29": ["02:30-04:00"], "2026-03-28": ["22:00-02:15"]}
    in_march = opening((["mon"], ["02:30-03:00"]), special=march)
    assert told(in_march, berlin) == [
        "special.0.hours.0: there is no 02:30 then in Europe/Berlin: clocks are put forward",
        "special.1.hours.0: there is no 02:15 then in Europe/Berlin: clocks are put forward",
    ]
    assert told(in_march) == []
    assert told(opening((["mon"], ["02:30-03:00"]), special={"2026-10-25": ["02:30-24:00"]}), berlin) == []


@pytest.mark.parametrize("hours", ["24:30-25:00", "9:00-12:00", "09:00", "23:60-24:00", "09:00-09:61"])
def test_times_that_there_are_not_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match=r"there is no|expected hours of a day"):
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
