from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.domain.callbacks import CallbackTerms, Window, closes, opens

CHINA = ZoneInfo("Asia/Shanghai")
TERMS: dict[str, Any] = {"show": "02161234567", "trunk": "carrier"}


def window(days: str, begin: str, end: str) -> Window:
    return Window.model_validate({"days": days.split(), "from": begin, "to": end})


def at(text: str) -> int:
    """Of the week that begins on Monday, 2 March 2026."""
    return int(datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=CHINA).timestamp()) * 1000


OFFICE = (window("mon tue wed thu fri", "09:00", "12:00"), window("mon tue wed thu", "13:30", "18:00"))


@pytest.mark.parametrize(
    ("now", "opening", "closing"),
    [
        ("02 08:59", "02 09:00", None),
        ("02 09:00", "02 09:00", "02 12:00"),
        ("02 11:59:59", "02 11:59:59", "02 12:00"),
        ("02 12:00", "02 13:30", None),
        ("02 18:00", "03 09:00", None),
        ("06 12:00", "09 09:00", None),
        ("08 23:59", "09 09:00", None),
    ],
)
def test_when_a_window_is_open(now: str, opening: str, closing: str | None) -> None:
    assert opens(OFFICE, at(now)) == at(opening)
    assert closes(OFFICE, at(now)) == (closing and at(closing))


def test_a_window_of_one_day_a_week_comes_again() -> None:
    assert opens((window("mon", "09:00", "10:00"),), at("02 10:00")) == at("09 09:00")


def test_without_windows_always() -> None:
    assert (opens((), 7), closes((), 7)) == (7, None)


def test_a_window_may_end_with_the_day() -> None:
    assert closes((window("mon", "20:00", "24:00"),), at("02 23:59")) == at("03 00:00")


@pytest.mark.parametrize("show", ["4008001234", "864008001234", "+864008001234", "8008101234", "04008001234"])
def test_a_400_number_is_never_shown(show: str) -> None:
    with pytest.raises(ValidationError, match="for incoming calls only"):
        CallbackTerms(**{**TERMS, "show": show})


@pytest.mark.parametrize("wrong", [("18:00", "09:00"), ("09:00", "09:00"), ("9:00", "18:00"), ("09:00", "24:01")])
def test_a_window_that_is_none(wrong: tuple[str, str]) -> None:
    with pytest.raises(ValidationError):
        window("mon", *wrong)
