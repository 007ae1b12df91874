"""Callers who dial an extension, or are led to one agent."""

from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches, rung
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, presses_and_is_hung_up, talks

SWITCHBOARD = "4005100001"


@pytest.mark.usefixtures("desk")
async def test_an_extension_is_dialled_and_its_agent_scored(node: Node, phones: Mapping[str, Phone]) -> None:
    """Of an agent who is logged out, as nobody asks at an extension."""
    before = await node.stream.newest()
    phone = await phones["1001"].answers(talks(2500), hangs_up())
    steps = [hears(1000), presses("1001"), hears(5000), presses_and_is_hung_up("5")]
    caller = await node.sipp.call(CALLER, SWITCHBOARD, steps)
    assert [await side.wait(30) for side in (phone, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    assert [(hop.node, hop.kind) for hop in record.hops] == [
        ("welcome", "menu"), ("welcome", "agent"), ("rate", "survey"), ("bye", "hangup"),
    ]  # fmt: skip
    assert [(said.keys, said.outcome) for said in record.keys] == [("1001", "match"), ("5", "match")]
    assert rung(record) == ["1001 answered"]
    assert record.survey
    assert (record.survey.score, record.survey.agent, record.survey.group) == (5, "1001", None)


async def test_a_short_key_that_others_begin_with_rings_one_agent(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    before = await node.stream.newest()
    await agents.login(desk, "1002", now())
    phone = await phones["1002"].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, SWITCHBOARD, [hears(1000), presses("1#"), hears(2500), hangs_up()])
    await reaches(desk, "1002", {State.BUSY})
    assert [await side.wait(30) for side in (phone, caller)] == [0, 0]
    await reaches(desk, "1002", {State.WRAP_UP})
    [record] = await node.stream.after(before)
    assert [(hop.node, hop.kind, hop.group) for hop in record.hops[1:]] == [("direct", "agent", "judged")]
    assert (rung(record), record.end_state, record.agent) == (["1002 answered"], "answered", "1002")
