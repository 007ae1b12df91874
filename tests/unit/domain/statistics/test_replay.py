"""Replaying arrivals: worked by hand, and what must hold of any."""

from collections.abc import Sequence
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.domain.distribution import Candidate
from services.domain.documents import Strategy
from services.domain.statistics.patience import NEVER, estimate
from services.domain.statistics.replay import Arrival, Shift, replay
from services.domain.statistics.staffing import Recorded, Team, Terms, Window, arrivals, constant, what_if

DAY = Window(0, 1_000_000)


def arrival(at: int, handling: int, patience: float = NEVER, pickup: int = 0) -> Arrival:
    return Arrival(f"call-{at}", at, patience, "abandoned", handling, pickup)


def of(*coming: Arrival, agents: int = 1) -> list[tuple[int, str]]:
    found = replay(coming, constant(agents, [DAY]), "longest_idle", {})
    return [(one.wait, one.outcome) for one in found]


def test_who_comes_first_is_served_first() -> None:
    coming = (arrival(0, 100), arrival(10, 50), arrival(20, 50))
    assert of(*coming) == [(0, "answered"), (90, "answered"), (130, "answered")]
    assert of(*coming, agents=2) == [(0, "answered"), (0, "answered"), (40, "answered")]


def test_who_has_no_patience_left_is_gone_and_takes_nobodys_time() -> None:
    assert of(arrival(0, 100), arrival(10, 500, 30), arrival(20, 50)) == [
        (0, "answered"),
        (30, "abandoned"),
        (80, "answered"),
    ]


def test_a_phone_rings_before_it_is_picked_up_and_the_caller_may_leave_meanwhile() -> None:
    assert of(arrival(0, 100, pickup=5), arrival(50, 100, 58, pickup=5), arrival(60, 1, pickup=5)) == [
        (5, "answered"),
        (58, "abandoned"),  # offered at 105, gone at 108
        (53, "answered"),
    ]


def test_a_call_that_was_begun_is_finished_after_the_shift() -> None:
    shifts = [Shift("li", 0, 50), Shift("li", 300, 400)]
    found = replay([arrival(40, 100), arrival(60, 10)], shifts, "sequence", {})
    assert [one.wait for one in found] == [0, 240]


def test_without_agents_nobody_is_answered() -> None:
    assert of(arrival(0, 10), arrival(5, 10, 20), agents=0) == [(5, "abandoned"), (20, "abandoned")]


def test_the_groups_strategy_chooses() -> None:
    """Who is longer busy with which caller is seen by the next who has to wait."""
    shifts = [Shift(name, 0, 1000) for name in ("a", "b")]
    members = {"b": Candidate("b", 0), "a": Candidate("a", 1)}
    coming = [arrival(0, 10), arrival(20, 300), arrival(30, 300), arrival(40, 1)]
    for strategy in get_args(Strategy):
        found = replay(coming, shifts, strategy, members)
        assert [one.wait for one in found] == [0, 0, 0, 280]


CALLS = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(1, 800), st.integers(0, 600)), max_size=40, unique_by=lambda one: one[0]
)


@given(CALLS, st.integers(1, 5), st.integers(0, 30))
@settings(max_examples=150)
def test_where_nobody_hangs_up_one_agent_more_is_never_worse_for_anybody(
    calls: Sequence[tuple[int, int, int]], agents: int, pickup: int
) -> None:
    """With callers who hang up it may be: whom the new agent answers keeps that agent from somebody after."""
    coming = [arrival(at, handling, pickup=pickup) for at, handling, _ in calls]
    fewer, more = (replay(coming, constant(count, [DAY]), "longest_idle", {}) for count in (agents, agents + 1))
    assert all(after.wait <= before.wait for before, after in zip(fewer, more, strict=True))
    assert {one.outcome for one in (*fewer, *more)} <= {"answered"}


@given(CALLS, st.integers(1, 4))
def test_each_call_has_one_outcome_and_nobody_is_answered_beyond_patience(
    calls: Sequence[tuple[int, int, int]], agents: int
) -> None:
    coming = sorted((arrival(at, handling, patience) for at, handling, patience in calls), key=lambda one: one.at)
    found = replay(coming, constant(agents, [DAY]), "even", {})
    assert [one.at for one in found] == [one.at for one in coming]
    for one, call in zip(found, coming, strict=True):
        assert one.wait <= call.patience
        assert one.outcome == "answered" or one.wait == call.patience
    assert found == replay(coming, constant(agents, [DAY]), "even", {})


def test_patience_by_hand() -> None:
    """Five callers: two gave up after 10 and 30, three were answered after 5, 10 and 40."""
    found = estimate([(10, True), (30, True), (5, False), (10, False), (40, False)])
    assert found.times == (10, 30)
    assert found.staying == pytest.approx((3 / 4, 3 / 8))
    assert [found.longer_than(wait) for wait in (9, 10, 29, 30)] == pytest.approx([1, 3 / 4, 3 / 4, 3 / 8])
    # Of those who have waited 20, half give up after 30, the others are never seen to.
    assert [found.drawn(20, chance) for chance in (0.0, 0.49, 0.51, 0.99)] == [30, 30, NEVER, NEVER]


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=60), st.integers(0, 300), st.floats(0, 0.999))
def test_whoever_waited_so_long_waits_longer(waits: list[tuple[int, bool]], survived: int, chance: float) -> None:
    found = estimate(waits)
    assert found.drawn(survived, chance) > survived
    assert all(later < earlier for earlier, later in zip(found.staying, found.staying[1:], strict=False))


def recorded(number: int, at: int, wait: int, handling: int | None) -> Recorded:
    answered = handling is not None
    return Recorded(f"c{number}", at, wait, "answered" if answered else "abandoned", handling, 0 if answered else None)


def test_arrivals_are_the_same_each_time_and_keep_what_was_seen() -> None:
    calls = [recorded(number, number * 100, number % 7 * 10, None if number % 3 else 200) for number in range(60)]
    made = arrivals(calls)
    assert made == arrivals(calls)
    for call, one in zip(calls, made, strict=True):
        if call.outcome == "abandoned":
            assert (one.patience, one.handling) == (call.wait, 200)
        else:
            assert one.patience > call.wait
            assert one.handling == call.handling


def test_what_one_agent_more_would_have_done() -> None:
    """Every 100 s a call of 150 s, and one agent, who is there for all of it: every second caller is lost."""
    calls = [recorded(number, number * 100_000, 50_000 * (number % 2), 150_000) for number in range(20)]
    hour = [Window(0, 2_000_000)]
    team = Team(constant(1, hour), "longest_idle", {})
    found = what_if(calls, team, hour, 1, Terms(20, 5))
    assert found.agents == 1
    assert found.changed.figures.answered == 20
    assert {level.share for level in found.changed.levels} == {1.0}
    assert found.as_it_was.figures.answer_ms > found.changed.figures.answer_ms == 0
    assert found.recorded.figures.answered == 20
    assert found.erlang_as_it_was is None  # 1.5 erlang
    assert found.erlang_changed is not None
    assert found.erlang_changed.occupancy == pytest.approx(0.75)


def test_where_nobody_called_nothing_is_said() -> None:
    found = what_if([], Team(constant(2, [DAY]), "longest_idle", {}), [DAY], 1, Terms(20, 5))
    assert found.recorded.figures.calls == 0
    assert (found.erlang_as_it_was, found.erlang_needed) == (None, None)
