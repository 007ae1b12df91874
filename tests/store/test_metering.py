"""Reservations of many calls at once, against a real Redis."""

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.billing.metering import Metering, Running, SpentError
from services.domain import book
from services.domain.documents import Account, Document
from services.domain.package import Cycle
from services.domain.reservation import FINISHED_MS, Hold, Ticket, drift, total
from services.domain.tariff import Metering as Terms
from services.store import books, documents, keys, reservations
from services.store.due import end, now
from tests.harness.tariffs import per_increment
from tests.harness.waiting import until
from tests.store.test_books import DAY, HOTLINE, PACKAGE, Committer, call, reckoned

TERMS = Terms(slice_seconds=10, warning_seconds=0)
CALLER = "13800138000"


def running(name: str) -> Running:
    return Running("shop", name, HOTLINE.number, 1)


def begins(_: Ticket | None) -> Ticket:
    return Ticket(CALLER, f"+86{CALLER}", now(), talking=now())


def same(known: Ticket | None) -> Ticket | None:
    return known


@pytest.fixture
async def shop(redis: Redis) -> Metering:
    """Its calls cost 0.12 a minute, and it has three yuan."""
    tariff = per_increment("0.12").model_copy(update={"metering": TERMS})
    owner = Account.model_validate(
        {"kind": "account", "id": "shop", "name": "x", "tariff": "standard", "prepaid": True}
    )
    known: list[Document] = [owner, tariff, HOTLINE]
    await documents.apply(redis, known)
    await books.change(redis, "shop", partial(book.top_up, amount=3_000_000, day=DAY, text=""))
    return Metering(redis)


async def held(redis: Redis) -> Hold:
    return (await reservations.standing(redis, "shop", "nobody")).others


async def test_however_many_come_at_once_no_more_is_held_than_there_is(redis: Redis, shop: Metering) -> None:
    processes = [shop, *(Metering(redis) for _ in range(3))]

    async def comes(number: int) -> bool:
        try:
            await processes[number % 4].reserve(running(f"c{number}"), begins)
        except SpentError:
            return False
        return True

    taken = await asyncio.gather(*(comes(number) for number in range(40)))
    assert sum(taken) == 25
    assert await held(redis) == Hold(3_000_000, {}, 25)
    each = await reservations.of_account(redis, "shop")
    assert total(one.hold for one in each.values()) == await held(redis)


async def test_a_record_frees_what_its_call_held(redis: Redis, shop: Metering, tmp_path: Path) -> None:
    record = replace(call(1), account="shop")
    for name in (record.call_id, "another"):
        await shop.reserve(running(name), begins)
    await Committer(redis, tmp_path, "pbx1").commit(record)
    assert await held(redis) == Hold(120_000, {}, 1)
    assert await redis.zrange(keys.METERED, 0, -1) == [b"shop another"]
    _, drift = await reckoned(redis)
    assert drift == []


async def test_minutes_that_a_running_call_holds_are_not_drawn_by_another(
    redis: Redis, shop: Metering, tmp_path: Path
) -> None:
    """Ten minutes are included: one is held, so that of a call of ten minutes nine are covered and one is paid."""
    owner = {"kind": "account", "id": "shop", "name": "x", "tariff": "standard", "prepaid": True}
    packages = [{"package": "ten", "since": DAY}]
    long = PACKAGE.model_copy(update={"cycle": Cycle(months=120)})
    more: list[Document] = [Account.model_validate(owner | {"packages": packages}), long]
    await documents.apply(redis, more)
    await shop.reserve(running("another"), begins)
    await Committer(redis, tmp_path, "pbx1").commit(call(1, minutes=10))
    stored = (await books.get(redis, "shop")).book
    assert [sum(kept.left) for kept in stored.packages] == [60]
    assert stored.balance == 3_000_000 - 1_000_000 - 120_000


async def test_a_sum_that_has_drifted_is_seen(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), begins)
    assert drift(*await reservations.sums(redis, "shop")) == []
    await redis.hincrby(keys.held("shop"), "money", 5)
    [sentence] = drift(*await reservations.sums(redis, "shop"))
    assert sentence == (
        "reserved for calls: 0.120005 and 0 seconds for 1 calls, by the reservations 0.12 and 0 seconds for 1 calls"
    )


async def test_what_is_given_back_is_there_for_others(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), begins)
    await reservations.give_back(redis, "shop", "c1")
    await reservations.give_back(redis, "shop", "c1")
    assert await held(redis) == Hold(0, {}, 0)
    assert not await redis.exists(keys.reserved("shop"), keys.held("shop"), keys.METERED)


async def test_nothing_is_reserved_for_a_call_of_which_nothing_is_known(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), same)
    assert await held(redis) == Hold(0, {}, 0)


async def test_who_looks_at_a_call_renews_it(redis: Redis, shop: Metering) -> None:
    """As if its time had come, whichever process had begun it."""
    await shop.reserve(running("c1"), begins)
    first = (await reservations.of_account(redis, "shop"))["c1"]
    watching = asyncio.create_task(Metering(redis).run())
    try:
        await reservations.put_off(redis, "shop", "c1", 0)

        async def renewed() -> bool:
            return (await reservations.of_account(redis, "shop"))["c1"].until > first.until

        await until(renewed, "the reservation to be renewed", 15)
    finally:
        await end([watching])
    due = await reservations.next_due(redis)
    assert due is not None
    assert now() < due < now() + 10_000


async def test_a_call_that_is_over_is_left_alone(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), begins)
    await shop.over(running("c1"))
    due = await reservations.next_due(redis)
    assert due is not None
    assert due > now() + FINISHED_MS - 60_000
    assert await held(redis) == Hold(120_000, {}, 1)


async def test_what_a_call_held_whose_record_never_comes_is_free_at_last(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), begins)
    standing = await reservations.standing(redis, "shop", "c1")
    assert standing.own
    old = replace(standing.own, until=now() - FINISHED_MS)
    assert await reservations.reserve(redis, old, 0, standing.state)
    watching = asyncio.create_task(shop.run())
    try:

        async def is_free() -> bool:
            return await held(redis) == Hold(0, {}, 0)

        await until(is_free, "what was held to be free", 15)
    finally:
        await end([watching])


async def test_of_two_processes_one_takes_a_call_that_is_due(redis: Redis, shop: Metering) -> None:
    await shop.reserve(running("c1"), begins)
    await reservations.put_off(redis, "shop", "c1", 0)
    taken = [await reservations.claim(redis, now(), 10_000) for _ in range(2)]
    assert taken == [[("shop", "c1")], []]
