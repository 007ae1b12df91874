"""Accounts that cannot pay, or not for long, on real calls."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from services.domain import book, money
from services.domain.record import Record
from services.store import books, keys, reservations
from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import CALLER_HOST, Phone, hangs_up, hears, is_hung_up, talks
from tests.harness.voices import Voice, speaking
from tests.harness.waiting import until

AUTO = "[auto_media_port]"
TONE = 1000
SUSPENDED, PREPAID = "4007800000", "4007800001"


async def refused(node: Node, to: str) -> Record:
    before = await node.stream.newest()
    caller = await node.sipp.refused(CALLER, to, 403)
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    return record


async def balance(node: Node) -> int:
    return (await books.get(node.redis, "prepaid")).book.balance


async def has(node: Node, amount: str) -> None:
    """Whatever the account had before."""
    added = money.micros(Decimal(amount)) - await balance(node)
    await books.change(node.redis, "prepaid", partial(book.top_up, amount=added, day=date(2026, 3, 2), text=""))


async def warned(*sides: Voice) -> None:
    async def hear_it() -> bool:
        return all(side.hears(TONE) for side in sides)

    await until(hear_it, "both sides to hear the tone", 25)


async def talking(
    node: Node, phones: Mapping[str, Phone], *caller_does: str, voices: tuple[str, str] = (AUTO, AUTO)
) -> tuple[Process, Process]:
    """``voices``: ports of whoever speaks for the caller and for the mobile."""
    phone = await phones["lao-wang"].answers(is_hung_up(60_000), media_port=voices[1])
    return phone, await node.sipp.call(CALLER, PREPAID, list(caller_does), media_port=voices[0])


@pytest.fixture(autouse=True)
async def nothing_is_held(node: Node) -> AsyncIterator[None]:
    yield
    await until(lambda: _free(node), "all reservations to be given back")


async def _free(node: Node) -> bool:
    return not await reservations.of_account(node.redis, "prepaid")


@pytest.mark.parametrize("to", [SUSPENDED, PREPAID])
async def test_who_calls_an_account_that_cannot_pay_hears_so_unanswered(node: Node, to: str) -> None:
    record = await refused(node, to)
    assert (record.end_state, record.answered, record.hops) == ("suspended", None, ())
    assert record.charge is not None
    assert record.charge.total == "0.00"
    assert record.total_ms > 1000, "the sentence was not played"


async def test_billing_settles_books_when_it_begins(node: Node) -> None:
    async def settled() -> bool:
        return bool(await node.redis.get(keys.SETTLED))

    assert await until(settled, "books settled", 10)


async def test_a_call_ends_with_the_money_after_a_tone(node: Node, phones: Mapping[str, Phone]) -> None:
    await has(node, "0.14")
    before = await node.stream.newest()
    async with speaking(CALLER_HOST, 500) as caller_, speaking(CALLER_HOST, 1400) as mobile:
        ports = str(caller_.port), str(mobile.port)
        phone, caller = await talking(node, phones, talks(500), is_hung_up(60_000), voices=ports)
        await warned(caller_, mobile)
        assert [await side.wait(40) for side in (phone, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    assert record.end_state == "answered"
    assert 0 <= await balance(node) < 50_000
    assert (await refused(node, PREPAID)).end_state == "suspended"


async def test_a_second_call_is_refused_what_the_first_may_need(node: Node, phones: Mapping[str, Phone]) -> None:
    await has(node, "0.15")
    phone, caller = await talking(node, phones, hears(8000), hangs_up())
    await until(partial(reservations.of_account, node.redis, "prepaid"), "the first call to be metered")
    await refused(node, PREPAID)
    assert [await side.wait(40) for side in (phone, caller)] == [0, 0]


async def test_a_top_up_in_the_last_seconds_lets_the_call_go_on(node: Node, phones: Mapping[str, Phone]) -> None:
    await has(node, "0.12")
    async with speaking(CALLER_HOST, 500) as caller_, speaking(CALLER_HOST, 1400) as mobile:
        ports = str(caller_.port), str(mobile.port)
        phone, caller = await talking(node, phones, talks(18_000), hangs_up(), voices=ports)
        await warned(caller_, mobile)
        await has(node, "5.00")
        assert [await side.wait(40) for side in (phone, caller)] == [0, 0]


async def test_another_process_ends_the_call_of_one_that_was_killed(node: Node, phones: Mapping[str, Phone]) -> None:
    await has(node, "0.16")
    phone, caller = await talking(node, phones, is_hung_up(60_000))
    await until(partial(reservations.of_account, node.redis, "prepaid"), "the call to be metered")
    before = await node.stream.newest()
    await node.agi.kill()
    await node.agi.start()
    await node.agi_ready()
    assert [await side.wait(40) for side in (phone, caller)] == [0, 0]
    [record] = await node.stream.after(before)
    assert record.total_ms > 5000
    assert await balance(node) >= 0
