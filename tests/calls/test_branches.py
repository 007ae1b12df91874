"""Nodes that decide by themselves where a real call goes."""

import pytest

from tests.harness.demo_calls import CALLER
from tests.harness.node import Node

BRANCHES, FROM_SHANGHAI = "4008020000", "02161234567"


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
