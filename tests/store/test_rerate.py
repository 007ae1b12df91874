"""``hotline rerate`` on real streams: 61 s are two minutes, 0.24 at 0.12 and 0.40 at 0.20."""

import json
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from redis.asyncio import Redis

from services.billing.pricing import price
from services.billing.reckoning import reckon
from services.billing.rerating import rerate
from services.domain import book, clock
from services.domain.book import Book
from services.domain.money import text
from services.domain.rating import CHINA_TIME
from services.domain.record import Record
from services.store import books, corrections, documents, keys, ledger, records
from services.store.books import Change
from services.store.corrections import BookChangedError, OutrunError
from services.store.due import now
from services.store.ledger import Entry
from tests.harness.process import run
from tests.harness.redis_server import RedisServer
from tests.store.entries import entries
from tests.store.test_records import HOTLINE
from tests.store.test_statement import parsed
from tests.unit.domain.test_rating import CALL
from tests.unit.services.test_rate import DOCUMENTS

OWN = replace(CALL, hotline="4001234567", hotline_version=1, account="shop", hops=(), answered=CALL.started)
OWN = replace(OWN, ended=OWN.started + 61_000)
DAY = date(2026, 3, 2)
PERIOD = ("--since", "2026-03-02", "--until", "2026-03-03")


async def rerated(server: RedisServer, *options: str) -> dict[str, Any]:
    said = await run([HOTLINE, "rerate", *PERIOD, "--json", *options], {"HOTLINE_REDIS_URL": server.url})
    found: dict[str, Any] = json.loads(said)
    return found


async def sell(redis: Redis, rate: str) -> None:
    without = DOCUMENTS.replace("packages: [{package: p, since: 2026-03-01}]\n", "")
    await documents.apply(redis, parsed(without.replace("0.12", rate)))


async def test_corrections_are_added_once(redis: Redis, server: RedisServer) -> None:
    [unrated] = await price(redis, [replace(OWN, call_id="unrated")])
    assert unrated.unrated == "there is no account 'shop'"
    await sell(redis, "0.12")
    later = replace(OWN, call_id="later", ended=OWN.ended + 86_400_000, answered=OWN.ended + 86_400_000)
    rated = await price(redis, [replace(OWN, call_id="rated"), later])
    await ledger.commit(redis, [unrated, *rated])
    before = await entries(redis, "cdr:rated")
    await sell(redis, "0.20")
    expected = {"account": "shop", "calls": 2, "changed": 1, "newly_rated": 1, "left": 0}
    expected |= {"old": "0.24", "new": "0.80", "difference": "0.56"}
    assert await rerated(server) == expected
    assert await redis.exists("cdr:corrections") == 0
    assert await rerated(server, "--apply") == expected
    nothing = expected | {"changed": 0, "newly_rated": 0, "old": "0.80", "difference": "0.00"}
    assert await rerated(server, "--apply") == nothing
    [(_, fields)] = await entries(redis, "cdr:corrections")
    assert (fields[b"id"], fields[b"amount"]) == (b"rated:1:std@1>std@2", b"0.16")
    now = await entries(redis, "cdr:rated")
    assert now[:2] == before, "nothing is edited"
    assert [fields[b"call_id"] for _, fields in now[2:]] == [b"unrated"]
    await sell(redis, "0.06")
    assert (await rerated(server, "--apply"))["difference"] == "-0.56"
    amounts = [(one.correction.id, one.correction.amount) async for one in corrections.written(redis)]
    assert amounts[1:] == [("rated:2:std@2>std@3", "-0.28"), ("unrated:1:std@2>std@3", "-0.28")]


async def test_who_was_outrun_writes_nothing(redis: Redis, server: RedisServer) -> None:
    await test_corrections_are_added_once(redis, server)
    [first, *_] = [one.correction async for one in corrections.written(redis)]
    with pytest.raises(OutrunError):
        await corrections.write(redis, replace(first, id="rated:1:std@1>std@3"), "")
    assert await redis.xlen("cdr:corrections") == 3


BOOKED = DOCUMENTS.replace("cycle: {}", "cycle: {anchor: renewal_day}").replace("alerts: [50]", "alerts: [100]")


async def keep(redis: Redis, rate: str) -> None:
    """A shop that has three minutes for 10.00."""
    await documents.apply(redis, parsed(BOOKED.replace("0.12", rate)))


def own(name: str, days: int = 0) -> Record:
    later = days * 86_400_000
    return replace(
        OWN, call_id=name, started=OWN.started + later, answered=OWN.started + later, ended=OWN.ended + later
    )


async def booked(redis: Redis) -> tuple[Book, list[str]]:
    stored = (await books.get(redis, "shop")).book
    return stored, (await reckon(redis, {"shop": stored}))["shop"].drift(stored)


def left(stored: Book) -> int:
    return sum(sum(kept.left) for kept in stored.packages)


async def test_a_correction_is_a_step_of_the_book_and_leaves_minutes_drawn(redis: Redis, server: RedisServer) -> None:
    """Four minutes in two calls, three covered: 0.12 at 0.12, 0.20 at 0.20."""
    await keep(redis, "0.12")
    for name in ("covered", "partly"):
        await ledger.commit(redis, await price(redis, [own(name)]))
    before, _ = await booked(redis)
    await keep(redis, "0.20")
    found = await rerated(server, "--apply")
    assert (found["changed"], found["old"], found["new"], found["left"]) == (1, "0.12", "0.20", 0)
    [one] = [one async for one in corrections.written(redis)]
    assert (one.correction.call_id, one.correction.amount, one.number) == ("partly", "0.08", 3)
    after, drift = await booked(redis)
    fees = sum(line.amount for line in [line async for line in books.lines(redis, "shop")] if line.number == 3)
    assert (after.number, after.balance, drift) == (3, before.balance - 80_000 + fees, [])
    assert (left(before), left(after)) == (0, 180), "those of a cycle that began meanwhile are not touched"
    await rerated(server, "--apply")
    assert (await booked(redis))[0] == after, "once"
    [(entry, _)] = await entries(redis, "cdr:corrections")
    await redis.xdel("cdr:corrections", entry)
    assert (await booked(redis))[1] == [
        f"balance: {text(after.balance)}, by the streams {text(after.balance + 80_000)}"
    ]


async def test_a_call_rated_late_draws_minutes_as_they_stand_when_it_is(redis: Redis, server: RedisServer) -> None:
    """The cycle of its day is long over; it has two of the present one's three minutes."""
    unrated = await price(redis, [own("unrated")])
    await keep(redis, "0.12")
    await ledger.commit(redis, unrated)
    assert (await rerated(server))["new"] == "0.00"
    assert await redis.exists(keys.book("shop"), "cdr:rated") == 0
    for _ in range(2):
        await rerated(server, "--apply")
    [found] = [one async for one in records.written(redis)]
    today = clock.moment(now(), CHINA_TIME).day
    assert (found.number, found.day) == (1, today)
    stored, drift = await booked(redis)
    assert (stored.number, left(stored), drift) == (1, 60, [])
    assert stored.packages[0].cycle.begin <= today < stored.packages[0].cycle.end


async def test_a_correction_of_a_call_in_no_book_is_in_none(redis: Redis, server: RedisServer) -> None:
    await sell(redis, "0.12")
    await ledger.commit(redis, await price(redis, [own("before")]))
    await keep(redis, "0.20")
    assert (await rerated(server, "--apply"))["new"] == "0.40"
    [(_, fields)] = await entries(redis, "cdr:corrections")
    assert b"ledger" not in fields
    assert await books.accounts(redis) == []


async def test_whoever_changes_the_book_meanwhile_loses_nothing(redis: Redis) -> None:
    late = await price(redis, [own("late")])
    await keep(redis, "0.12")
    for name in ("one", "two", "three"):
        await ledger.commit(redis, await price(redis, [own(name)]))
    await ledger.commit(redis, late)
    await keep(redis, "0.20")
    changed = []
    period = (OWN.started - 1, OWN.ended + 1)
    async for one in rerate(redis, *period, None, lambda: None, now=now(), apply=True):
        changed.append((one.record.call_id, one.changed))
        await books.change(redis, "shop", partial(book.top_up, amount=1_000_000, day=DAY, text=""))
    assert changed == [("one", False), ("two", True), ("three", True), ("late", True)]
    stored, drift = await booked(redis)
    assert (drift, stored.number) == ([], 3 + 3 + 4)
    [first, *_] = [one.correction async for one in corrections.written(redis)]
    stale = Change(9, "0", (("SET", "never", "1"),))
    with pytest.raises(BookChangedError):
        await corrections.write(redis, replace(first, id="x", call_id="x"), "", stale)
    assert await redis.exists("never", keys.corrected("x")) == 0


async def test_what_has_no_price_is_named(redis: Redis, server: RedisServer) -> None:
    await ledger.commit(redis, [Entry(replace(OWN, charge=None), "no tariff")])
    with pytest.raises(RuntimeError, match="is left as it is: there is no account 'shop'"):
        await rerated(server, "--apply")
    assert await redis.xlen("cdr:rated") == 0
