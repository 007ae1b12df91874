"""Erlang C against values worked by hand, and against a published example."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.statistics import erlang


def by_definition(agents: int, load: Fraction) -> Fraction:
    """The formula as it is printed, in exact numbers."""
    last = load**agents / math.factorial(agents) * Fraction(agents) / (agents - load)
    return last / (sum((load**k / math.factorial(k) for k in range(agents)), Fraction(0)) + last)


@pytest.mark.parametrize(
    ("agents", "load", "expected"),
    [
        (1, 0.5, 0.5),  # of one agent it is the load
        (2, 1.0, 1 / 3),  # Erlang B 1/5; 1/5 / (1 - 1/2 x 4/5)
        (3, 2.0, 4 / 9),  # Erlang B 4/19; 4/19 / (1 - 2/3 x 15/19)
        (14, 10.0, 0.174132),  # 100 calls of 3 minutes in half an hour: the trade's usual example
        (5, 5.0, 1.0),
        (5, 7.0, 1.0),
    ],
)
def test_probability_of_waiting(agents: int, load: float, expected: float) -> None:
    assert erlang.probability_of_waiting(agents, load) == pytest.approx(expected, abs=1e-6)


@given(st.integers(1, 60), st.fractions(0, 1, max_denominator=50))
def test_the_recurrence_is_the_definition(agents: int, busy: Fraction) -> None:
    load = busy * agents * Fraction(99, 100)
    found = erlang.probability_of_waiting(agents, float(load))
    assert found == pytest.approx(float(by_definition(agents, load)), rel=1e-9)


def test_the_usual_example() -> None:
    found = erlang.staffed(14, 100 / 1800, 180, 20)
    assert found is not None
    assert round(found.within, 3) == 0.888
    assert round(found.asa, 1) == 7.8
    assert round(found.occupancy, 3) == 0.714
    fewest = erlang.needed(100 / 1800, 180, 20, 0.8)
    assert fewest == found


def test_where_the_queue_would_grow_for_ever_there_is_nothing_to_say() -> None:
    assert erlang.staffed(10, 1, 10, 20) is None
    assert erlang.needed(1e9, 1e9, 20, 0.8) is None


def test_nobody_calls() -> None:
    found = erlang.staffed(3, 0, 180, 20)
    assert found is not None
    assert (found.waiting, found.asa, found.within, found.occupancy) == (0, 0, 1, 0)


@given(st.integers(1, 200), st.floats(0.001, 150), st.floats(1, 120))
def test_one_agent_more_is_never_worse(agents: int, load: float, threshold: float) -> None:
    fewer, more = (erlang.staffed(count, load / 180, 180, threshold) for count in (agents, agents + 1))
    if fewer is not None:
        assert more is not None
        assert more.within >= fewer.within - 1e-12
        assert more.asa <= fewer.asa + 1e-12
