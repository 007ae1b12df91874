import pytest

from services.domain import features
from services.domain.agents import Event, Standing, State
from services.domain.features import Decision, Feature, decide

NOW = 1_772_416_800_000
REASONS = {"1": "午餐"}


def at_its_phone(**known: object) -> Standing:
    """Who dials has its phone in use."""
    return Standing("li", state=State.BUSY, reason="own_call", phone="in_use", **{"on_duty": 1, **known})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("feature", "digit", "known", "expected"),
    [
        (Feature.LOG_IN, "", {"on_duty": 0}, Decision(features.LOGGED_IN, Event.LOGIN)),
        (Feature.LOG_IN, "", {}, Decision(features.IS_IN)),
        (Feature.LOG_OUT, "", {}, Decision(features.LOGGED_OUT, Event.LOGOUT)),
        (Feature.LOG_OUT, "", {"on_duty": 0}, Decision(features.IS_OUT)),
        (Feature.PAUSE, "1", {}, Decision(features.paused("午餐"), Event.PAUSE, "午餐")),
        (Feature.PAUSE, "2", {}, Decision(features.NO_REASON)),
        (Feature.PAUSE, "1", {"on_duty": 0}, Decision(features.IS_OUT)),
        (Feature.RESUME, "", {"pause": "午餐"}, Decision(features.RESUMED, Event.RESUME)),
        (Feature.RESUME, "", {"ready_at": NOW + 1}, Decision(features.WRAPPED, Event.WRAPPED)),
        (Feature.RESUME, "", {"pause": "x", "ready_at": NOW + 1}, Decision(features.RESUMED, Event.RESUME)),
        (Feature.RESUME, "", {"ready_at": NOW + 1, "call": "c1", "talking": 1}, Decision(features.NOTHING_TO_END)),
        (Feature.RESUME, "", {"ready_at": NOW}, Decision(features.NOTHING_TO_END)),
        (Feature.RESUME, "", {"on_duty": 0, "pause": "x"}, Decision(features.IS_OUT)),
    ],
)
def test_what_is_done(feature: Feature, digit: str, known: dict[str, object], expected: Decision) -> None:
    assert decide(feature, at_its_phone(**known), digit, REASONS, NOW) == expected


@pytest.mark.parametrize(
    "known",
    [
        {"on_duty": 0},
        {},
        {"call": "c1"},
        {"call": "c1", "talking": 1},
        {"ready_at": NOW + 1},
        {"pause": "午餐"},
        {"pause": "missed"},
        {"pause": "by hand"},
    ],
)
def test_every_state_is_told_in_words_of_its_own_that_were_prepared(known: dict[str, object]) -> None:
    told = decide(Feature.ASK, at_its_phone(**known), "", REASONS, NOW)
    assert told.event is None
    assert told.says in set(features.sentences(REASONS))
    others = [decide(Feature.ASK, at_its_phone(**other), "", REASONS, NOW).says for other in ({}, {"on_duty": 0})]
    assert known in ({}, {"on_duty": 0}) or told.says not in others
