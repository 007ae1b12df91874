"""Asterisk is killed in mid-talk and started again: the call is on record, marked, and rated as far as it is known."""

from collections.abc import Mapping

from tests.calls.test_crashes import in_cel, seen
from tests.harness.demo_calls import CALLER
from tests.harness.desk import rung
from tests.harness.node import PHONES, Node
from tests.harness.sipp import Phone, hears, is_hung_up

HOTLINE = "4008010000"


async def test_a_call_that_asterisk_died_under(node: Node, phones: Mapping[str, Phone]) -> None:
    """Written as soon as Asterisk runs again, before anybody calls; no row tells its end."""
    before = await node.stream.newest()
    bridged = await seen(node, "BRIDGE_ENTER")
    phone = await phones["1001"].answers(is_hung_up(60_000))
    caller = await node.sipp.call(CALLER, HOTLINE, [hears(60_000)])
    try:
        await in_cel(node, "BRIDGE_ENTER", bridged + 2)
        await node.asterisk.kill()
    finally:
        for side in (caller, phone):
            await side.kill()
        await node.asterisk.start()
        await node.asterisk_ready()
        for agent in PHONES:
            await node.sipp.register(agent, node.passwords[agent], port=phones[agent].port)
    [record] = await node.stream.after(before)
    assert (record.end_state, record.hung_up_by, record.agent) == ("cut_off", "platform", "1001")
    assert rung(record) == ["1001 answered"]
    assert record.agent_answered is not None
    assert record.agent_answered <= record.ended < record.agent_answered + 5000
    assert record.charge is not None
    [segment] = record.charge.segments
    assert (record.charge.total, segment.from_, segment.to) == ("0.12", record.answered, record.ended)
