"""The flow sends a caller to a number outside."""

from collections.abc import Mapping

import pytest

from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, is_hung_up, talks

OUTSIDE = "4005100003"


@pytest.mark.parametrize("answers", [True, False], ids=["answers", "is busy"])
async def test_a_number_outside(node: Node, phones: Mapping[str, Phone], *, answers: bool) -> None:
    """Billed from its answer: the call is not answered before. What follows the talk is heard."""
    before, other = await node.stream.newest(), phones["lao-wang"]
    does = other.answers(talks(2000), hangs_up(), after=1500) if answers else other.rejects("486 Busy Here")
    outside, caller = await does, await node.sipp.call(CALLER, OUTSIDE, [is_hung_up()])
    assert [await side.wait(30) for side in (outside, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    [attempt] = record.hops[0].attempts
    assert (record.hops[0].kind, attempt.agent, attempt.dial) == ("transfer", "", "02161234567@carrier")
    assert [hop.node for hop in record.hops] == ["out", "thanks", "bye"]
    if not answers:
        assert (attempt.result, record.end_state) == ("busy", "unanswered")
        return
    assert (attempt.result, record.end_state, record.agent) == ("answered", "answered", None)
    assert record.answered
    assert attempt.answered
    assert abs(record.answered - attempt.answered) < 500
    assert record.answered - record.started > 1400
