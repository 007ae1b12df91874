"""Figures, classes, definitions of the service level, days."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.statistics.bins import SHOWN_WAITS_S, TALK_EDGES_S, WAIT_EDGES_S, bin_of, coarser, within
from services.domain.statistics.days import DAY_MS, begin_of, by_day, day_of, month_of, spans
from services.domain.statistics.figures import Duty, Figures
from services.domain.statistics.service_level import Waits, counted, levels

CHINA = timezone(timedelta(hours=8))


def test_rates_of_nothing_are_not_known() -> None:
    nothing, some = Figures(), Figures(10, 4, 1, 20_000, 400_000, 40_000)
    assert (nothing.asa_ms, nothing.aht_ms, nothing.talk_mean_ms) == (None, None, None)
    assert (nothing.abandon_rate, nothing.answer_rate) == (None, None)
    assert (some.asa_ms, some.aht_ms, some.talk_mean_ms) == (5_000, 110_000, 100_000)
    assert (some.abandon_rate, some.answer_rate) == (0.2, 0.4)
    assert some + some == Figures(20, 8, 2, 40_000, 800_000, 80_000)


def test_occupancy_is_of_the_time_for_callers() -> None:
    worked = Duty(ready_ms=30, ringing_ms=10, busy_ms=40, wrap_ms=10, rest_ms=10, own_call_ms=500, paused_ms=600)
    assert worked.occupancy == 0.5
    assert worked.on_duty_ms == 1200
    assert Duty(paused_ms=5).occupancy is None


@given(st.integers(0, 4_000_000), st.sampled_from(WAIT_EDGES_S))
def test_a_threshold_is_exact(wait_ms: int, threshold_s: int) -> None:
    assert (bin_of(wait_ms, WAIT_EDGES_S) <= within(threshold_s)) == (wait_ms <= threshold_s * 1000)


@given(st.integers(0, 4_000_000))
def test_coarser_classes_are_made_of_finer_ones(wait_ms: int) -> None:
    fine = bin_of(wait_ms, WAIT_EDGES_S)
    assert coarser(fine, WAIT_EDGES_S, SHOWN_WAITS_S) == bin_of(wait_ms, SHOWN_WAITS_S)


def test_only_edges_are_thresholds() -> None:
    assert list(TALK_EDGES_S) == sorted(set(TALK_EDGES_S))
    with pytest.raises(ValueError, match=r"61 s: expected 0 to 60, or up to 300 by tens"):
        within(61)
    with pytest.raises(ValueError, match="4000 s"):
        within(4000)


def test_every_definition_says_something_else() -> None:
    by_class = {
        bin_of(3_000, WAIT_EDGES_S): Figures(calls=40, answered=30, abandoned=10),
        bin_of(15_000, WAIT_EDGES_S): Figures(calls=35, answered=20, abandoned=5),  # ten went to voicemail
        bin_of(40_000, WAIT_EDGES_S): Figures(calls=25, answered=10, abandoned=15),
    }
    waits = counted(by_class, 20, 5)
    assert waits == Waits(100, 60, 30, 75, 50, 15, 10)
    assert {one.formula.id: (one.met, one.of) for one in levels(waits)} == {
        "answered": (50, 60),
        "finished": (65, 90),
        "offered": (50, 90),
        "long_abandons": (50, 80),
        "waited": (75, 100),
        "queued": (50, 100),
    }
    assert {one.share for one in levels(counted({}, 20, 5))} == {None}


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 1100))
def test_a_period_is_whole_months_and_the_days_left_over(first: date, length: int) -> None:
    days = [first.toordinal() + number for number in range(length + 1)]
    found = spans(days[0], days[-1])
    by_month = Counter(month_of(day) for day in days)
    whole = [month for month in found if month < 0]
    assert sorted(day for day in days if month_of(day) not in whole) == [day for day in found if day > 0]
    assert sum(by_month[month] for month in whole) + sum(day > 0 for day in found) == len(days)
    assert all(by_month[month] >= 28 for month in whole)
    assert len(found) - len(whole) <= 60


@given(st.integers(694_224_000_000, 4_000_000_000_000), st.integers(0, 5 * DAY_MS))
def test_a_time_falls_into_days(since: int, length: int) -> None:
    parts = list(by_day(since, since + length))
    assert sum(ms for _, ms in parts) == length
    assert all(0 < ms <= DAY_MS for _, ms in parts)
    china = datetime.fromtimestamp(since / 1000, UTC).astimezone(CHINA).date()
    assert day_of(since) == china.toordinal()
    assert begin_of(day_of(since)) <= since < begin_of(day_of(since) + 1)
    assert begin_of(date(2026, 3, 2).toordinal()) == 1_772_380_800_000
