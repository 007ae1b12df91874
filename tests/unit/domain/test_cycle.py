from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.cycle import Anchor, Span, add_months, cycle

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
ANCHORS = st.sampled_from(["first_day", "renewal_day"])


@pytest.mark.parametrize(
    ("origin", "at", "months", "anchor", "expected"),
    [
        ("2026-01-15", "2026-01-20", 1, "first_day", ("2026-01-15", "2026-02-01", False)),
        ("2026-01-15", "2026-02-01", 1, "first_day", ("2026-02-01", "2026-03-01", True)),
        ("2026-01-01", "2026-01-31", 1, "first_day", ("2026-01-01", "2026-02-01", True)),
        ("2026-01-15", "2026-06-01", 12, "first_day", ("2026-01-15", "2027-01-01", False)),
        ("2026-01-15", "2026-02-14", 1, "renewal_day", ("2026-01-15", "2026-02-15", True)),
        ("2026-01-31", "2026-02-28", 1, "renewal_day", ("2026-02-28", "2026-03-31", True)),
        ("2026-01-31", "2026-03-30", 1, "renewal_day", ("2026-02-28", "2026-03-31", True)),
        ("2024-02-29", "2025-02-28", 12, "renewal_day", ("2025-02-28", "2026-02-28", True)),
        ("2024-02-29", "2028-02-29", 12, "renewal_day", ("2028-02-29", "2029-02-28", True)),
        ("2026-03-02", "2029-03-01", 36, "renewal_day", ("2026-03-02", "2029-03-02", True)),
        ("2026-03-02", "2029-03-02", 36, "renewal_day", ("2029-03-02", "2032-03-02", True)),
    ],
)
def test_cycle(origin: str, at: str, months: int, anchor: Anchor, expected: tuple[str, str, bool]) -> None:
    begin, end, whole = expected
    found = cycle(date.fromisoformat(origin), date.fromisoformat(at), months, anchor)
    assert found == Span(date.fromisoformat(begin), date.fromisoformat(end), whole)


@given(DAYS, st.integers(0, 5000), st.integers(1, 36), ANCHORS)
def test_every_day_is_in_one_cycle_and_the_next_follows_without_a_gap(
    origin: date, later: int, months: int, anchor: Anchor
) -> None:
    at = origin + timedelta(later)
    found = cycle(origin, at, months, anchor)
    assert found.begin <= at < found.end
    assert cycle(origin, found.end, months, anchor).begin == found.end
    assert cycle(origin, found.end - timedelta(1), months, anchor) == found


def test_add_months_keeps_within_the_month() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), -2) == date(2025, 11, 30)
    assert add_months(date(2026, 12, 31), 12) == date(2027, 12, 31)
