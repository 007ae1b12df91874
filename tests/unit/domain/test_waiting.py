import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.waiting import MINUTE, Band, came_true, estimate, trusted, urgency

NOW = 1_772_416_800_000


def every(ms: int, times: int) -> list[int]:
    return [NOW - ms * ago for ago in range(times)]


def test_priority_goes_before_age_and_age_before_all_else() -> None:
    callers = {"old": (0, 1), "young": (0, 3), "vip": (5, 4), "older vip": (5, 2)}
    assert sorted(callers, key=lambda name: urgency(*callers[name])) == ["older vip", "vip", "old", "young"]


@pytest.mark.parametrize("served", [[], [NOW], [NOW, NOW - 1], every(31 * MINUTE, 50), [NOW + 1, NOW + 2, NOW + 3]])
def test_out_of_too_few_answers_nothing_is_told(served: list[int]) -> None:
    assert estimate(1, served, NOW) is None


def test_a_band_is_whole_minutes_around_the_mean() -> None:
    assert estimate(1, every(MINUTE, 20), NOW) == Band(0, 2 * MINUTE)
    assert estimate(9, every(MINUTE, 20), NOW) == Band(6 * MINUTE, 12 * MINUTE)


def test_a_band_is_never_nothing() -> None:
    assert estimate(1, [NOW] * 10, NOW) == Band(0, MINUTE)


def test_the_order_of_the_answers_does_not_matter() -> None:
    served = every(20_000, 50)
    assert estimate(4, sorted(served), NOW) == estimate(4, served, NOW)


@given(st.integers(1, 100), st.integers(1000, MINUTE))
def test_who_stands_further_back_waits_no_less(position: int, gap: int) -> None:
    nearer, further = (estimate(place, every(gap, 20), NOW) for place in (position, position + 1))
    assert nearer
    assert further
    assert nearer.least <= further.least
    assert nearer.most <= further.most


def test_a_queue_served_at_random_is_told_the_truth_two_times_in_three() -> None:
    chance, held = random.Random(1), 0
    for _ in range(500):
        before = [NOW - at for at in accumulate(round(chance.expovariate(1 / 40_000)) for _ in range(30))]
        band = estimate(5, before, NOW)
        assert band
        held += bool(came_true(band, round(sum(chance.expovariate(1 / 40_000) for _ in range(5))), answered=True))
    assert 0.65 < held / 500 < 0.95


@pytest.mark.parametrize(
    ("waited", "answered", "came"),
    [
        (999, True, False),
        (1000, True, True),
        (2000, True, True),
        (2001, True, False),
        (500, False, None),
        (2000, False, None),
        (2001, False, False),
    ],
)
def test_what_was_said_is_scored(waited: int, answered: bool, came: bool | None) -> None:  # noqa: FBT001
    assert came_true(Band(1000, 2000), waited, answered=answered) is came


def test_trust_is_lost_and_comes_back() -> None:
    assert trusted([])
    assert trusted([False] * 9)
    assert not trusted([False] * 10)
    assert not trusted([True] * 5 + [False] * 5)
    assert trusted([True] * 6 + [False] * 4)
