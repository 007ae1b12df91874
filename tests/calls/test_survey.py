"""The agent hangs up and the caller is asked how content it was."""

from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.calls.test_crashes import in_cel, kill_and_start, seen
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches, rung
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, presses_and_is_hung_up, talks

JUDGED = "4005100000"


@pytest.fixture
async def judged(desk: Distribution) -> Distribution:
    await agents.login(desk, "1001", now())
    return desk


async def test_a_score_is_given_while_the_agent_wraps_up(
    node: Node, phones: Mapping[str, Phone], judged: Distribution
) -> None:
    before = await node.stream.newest()
    phone = await phones["1001"].answers(talks(1000), hangs_up())
    caller = await node.sipp.call(CALLER, JUDGED, [hears(4500), presses_and_is_hung_up("3")])
    await reaches(judged, "1001", {State.WRAP_UP})
    assert caller.running
    assert [await side.wait(30) for side in (phone, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    assert (record.end_state, record.hung_up_by, rung(record)) == ("answered", "agent", ["1001 answered"])
    assert [hop.node for hop in record.hops] == ["line", "rate", "bye"]
    assert record.survey
    assert (record.survey.score, record.survey.agent, record.survey.group) == (3, "1001", "judged")
    assert record.ended - (record.hops[0].attempts[0].ended or 0) > 2000


@pytest.mark.usefixtures("judged")
@pytest.mark.parametrize("dies", ["while two people talk", "while the caller is asked"])
async def test_a_service_that_dies_costs_no_score(node: Node, phones: Mapping[str, Phone], dies: str) -> None:
    event, further = ("BRIDGE_ENTER", 2) if dies == "while two people talk" else ("NODE", 2)
    before, happened = await node.stream.newest(), await seen(node, event)
    phone = await phones["1001"].answers(talks(2000), hangs_up())
    caller = await node.sipp.call(CALLER, JUDGED, [hears(9000), presses_and_is_hung_up("2")])
    await in_cel(node, event, happened + further)
    await kill_and_start(node.agi)
    await node.agi_ready()
    assert [await side.wait(40) for side in (phone, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    assert record.survey
    assert (record.end_state, record.survey.score, record.survey.agent) == ("answered", 2, "1001")
    assert rung(record) == ["1001 answered"]
