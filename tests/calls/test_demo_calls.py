from collections.abc import Mapping

import pytest

from tests.harness.demo_calls import DEMO_CALLS, DemoCall, outcome
from tests.harness.node import Node
from tests.harness.play import play
from tests.harness.sipp import Phone


@pytest.mark.parametrize("call", DEMO_CALLS, ids=lambda call: call.title)
async def test_a_call_of_the_demonstration(node: Node, phones: Mapping[str, Phone], call: DemoCall) -> None:
    record = await play(node.sipp, node.stream, call, phones)
    assert outcome(record) == call.expected


async def test_times_add_up(node: Node, phones: Mapping[str, Phone]) -> None:
    record = await play(node.sipp, node.stream, DEMO_CALLS[0], phones)
    assert record.answered is not None
    assert record.ringing is not None
    assert record.agent_answered is not None
    assert record.started <= record.answered < record.ringing < record.agent_answered < record.ended
    assert record.started + record.total_ms == record.ended
    assert record.menu_ms + record.ring_ms + record.talk_ms == pytest.approx(record.ended - record.answered, abs=20)
    assert 2000 <= record.menu_ms <= 3000
    assert 200 <= record.ring_ms <= 700
    assert 2000 <= record.talk_ms <= 3000
