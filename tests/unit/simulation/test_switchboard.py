"""Simulated calls that dial an extension, and what follows the talk."""

from services.domain.reading import read
from services.simulation.call import Outcome, simulate
from services.simulation.scene import Scene, agents_of
from tests.unit.simulation.test_call import MONDAY, NOBODY_PREPARED, SHOP, path, rang

SWITCHBOARD = """
---
{kind: agent, id: zhao, account: shop, name: 赵, extension: "801", sip: {password: abcdefghijkl}}
---
kind: hotline
number: "4007654321"
account: shop
name: 总机
flow:
  start: welcome
  nodes:
    welcome:
      kind: menu
      prompt: 请拨分机
      keys: {"0": boss, "8": boss}
      extensions: {after: rate, otherwise: boss}
      otherwise: boss
    boss: {kind: agent, agent: boss, otherwise: bye}
    rate: {kind: survey, prompt: 请评分, scale: 3}
    bye: {kind: hangup}
"""


def call(keys: str, agents: str = "") -> Outcome:
    documents = [item.document for item in read("x", SHOP + SWITCHBOARD).located]
    scene = Scene(documents=documents, number="4007654321", at=MONDAY, keys=keys, agents=agents_of(agents))
    return simulate(scene, NOBODY_PREPARED)


def test_an_extension_and_a_score() -> None:
    outcome = call("801|3")
    assert (path(outcome), rang(outcome)) == ("welcome welcome rate", "zhao:answered")
    survey = outcome.record.survey
    assert survey
    assert (survey.score, survey.agent) == (3, "zhao")


def test_a_short_key_waits_for_more() -> None:
    outcome = call("8")
    assert (path(outcome), rang(outcome)) == ("welcome boss", "boss:answered")


def test_who_does_not_answer_at_its_extension() -> None:
    outcome = call("801", "zhao=ignores")
    assert (path(outcome), rang(outcome)) == ("welcome welcome boss", "zhao:no_answer boss:answered")
