from collections import deque
from itertools import product

import pytest

from services.domain.agents import FACTS, TRANSITIONS, Event, IllegalTransition, Standing, State, happen

NOW = 1_772_416_800_000
READY = Standing("li", State.READY, since=1, on_duty=1, ready_since=1)
RINGING = happen(READY, Event.OFFERED, NOW, call="c1")
BUSY = happen(RINGING, Event.ANSWERED, NOW)
WRAP_UP = happen(BUSY, Event.ENDED, NOW, ready_at=NOW + 5000)


def test_each_event_is_known() -> None:
    assert FACTS.keys() == set(Event)
    assert TRANSITIONS.keys() == set(State)


def test_the_table_is_what_happens() -> None:
    """From a new agent, every event after every other, with whatever it may bring: nothing else, and nothing less."""
    found: dict[State, dict[Event, set[State]]] = {state: {} for state in State}
    seen, ahead = {Standing("li")}, deque([Standing("li")])
    while ahead:
        before = ahead.popleft()
        for event in TRANSITIONS[before.state]:
            for facts in brings(event):
                after = happen(before, event, NOW, **facts)
                found[before.state].setdefault(event, set()).add(after.state)
                if after not in seen:
                    seen.add(after)
                    ahead.append(after)
    assert found == TRANSITIONS


def brings(event: Event) -> list[dict[str, str | int]]:
    later: list[dict[str, str | int]] = [{"ready_at": NOW}, {"ready_at": NOW + 1}]
    known: dict[Event, list[dict[str, str | int]]] = {
        Event.PAUSE: [{"pause": "tea"}],
        Event.OFFERED: [{"call": "c1"}],
        Event.HANDED: [{"call": "c1"}],
        Event.ENDED: later,
        Event.MISSED: [*later, {"ready_at": NOW, "pause": "missed"}],
    }
    return known.get(event, [{}])


@pytest.mark.parametrize(
    ("state", "event"), [pair for pair in product(State, Event) if pair[1] not in TRANSITIONS[pair[0]]]
)
def test_what_is_not_in_the_table_is_refused(state: State, event: Event) -> None:
    with pytest.raises(IllegalTransition) as refused:
        happen(Standing("li", state), event, NOW)
    assert (refused.value.agent, refused.value.state, refused.value.event) == ("li", state, event)


def test_a_pause_asked_for_in_a_talk_begins_after_it() -> None:
    asked = happen(BUSY, Event.PAUSE, NOW + 1, pause="tea")
    assert (asked.state, asked.since) == (State.BUSY, NOW)
    after = happen(asked, Event.ENDED, NOW + 2, ready_at=NOW + 5000)
    assert (after.state, after.reason, after.since) == (State.PAUSED, "tea", NOW + 2)


def test_a_pause_taken_back_in_the_talk_never_begins() -> None:
    asked = happen(BUSY, Event.PAUSE, NOW, pause="tea")
    assert happen(happen(asked, Event.RESUME, NOW), Event.ENDED, NOW, ready_at=NOW).state == State.READY


def test_wrap_up_ends_when_it_is_due_however_late_somebody_looks() -> None:
    late = happen(WRAP_UP, Event.WRAPPED, NOW + 9000)
    assert (late.state, late.since, late.ready_since) == (State.READY, NOW + 5000, NOW + 5000)


def test_an_agent_may_end_its_wrap_up() -> None:
    early = happen(WRAP_UP, Event.WRAPPED, NOW + 1000)
    assert (early.state, early.since, early.ready_at) == (State.READY, NOW + 1000, 0)


def test_a_caller_who_gives_up_does_not_make_the_agent_less_idle() -> None:
    withdrawn = happen(RINGING, Event.WITHDRAWN, NOW + 1)
    assert (withdrawn.state, withdrawn.since, withdrawn.ready_since) == (State.READY, NOW + 1, 1)
    missed = happen(RINGING, Event.MISSED, NOW + 1, missed=1, ready_at=NOW + 1)
    assert (missed.state, missed.ready_since) == (State.READY, NOW + 1)


def test_a_phone_used_otherwise_is_busy_and_one_out_of_reach_offline() -> None:
    used = happen(READY, Event.PHONE_IN_USE, NOW)
    assert (used.state, used.reason, used.call) == (State.BUSY, "own_call", "")
    lost = happen(used, Event.PHONE_UNREACHABLE, NOW)
    assert (lost.state, lost.reason) == (State.OFFLINE, "unreachable")
    assert happen(lost, Event.PHONE_IDLE, NOW).state == State.READY


def test_a_talk_ends_the_row_of_missed_offers() -> None:
    ringing = happen(happen(RINGING, Event.MISSED, NOW, missed=2, ready_at=NOW), Event.OFFERED, NOW, call="c2")
    assert ringing.missed == 2
    talking = happen(ringing, Event.ANSWERED, NOW)
    assert happen(talking, Event.ENDED, NOW, ready_at=NOW).missed == 0


def test_a_call_dropped_at_once_does_not() -> None:
    talking = happen(happen(RINGING, Event.WITHDRAWN, NOW), Event.OFFERED, NOW, call="c2")
    dropped = happen(happen(talking, Event.ANSWERED, NOW), Event.MISSED, NOW, missed=3, ready_at=NOW + 1)
    assert (dropped.state, dropped.missed, dropped.call, dropped.talking) == (State.WRAP_UP, 3, "", 0)
