"""Packages and money drawn by billing's commits, against a real Redis."""

import asyncio
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from services.billing.pricing import price
from services.billing.reckoning import reckon
from services.billing.service import Billing
from services.domain import book, money
from services.domain.book import Book
from services.domain.documents import Account, Document, Hotline
from services.domain.package import Package
from services.domain.record import Hop, Record, from_json
from services.store import books, documents, keys, ledger
from tests.harness.cel import BEGIN_MS
from tests.harness.tariffs import per_increment
from tests.store.entries import entries
from tests.unit.domain.test_rating import CALL

MILLION = 1_000_000
DAY = date(2026, 3, 2)
HOTLINE = Hotline.model_validate(
    {"kind": "hotline", "number": "4008001234", "account": "shop", "name": "x"}
    | {"flow": {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}}
)
PACKAGE = Package.model_validate(
    {"kind": "package", "id": "ten", "name": "ten", "cycle": {"anchor": "renewal_day"}, "fee": "1.00"}
    | {"included": [{"minutes": 10}], "alerts": [50, 100]}
)


def shop(**fields: Any) -> Account:
    known: dict[str, Any] = {"kind": "account", "id": "shop", "name": "Shop", "tariff": "standard"}
    known |= {"packages": [{"package": "ten", "since": DAY}]}
    return Account.model_validate(known | {"notify": {"url": "http://x.example/", "secret": "s" * 16}} | fields)


def call(number: int, minutes: int = 3) -> Record:
    return replace(CALL, call_id=f"pbx1-1772416800.{number}", ended=BEGIN_MS + minutes * 60_000)


@pytest.fixture
async def agreed(redis: Redis) -> None:
    known: list[Document] = [shop(), PACKAGE, per_increment("0.12"), HOTLINE]
    await documents.apply(redis, known)


class Committer(Billing):
    """Billing without files: what it was given is committed."""

    def __init__(self, redis: Redis, folder: Path, pbx: str) -> None:
        super().__init__(redis, folder, pbx, None)

    async def commit(self, *records: Record) -> None:
        await self._commit(list(records))


async def reckoned(redis: Redis) -> tuple[Book, list[str]]:
    stored = (await books.get(redis, "shop")).book
    reckoning = await reckon(redis, {"shop": stored})
    return stored, reckoning["shop"].drift(stored)


def seconds(stored: Book) -> int:
    return sum(sum(kept.left) for kept in stored.packages)


async def paid(redis: Redis) -> int:
    charges = [from_json(fields[b"record"]).charge for _, fields in await entries(redis, keys.RATED_STREAM)]
    return sum(money.micros(Decimal(charge.total)) for charge in charges if charge)


@pytest.mark.usefixtures("agreed")
async def test_calls_draw_minutes_then_money_and_the_streams_add_up_to_the_book(redis: Redis, tmp_path: Path) -> None:
    await Committer(redis, tmp_path, "pbx1").commit(*(call(number) for number in range(4)))
    stored, drift = await reckoned(redis)
    assert drift == []
    # 12 minutes, 10 of them included: 2 x 0.12, and the fee of 1.00
    assert (seconds(stored), stored.balance, stored.number) == (0, -1_240_000, 4)
    fields = [fields for _, fields in await entries(redis, keys.RATED_STREAM)]
    assert [one[b"ledger"] for one in fields] == [b"1", b"2", b"3", b"4"]


@pytest.mark.usefixtures("agreed")
async def test_calls_committed_again_change_nothing(redis: Redis, tmp_path: Path) -> None:
    billing = Committer(redis, tmp_path, "pbx1")
    await billing.commit(call(1), call(2))
    before = await books.get(redis, "shop")
    await billing.commit(call(1), call(2))
    assert await books.get(redis, "shop") == before
    await billing.commit(call(1), call(3), call(2))  # one of them new, as after a crash
    stored, drift = await reckoned(redis)
    assert (drift, seconds(stored), stored.number) == ([], 60, 3)


@pytest.mark.usefixtures("agreed")
async def test_marks_are_told_once_in_the_step_that_reaches_them(redis: Redis, tmp_path: Path) -> None:
    billing = Committer(redis, tmp_path, "pbx1")
    await billing.commit(*(call(number) for number in range(5)))
    await billing.commit(*(call(number) for number in range(5)))
    told = [json.loads(fields[b"message"]) for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    assert [(one["kind"], one["values"]["mark"], one["values"]["left_seconds"]) for one in told] == [
        ("usage_alert", 50, 240),
        ("usage_alert", 100, 0),
    ]


@pytest.mark.usefixtures("agreed")
async def test_what_was_priced_from_another_state_is_not_written(redis: Redis) -> None:
    early, late = await price(redis, [call(1)]), await price(redis, [call(2)])
    [first] = await ledger.commit(redis, early)
    [second] = await ledger.commit(redis, late)
    assert first.new
    assert (second.entry_id, second.new) == ("", False)
    assert await redis.xlen(keys.RATED_STREAM) == 1
    assert not await redis.exists(keys.committed(call(2).call_id))


@pytest.mark.usefixtures("agreed")
async def test_billing_of_several_hosts_shares_an_account(redis: Redis, tmp_path: Path) -> None:
    hosts = [Committer(redis, tmp_path, f"pbx{number}") for number in range(3)]
    batches = [[call(100 * host + number, 1) for number in range(4)] for host in range(3)]
    await asyncio.gather(*(host.commit(*batch) for host, batch in zip(hosts, batches, strict=True)))
    stored, drift = await reckoned(redis)
    assert (drift, seconds(stored), stored.number) == ([], 0, 12)
    assert await paid(redis) == 240_000  # whichever two of the twelve minutes they were
    assert sum(host.written for host in hosts) == 12


async def test_an_account_without_packages_keeps_no_book(redis: Redis, tmp_path: Path) -> None:
    await documents.apply(redis, [shop(packages=[]), per_increment("0.12"), HOTLINE])
    await Committer(redis, tmp_path, "pbx1").commit(call(1))
    [(_, fields)] = await entries(redis, keys.RATED_STREAM)
    assert b"ledger" not in fields
    assert await books.accounts(redis) == []


async def test_without_its_package_a_call_goes_unrated(redis: Redis, tmp_path: Path) -> None:
    await documents.apply(redis, [shop(), per_increment("0.12"), HOTLINE])
    await Committer(redis, tmp_path, "pbx1").commit(call(1))
    [(_, fields)] = await entries(redis, keys.UNRATED_STREAM)
    assert fields[b"reason"] == b"there is no package 'ten'"


@pytest.mark.usefixtures("agreed")
async def test_concurrent_top_ups_all_count(redis: Redis, tmp_path: Path) -> None:
    await Committer(redis, tmp_path, "pbx1").commit(call(1))
    top_up = partial(book.top_up, amount=5 * MILLION, day=DAY, text="")
    await asyncio.gather(*(books.change(redis, "shop", top_up) for _ in range(5)))
    stored, drift = await reckoned(redis)
    assert (drift, stored.balance) == ([], 24 * MILLION)
    assert await books.accounts(redis) == ["shop"]


@pytest.mark.usefixtures("agreed")
async def test_whatever_is_changed_or_lost_is_reported(redis: Redis, tmp_path: Path) -> None:
    await Committer(redis, tmp_path, "pbx1").commit(call(1), call(2))
    [_, second] = await entries(redis, keys.RATED_STREAM)
    await redis.xdel(keys.RATED_STREAM, second[0])
    _, drift = await reckoned(redis)
    assert drift == [
        "1 of 2 steps stand on no stream, the first is 2",
        "ten@1: 240 seconds left, by the streams 420",
    ]


async def test_extra_services_are_booked_in_the_step_of_the_call_that_used_them(redis: Redis, tmp_path: Path) -> None:
    extras = {"sms": {"price": "0.10", "per": "use", "included": 1}, "recording": {"price": "0.05", "per": "use"}}
    dear = PACKAGE.model_validate(PACKAGE.model_dump(exclude_none=True) | {"extras": extras})
    missed = {"missed_calls": {"text_to": ["13900139000", "13900139001"], "webhook": True}}
    asks = HOTLINE.model_validate(HOTLINE.model_dump(exclude_none=True) | missed)
    await documents.apply(redis, [shop(), dear, per_increment("0.12"), asks])
    sought = Hop(node="n", kind="group", at=BEGIN_MS, group="g", attempts=())
    calls = [
        replace(call(1), end_state="abandoned_ringing", hops=(sought,)),
        replace(call(2), recordings=("talk.wav",), agent_answered=BEGIN_MS),
    ]
    for _ in range(2):
        await Committer(redis, tmp_path, "pbx1").commit(*calls)
    found = [line async for line in books.lines(redis, "shop") if line.kind == "extra"]
    assert [(line.number, line.amount, line.text) for line in found] == [
        (1, -100_000, "sms: 2 used, 1 included, 1 x 0.10"),
        (2, -50_000, "recording: 1 used, 0 included, 1 x 0.05"),
    ]
    stored, drift = await reckoned(redis)
    assert (drift, stored.balance, stored.packages[0].used) == ([], -1_150_000, {"sms": 2, "recording": 1})
