"""Whom a survey is about, told from the rows of a call."""

import pytest

from services.domain.cdr import record_of
from services.domain.record import Survey
from tests.harness.cel import folded

BEGIN = """
0.000  CHAN_START    caller
0.001  CALL          caller  hotline=4001234567 caller= name=
0.002  JOURNEY       caller  account=demo version=1
"""
WAITS_IN_VAIN = """
1.000  NODE          caller  node=line kind=queue
1.001  QUEUED        caller  node=line group=sales position=1
"""
LI_ANSWERS = """
2.000  NODE          caller  node=first kind=KIND
2.001  OFFER         caller  node=first group=GROUP agent=li dial=1001
2.002  CHAN_START    1001
3.000  ANSWER        1001
3.001  BRIDGE_ENTER  1001
9.000  HANGUP        1001    cause=16 source=1001
"""
ASKED = """
10.000 NODE          caller  node=rate kind=survey
11.000 SURVEY        caller  node=rate score=SCORE
12.000 HANGUP        caller  cause=16 source=caller
12.001 LINKEDID_END  caller
"""


def survey(*tables: str, **changes: str) -> Survey | None:
    text = "\n".join([BEGIN, *tables])
    for name, value in changes.items():
        text = text.replace(name.upper(), value)
    record = record_of(folded(text), "pbx1")
    assert record
    return record.survey


def test_of_an_agent_whom_no_group_led_to() -> None:
    found = survey(WAITS_IN_VAIN, LI_ANSWERS, ASKED, kind="agent", group="", score="5")
    assert found
    assert (found.score, found.agent, found.group) == (5, "li", None)


def test_of_a_group() -> None:
    found = survey(WAITS_IN_VAIN, LI_ANSWERS, ASKED, kind="group", group="service", score="1")
    assert found
    assert (found.agent, found.group) == ("li", "service")


def test_of_nobody() -> None:
    found = survey(ASKED, score="3")
    assert found
    assert (found.score, found.agent, found.group) == (3, None, None)
    assert survey(WAITS_IN_VAIN) is None


@pytest.mark.parametrize("score", ["", "x", "-1"])
def test_a_score_that_is_none(score: str) -> None:
    found = survey(LI_ANSWERS, ASKED, kind="group", group="sales", score=score)
    assert found
    assert found.score is None


def test_the_last_of_several() -> None:
    again = ASKED.replace("rate", "again").replace("10.", "20.").replace("11.", "21.")
    found = survey(
        LI_ANSWERS, ASKED.partition("12.000")[0].replace("SCORE", "1"), again, kind="group", group="g", score="2"
    )
    assert found
    assert (found.node, found.score) == ("again", 2)
