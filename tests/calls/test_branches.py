"""Nodes that decide by themselves where a real call goes."""

import pytest

from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.sipp import hears, presses, presses_and_is_hung_up

BRANCHES, LOCKED, FROM_SHANGHAI = "4008020000", "4008020001", "02161234567"


@pytest.mark.parametrize(
    ("caller", "status", "nodes"),
    [(CALLER, 486, ["where", "open", "share", "busy"]), (FROM_SHANGHAI, 503, ["where", "elsewhere"])],
)
async def test_place_hours_and_chance(node: Node, caller: str, status: int, nodes: list[str]) -> None:
    """13800138000 is a mobile of Beijing."""
    before = await node.stream.newest()
    call = await node.sipp.refused(caller, BRANCHES, status)
    assert await call.wait(30) == 0
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == nodes
    assert (record.end_state, record.answered) == ("flow_ended", None)


async def test_a_password_and_a_number_are_keyed_in(node: Node) -> None:
    """A wrong password first, while it is asked for."""
    before = await node.stream.newest()
    steps = [hears(500), presses("4321#"), hears(500), presses("1234#"), hears(1000)]
    steps += [presses("98"), presses_and_is_hung_up("7")]
    call = await node.sipp.call(CALLER, LOCKED, steps)
    assert await call.wait(40) == 0
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == ["lock", "order", "vip", "bye"]
    assert [(said.node, said.keys, said.outcome) for said in record.keys] == [
        ("lock", "****", "invalid"), ("lock", "****", "match"), ("order", "987", "match"),
    ]  # fmt: skip
