import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.distribution import EVERYBODY, Candidate, Draw, Step, level_after, order, rounds
from services.domain.documents import Strategy

MEMBERS = st.lists(st.integers(), unique=True, max_size=50)
EACH: list[Strategy] = ["sequence", "rotation", "random", "even", "longest_idle", "percentage", "ringall", "skills"]


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Ready members, in any order; others of the group are not ready, so indices have gaps."""
    indices = draw(st.lists(st.integers(0, 49), unique=True, max_size=10))
    few, level = st.integers(0, 5), st.integers(1, 5)
    return [
        Candidate(f"a{index}", index, draw(few), draw(few), weight=draw(level), level=draw(level)) for index in indices
    ]


def first(n: int) -> int:
    assert n > 0
    return 0


def named(
    strategy: Strategy, found: list[Candidate], *, draw: Draw = first, start: int = 0, level: int = 1
) -> list[str]:
    return [candidate.agent for candidate in order(strategy, found, draw=draw, start=start, level=level)]


@given(MEMBERS)
def test_sequence_asks_everybody_once_in_order(members: list[int]) -> None:
    assert rounds("sequence", members) == [(member,) for member in members]


@given(MEMBERS)
def test_ringall_asks_everybody_at_once(members: list[int]) -> None:
    assert [member for together in rounds("ringall", members) for member in together] == members
    assert len(rounds("ringall", members)) == min(1, len(members))


@given(st.sampled_from(EACH), candidates(), st.integers(0, 49), st.integers(0, 2**32))
def test_each_strategy_asks_everybody_once(strategy: Strategy, found: list[Candidate], start: int, seed: int) -> None:
    ordered = order(strategy, found, draw=random.Random(seed).randrange, start=start)
    assert Counter(ordered) == Counter(found)


@given(st.sampled_from(EACH), candidates(), st.data())
def test_the_last_agent_is_asked_before_all_others(
    strategy: Strategy, found: list[Candidate], data: st.DataObject
) -> None:
    last = data.draw(st.sampled_from([*(one.agent for one in found), "not ready"]))
    plain = named(strategy, found)
    ordered = [one.agent for one in order(strategy, found, draw=first, last=last)]
    assert ordered == [*(agent for agent in plain if agent == last), *(agent for agent in plain if agent != last)]


@given(st.sampled_from(["sequence", "ringall"]), candidates())
def test_sequence_and_ringall_go_down_the_list(strategy: Strategy, found: list[Candidate]) -> None:
    assert [one.index for one in order(strategy, found, draw=first)] == sorted(one.index for one in found)


def test_rotation_begins_one_further_with_each_call_and_wraps() -> None:
    members = [Candidate(name, index) for index, name in enumerate("abc")]
    assert [named("rotation", members, start=call % 3) for call in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]


def test_rotation_goes_on_from_who_is_not_ready() -> None:
    assert named("rotation", [Candidate("a", 0), Candidate("d", 3)], start=1) == ["d", "a"]


def test_random_is_as_likely_for_each_order() -> None:
    members = [Candidate(name, index) for index, name in enumerate("abc")]
    draw = random.Random(1).randrange
    seen = Counter("".join(named("random", members, draw=draw)) for _ in range(6000))
    assert len(seen) == 6
    assert all(900 < times < 1100 for times in seen.values())


@given(candidates())
def test_even_asks_who_answered_least_then_who_is_idle_longest(found: list[Candidate]) -> None:
    ordered = order("even", found, draw=first)
    keys = [(one.answered, one.ready_since, one.index) for one in ordered]
    assert keys == sorted(keys)


@given(candidates())
def test_longest_idle(found: list[Candidate]) -> None:
    keys = [(one.ready_since, one.index) for one in order("longest_idle", found, draw=first)]
    assert keys == sorted(keys)


@given(candidates(), st.integers(1, 5))
def test_skills_asks_the_best_first_and_nobody_below_the_level(found: list[Candidate], level: int) -> None:
    ordered = order("skills", found, draw=first, level=level)
    assert {one.agent for one in ordered} == {one.agent for one in found if one.level >= level}
    keys = [(-one.level, one.ready_since, one.index) for one in ordered]
    assert keys == sorted(keys)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=8), st.integers(1, 3))
def test_percentage_gives_exactly_the_shares(weights: list[int], times: int) -> None:
    answered = [0] * len(weights)
    for call in range(1, times * sum(weights) + 1):
        members = [
            Candidate(str(index), index, answered=answered[index], weight=weight)
            for index, weight in enumerate(weights)
        ]
        answered[order("percentage", members, draw=first)[0].index] += 1
        shares = [call * weight / sum(weights) for weight in weights]
        assert all(abs(had - share) < len(weights) for had, share in zip(answered, shares, strict=True))
    assert answered == [times * weight for weight in weights]


def test_percentage_makes_good_what_was_missed() -> None:
    """Half each; the second was away for the first three calls."""
    away = [Candidate("a", 0, answered=3), Candidate("b", 1, answered=0)]
    assert named("percentage", away)[0] == "b"


def test_without_steps_every_level_will_do() -> None:
    assert level_after(EVERYBODY, 0) == (1, None)


@pytest.mark.parametrize(
    ("waited", "level", "change"),
    [(0, 4, 20_000), (19_999, 4, 20_000), (20_000, 2, 60_000), (59_999, 2, 60_000), (60_000, 1, None)],
)
def test_the_search_widens_on_time(waited: int, level: int, change: int | None) -> None:
    assert level_after([Step(0, 4), Step(20_000, 2), Step(60_000, 1)], waited) == (level, change)


@given(st.lists(st.integers(1, 5), min_size=1, unique=True), st.integers(0, 100))
def test_who_waits_longer_needs_no_higher_level(levels: list[int], waited: int) -> None:
    steps = [Step(10 * index, level) for index, level in enumerate(sorted(levels, reverse=True))]
    needed = [level_after(steps, wait)[0] for wait in range(waited + 1)]
    assert all(later <= earlier for earlier, later in pairwise(needed))
