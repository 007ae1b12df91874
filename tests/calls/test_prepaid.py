"""Accounts that cannot pay, on real calls."""

from datetime import date
from functools import partial

import pytest

from services.domain import book
from services.domain.record import Record
from services.store import books
from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.sipp import is_hung_up

SUSPENDED, PREPAID = "4007800000", "4007800001"


async def refused(node: Node, to: str) -> Record:
    before = await node.stream.newest()
    caller = await node.sipp.refused(CALLER, to, 403)
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    return record


@pytest.mark.parametrize("to", [SUSPENDED, PREPAID])
async def test_who_calls_an_account_that_cannot_pay_hears_so_unanswered(node: Node, to: str) -> None:
    record = await refused(node, to)
    assert (record.end_state, record.answered, record.hops) == ("suspended", None, ())
    assert record.charge is not None
    assert record.charge.total == "0.00"
    assert record.total_ms > 1000, "the sentence was not played"


async def test_after_a_top_up_calls_are_paid_from_it_until_it_is_spent(node: Node) -> None:
    added = partial(book.top_up, amount=10_000, day=date(2026, 3, 2), text="")
    await books.change(node.redis, "prepaid", added)
    before = await node.stream.newest()
    caller = await node.sipp.call(CALLER, PREPAID, [is_hung_up()])
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    assert record.end_state == "flow_ended"
    assert (await books.get(node.redis, "prepaid")).book.balance < 0
    assert (await refused(node, PREPAID)).end_state == "suspended"
