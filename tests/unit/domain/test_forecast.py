"""What is expected was worked out by hand."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.domain import forecast
from services.domain.calendar import DayKind, day
from services.domain.forecast import Band, Days, Pattern, Spent

MONDAY = date(2026, 11, 23)


def kind(at: date) -> DayKind:
    return "weekend" if at.weekday() >= 5 else "working_day"


def weeks(working: int, off: int, count: int = 4) -> dict[date, int]:
    days = [MONDAY - timedelta(number) for number in range(1, 7 * count + 1)]
    return {one: working if kind(one) == "working_day" else off for one in days}


def known(used: dict[date, int], today: date = MONDAY) -> Pattern:
    found = forecast.pattern(used, min(used), today, kind)
    assert found is not None
    return found


def test_working_days_and_days_off_count_apart() -> None:
    assert known(weeks(100, 20)) == Pattern(Days(20, 100, 0), Days(8, 20, 0), 28, apart=True)


def test_days_that_are_alike_leave_no_doubt() -> None:
    """The rest of Monday 60, four days of 100, Saturday and Sunday of 20."""
    found = forecast.rest(known(weeks(100, 20)), MONDAY, 40, MONDAY + timedelta(7), kind)
    assert found == Band(500, 500, 500)


def test_a_day_that_had_more_than_usual_has_nothing_to_come() -> None:
    assert forecast.rest(known(weeks(100, 20)), MONDAY, 140, MONDAY + timedelta(1), kind) == Band(0, 0, 0)


def test_days_that_differ_widen_the_band() -> None:
    """90 and 110 in turn: variance 105 (20 days), of four days ahead 4 x 105 + 16 x 105 / 20 = 504: 22 x 1.28 = 28."""
    used = weeks(100, 0)
    for index, one in enumerate(sorted(at for at in used if kind(at) == "working_day")):
        used[one] = 90 if index % 2 else 110
    found = forecast.rest(known(used), MONDAY, 100, MONDAY + timedelta(5), kind)
    assert found == Band(372, 400, 428)


def test_moved_working_days_are_worked() -> None:
    """Sunday 4 January 2026 is one; Friday 2 January is a holiday."""
    today = date(2026, 1, 2)
    used = {
        today - timedelta(number): 100 if day(today - timedelta(number)).kind == "working_day" else 0
        for number in range(1, 15)
    }
    pattern = forecast.pattern(used, min(used), today, lambda at: day(at).kind)
    assert pattern is not None
    assert forecast.rest(pattern, today, 0, date(2026, 1, 5), lambda at: day(at).kind).likely == 100


def test_two_days_tell_nothing_and_one_kind_alone_tells_both() -> None:
    assert forecast.pattern({}, MONDAY - timedelta(2), MONDAY, kind) is None
    friday = MONDAY + timedelta(4)
    found = known({MONDAY + timedelta(number): 10 for number in range(4)}, friday)
    assert (found.apart, found.off.mean) == (False, 10)


def test_when_it_is_used_up() -> None:
    """300 last until Wednesday; a fee of 150 on Tuesday has it end there."""
    pattern = known(weeks(100, 20))
    on = [MONDAY + timedelta(number) for number in range(3)]
    assert forecast.spent(pattern, MONDAY, 0, 300, {}, kind) == Spent(on[2], on[2], on[2])
    assert forecast.spent(pattern, MONDAY, 0, 300, {on[1]: 150}, kind) == Spent(on[1], on[1], on[1])
    assert forecast.spent(pattern, MONDAY, 0, 10**9, {}, kind) == Spent(None, None, None)


def test_the_shape_of_days_gets_the_known_height() -> None:
    used = {MONDAY - timedelta(2): 10, MONDAY - timedelta(1): 30}
    assert forecast.scaled(used, 60, MONDAY - timedelta(1)) == {MONDAY - timedelta(2): 20, MONDAY - timedelta(1): 60}
    assert forecast.scaled(used, 60, MONDAY) == {}


def test_no_more_digits_than_the_band_allows() -> None:
    assert Band(1234, 1834, 2434).coarse() == Band(1200, 1800, 2400)
    assert Band(987_654, 987_654, 987_654).coarse() == Band(988_000, 988_000, 988_000)


@given(st.dictionaries(st.integers(1, 80), st.integers(0, 10**12)), st.integers(0, 10**12), st.integers(1, 60))
def test_likely_lies_in_the_band_and_more_days_bring_no_less(used: dict[int, int], so_far: int, ahead: int) -> None:
    days = {MONDAY - timedelta(number): amount for number, amount in used.items()}
    pattern = forecast.pattern(days, MONDAY - timedelta(80), MONDAY, kind)
    assert pattern is not None
    near, far = (forecast.rest(pattern, MONDAY, so_far, MONDAY + timedelta(one), kind) for one in (ahead, ahead + 7))
    assert 0 <= near.low <= near.likely <= near.high
    assert far.likely >= near.likely
    assert far.high - far.likely >= near.high - near.likely
