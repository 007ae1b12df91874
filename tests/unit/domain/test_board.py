from collections import Counter
from dataclasses import replace

from services.domain.agents import State
from services.domain.board import Board, Drawn, Hour, board
from services.domain.live import AgentNow, CallerNow, GroupNow, Live, Outcome, Tally, day_of
from services.domain.statistics.service_level import FORMULAS

NOW = 1_772_416_800_000
"""10:00 in China."""
DRAWN = Drawn(
    lambda group: group.title(), lambda agent: agent.upper(), 20, next(one for one in FORMULAS if one.id == "offered")
)


def caller(call: str, **known: object) -> CallerNow:
    made = CallerNow(call, "sales", "13800138000", "", "广东深圳", "waiting", NOW, 0, NOW, NOW, (), "")
    return replace(made, **known)  # type: ignore[arg-type]


def shop(*callers: CallerNow, tallies: dict[Tally, int] | None = None, day: int = day_of(NOW)) -> Live:
    states = {"li": State.READY, "wang": State.BUSY, "zhao": State.PAUSED}
    agents = {name: AgentNow(name, state, "", NOW - 1, "") for name, state in states.items()}
    agents["wang"] = replace(agents["wang"], call="c9")
    groups = {
        "sales": GroupNow(("li", "wang"), day, Counter(tallies or {}), Counter({"li": 2})),
        "service": GroupNow(("zhao",), day, Counter({Tally(9, Outcome.CAME_OVER, 5): 1})),
    }
    return Live("shop", "1-0", groups, agents, {one.call: one for one in callers})


def seen(live: Live, only: str | None = None) -> Board:
    return board(live, only, NOW, DRAWN)


def test_who_waits_stands_in_order_of_urgency_with_its_place() -> None:
    live = shop(
        caller("young", arrived=NOW - 1000, joined=NOW - 1000),
        caller("vip", priority=3, joined=NOW),
        caller("kept", arrived=NOW - 10, joined=NOW - 90_000),
        caller("talks", state="talking", since=NOW - 5, agents=("wang",)),
    )
    found = seen(live)
    assert [(one.call, one.place) for one in found.callers] == [("young", 3), ("kept", 2), ("vip", 1), ("talks", None)]
    assert found.whole.waiting == 3
    assert found.whole.longest_since == NOW - 1000
    assert (found.callers[3].agents, found.callers[3].since) == (["WANG"], NOW - 5)
    assert found.callers[0].region == "广东深圳"


def test_a_group_is_seen_with_its_own_members_and_callers() -> None:
    live = shop(caller("c1"), caller("c2", group="service"))
    assert [one.id for one in seen(live).groups] == ["sales", "service"]
    found = seen(live, "service")
    assert [one.call for one in found.callers] == ["c2"]
    assert [one.agent for one in found.agents] == ["zhao"]
    assert found.whole.name == "Service"
    assert found.whole.states[State.PAUSED] == 1
    assert seen(live, "nobody").groups == []


def test_agents_are_seen_by_what_they_do() -> None:
    found = seen(shop(caller("c9", state="talking", number="02161234567")))
    assert [(one.name, one.state, one.number, one.answered) for one in found.agents] == [
        ("LI", State.READY, "", 2),
        ("WANG", State.BUSY, "02161234567", 0),
        ("ZHAO", State.PAUSED, "", 0),
    ]


def test_the_day_is_counted_out_of_outcomes() -> None:
    tallies = {
        Tally(8, Outcome.ARRIVED, 0): 7,
        Tally(9, Outcome.CAME_OVER, 30): 1,
        Tally(8, Outcome.ANSWERED, 20): 2,
        Tally(9, Outcome.ANSWERED, 21): 1,
        Tally(9, Outcome.ABANDONED, 3): 1,
        Tally(9, Outcome.OVERFLOW, 60): 1,
        Tally(9, Outcome.KEY, 4): 1,
        Tally(8, Outcome.ANSWERED, 5): 0,
    }
    live = shop(tallies=tallies)
    today = seen(live, "sales").whole.today
    assert (today.arrived, today.answered, today.abandoned, today.overflowed) == (8, 3, 1, 2)
    assert (today.answered_within, today.service_level) == (2, 0.5)
    assert today.hours[8:10] == [Hour(8, 7, 2, 0), Hour(9, 1, 1, 1)]
    assert sum(hour.arrived for hour in today.hours) == today.arrived
    assert seen(live).whole.today.arrived == 7, "who came over had arrived before"


def test_the_service_level_is_reckoned_by_any_formula() -> None:
    tallies = {
        Tally(9, Outcome.ANSWERED, 20): 4,
        Tally(9, Outcome.ANSWERED, 3600): 4,
        Tally(9, Outcome.ABANDONED, 5): 1,
        Tally(9, Outcome.ABANDONED, 21): 1,
        Tally(9, Outcome.FULL, 0): 2,
    }
    live = shop(tallies=tallies)
    shares = {
        formula.id: board(live, "sales", NOW, replace(DRAWN, formula=formula)).whole.today.service_level
        for formula in FORMULAS
    }
    assert shares == {
        "answered": 4 / 8,
        "finished": 5 / 10,
        "offered": 4 / 10,
        "long_abandons": 4 / 9,
        "waited": 7 / 12,
        "queued": 4 / 12,
    }


def test_another_day_begins_with_nothing() -> None:
    live = shop(tallies={Tally(23, Outcome.ANSWERED, 1): 5}, day=day_of(NOW) - 1)
    found = seen(live)
    assert (found.whole.today.answered, found.whole.today.service_level) == (0, None)
    assert found.agents[0].answered == 0


def test_a_callback_is_told_from_a_caller() -> None:
    found = seen(shop(caller("c1", arrived=None), caller("c2", arrived=None, number="", state="ringing")))
    assert [one.callback for one in found.callers] == [True, False]
