from datetime import date

import pytest

from services.domain.calendar import CHINA, Calendar, Day, day

OWN = Calendar(kind="calendar", id="own", holidays=[date(2026, 3, 2)], working_days=[date(2026, 10, 1)])
WEEKDAYS = Calendar(kind="calendar", id="plain", base="weekdays", holidays=[date(2026, 3, 2)], working_days=[])


@pytest.mark.parametrize(
    ("at", "calendar", "expected"),
    [
        ("2026-03-03", CHINA, Day("working_day")),
        ("2026-10-01", CHINA, Day("holiday")),
        ("2026-10-03", CHINA, Day("holiday")),  # a Saturday of the National Day's week
        ("2026-10-10", CHINA, Day("working_day")),  # a Saturday worked in exchange
        ("2026-03-07", CHINA, Day("weekend")),
        ("2031-10-01", CHINA, Day("working_day", published=False)),
        ("2031-10-04", CHINA, Day("weekend", published=False)),
        ("1999-10-01", CHINA, Day("working_day", published=False)),
        ("2026-03-02", OWN, Day("holiday")),
        ("2026-10-01", OWN, Day("working_day")),
        ("2026-10-02", OWN, Day("holiday")),
        ("2026-10-01", WEEKDAYS, Day("working_day")),
        ("2026-03-02", WEEKDAYS, Day("holiday")),
        ("2031-10-04", WEEKDAYS, Day("weekend")),
    ],
)
def test_day(at: str, calendar: Calendar, expected: Day) -> None:
    assert day(date.fromisoformat(at), calendar) == expected


def test_a_year_somebody_entered_holidays_for_is_known() -> None:
    own = Calendar(kind="calendar", id="own", holidays=[date(2031, 1, 1)], working_days=[])
    assert day(date(2031, 1, 2), own) == Day("working_day")
    assert day(date(2032, 1, 2), own) == Day("working_day", published=False)


def test_a_day_is_told_once() -> None:
    with pytest.raises(ValueError, match="2026-03-02 is twice among 'holidays'"):
        Calendar(kind="calendar", id="own", holidays=[date(2026, 3, 2)] * 2, working_days=[])


def test_a_day_is_one_kind() -> None:
    with pytest.raises(ValueError, match="2026-03-02 is among 'holidays' and among 'working_days'"):
        Calendar(kind="calendar", id="own", holidays=[date(2026, 3, 2)], working_days=[date(2026, 3, 2)])
