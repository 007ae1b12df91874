"""A replayed call gets to where it got, as long as the documents are the same."""

import random
from dataclasses import replace

import pytest

from services.domain.record import Keys
from services.simulation.call import simulate
from services.simulation.replay import destination, path, scene_of
from services.simulation.scene import Agent, Scene
from tests.unit.simulation.test_call import HOUR, MONDAY, NOBODY_PREPARED, call, documents

BEHAVIOURS = [
    *(Agent(does=does) for does in ("ignores", "busy", "talking", "paused", "away")),
    *(Agent(answers_after=seconds, talks=20) for seconds in (1, 5, 9)),
]


def scene(seed: int) -> Scene:
    draw = random.Random(seed)
    return Scene(
        documents=documents(),
        number="4001234567",
        caller=draw.choice(["13800138000", "075512345678", "01012345678", ""]),
        at=MONDAY + draw.randrange(-3 * HOUR, 12 * HOUR, 1000),
        keys="".join(draw.choice("1234560,|9#") for _ in range(draw.randrange(6))),
        hangs_up_after=draw.choice([None, None, None, draw.uniform(1, 90)]),
        agents={name: draw.choice(BEHAVIOURS) for name in ("li", "wang", "boss")},
        call=f"pbx1-1772416800.{seed}",
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_call_that_was(seed: int) -> None:
    was = simulate(scene(seed), NOBODY_PREPARED).record
    again = simulate(scene_of(was, documents()), NOBODY_PREPARED).record
    assert destination(again) == destination(was)
    assert path(again) == path(was)


def test_a_password_is_not_known_but_whether_it_was_right() -> None:
    for keys in ("4|1234#", "4|1243#"):
        was = call(keys).record
        assert {pressed.keys for pressed in was.keys if pressed.node == "member"} <= {"****", ""}
        again = simulate(scene_of(was, documents()), NOBODY_PREPARED).record
        assert path(again) == path(was)


def test_one_group_after_the_other_or_none() -> None:
    assert destination(call("1").record) == ("sales", "answered")
    assert destination(call("2", "li=paused wang=talking").record) == ("service", "flow_ended")
    assert destination(call("29", "li=paused wang=talking").record) == ("service", "sales", "voicemail")
    assert destination(call("0").record) == ("bye", "flow_ended")


def test_nobody_was_on_duty() -> None:
    was = call("2", "li=away wang=away").record
    again = simulate(scene_of(was, documents()), NOBODY_PREPARED).record
    assert path(again) == path(was) == "hours welcome service night voicemail"


def test_keys_pressed_for_nothing_are_silence() -> None:
    record = replace(call("1").record, keys=(Keys(node="welcome", keys="", outcome="timeout", at=MONDAY),))
    assert scene_of(record, documents()).keys == ","
