"""``hotline statement`` on a real stream; what must come out was worked out by hand.

The shop pays 10.00 on each first day for three minutes, 0.12 for each further one, and a month costs 0.60 at least.
March: 61 s are two minutes, covered; 119 s are two, one covered, one 0.12; the last one, to a millisecond before
midnight, is 0.12. 0.36 lack to 0.60: 10.00 + 0.24 + 0.36 = 10.60. April: 200 s are four minutes, three covered, one
0.12; 0.48 lack: 10.00 + 0.12 + 0.48 = 10.60.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from pydantic import TypeAdapter
from redis.asyncio import Redis
from ruamel.yaml import YAML

from services.billing.pricing import price
from services.billing.settling import settle
from services.cli.records import CHINA
from services.domain import book, money
from services.domain.correction import correction, to_json
from services.domain.documents import Account, Document, Subscription
from services.domain.instant import from_rfc3339
from services.domain.package import Package
from services.domain.record import Record
from services.store import books, corrections, documents, ledger
from services.store.books import Change
from services.store.ledger import Entry
from tests.harness.process import run
from tests.harness.redis_server import RedisServer
from tests.store.entries import entries
from tests.store.test_records import HOTLINE
from tests.unit.domain.test_rating import CALL
from tests.unit.services.test_rate import DOCUMENTS

SHOP = DOCUMENTS.replace('fee: "10"', 'fee: "10"\nminimum: "0.60"').replace(
    "name: x\ntariff", "name: <b>店</b>\ntariff"
)
EVIL = "<script>alert(1)</script>"
MAY = date(2026, 5, 1)
CALLS = [("2026-03-02T10:00", 61), ("2026-03-31T23:00", 119), ("2026-03-31T23:59", 60), ("2026-04-01T10:00", 200)]


def parsed(text: str) -> list[Document]:
    return [TypeAdapter(Document).validate_python(one) for one in YAML(typ="safe").load_all(text)]


def shop() -> list[Document]:
    return parsed(SHOP)


def made() -> list[Record]:
    calls = []
    for number, (begin, seconds) in enumerate(CALLS):
        started = from_rfc3339(f"{begin}:00+08:00")
        assert isinstance(started, int)
        ended = started + seconds * 1000 - (1 if seconds == 60 else 0)
        call = replace(CALL, call_id=f"c{number}", hotline="4001234567", account="shop", caller_name=EVIL, hops=())
        times: dict[str, Any] = {"started": started, "answered": started, "agent_answered": None, "ended": ended}
        calls.append(replace(call, caller="+8613800138000", **times))
    return calls


async def bill(redis: Redis, found: Sequence[Document] | None = None, until: date = MAY) -> list[Record]:
    """The calls as they are billed, one after the other; then the days pass."""
    await documents.apply(redis, shop() if found is None else found)
    rated = []
    for call in made():
        [entry] = await price(redis, [call])
        await ledger.commit(redis, [entry])
        rated.append(entry.record)
    other = replace(rated[0], call_id="other", account="other")
    unrated = replace(rated[0], call_id="unrated", charge=None)
    await ledger.commit(redis, [Entry(other), Entry(unrated, "no tariff")])
    await settle(redis, "shop", until)
    return rated


async def stated(server: RedisServer, *options: str) -> str:
    return await run([HOTLINE, "statement", "shop", *options], {"HOTLINE_REDIS_URL": server.url})


async def said(server: RedisServer, cycle: str, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await stated(server, "--cycle", cycle, "--format", "json", *options))
    return found


async def test_the_sums_worked_out_by_hand(redis: Redis, server: RedisServer) -> None:
    await bill(redis)
    march = await said(server, "2026-03")
    assert [(call["call_id"], call["total"]) for call in march["calls"]] == [
        ("c0", "0.00"),
        ("c1", "0.12"),
        ("c2", "0.12"),
    ]
    assert march["sums"] == [
        {
            "leg": "inbound",
            "tariff": "std@1",
            "rule": "all",
            "count": 3,
            "seconds": 300,
            "drawn": 180,
            "amount": "0.24",
        }
    ]
    assert march["drawn"] == {"p@1": 180}
    assert [(one["kind"], one["day"], one["amount"]) for one in march["entries"]] == [
        ("fee", "2026-03-01", "10.00"),
        ("minimum", "2026-04-01", "0.36"),
    ]
    assert (march["calls_total"], march["total"], march["unrated"]) == ("0.24", "10.60", 1)
    april = await said(server, "2026-04")
    assert [(one["kind"], one["day"], one["amount"]) for one in april["entries"]] == [
        ("fee", "2026-04-01", "10.00"),
        ("minimum", "2026-05-01", "0.48"),
    ]
    assert (april["calls_total"], april["total"], april["unrated"]) == ("0.12", "10.60", 0)
    streamed = [json.loads(fields[b"record"]) for _, fields in await entries(redis, "cdr:rated")]
    own = sum(Decimal(one["charge"]["total"]) for one in streamed if one["account"] == "shop")
    assert own == Decimal(march["calls_total"]) + Decimal(april["calls_total"])


async def test_a_table_adds_up_and_holds_no_formula(redis: Redis, server: RedisServer) -> None:
    await bill(redis)
    text = await stated(server, "--cycle", "2026-03", "--format", "csv")
    *rows, total, begin, outside, end = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    assert [row["what"] for row in rows] == ["call", "call", "call", "fee", "minimum"]
    assert (begin["amount"], outside["amount"], end["amount"]) == ("0.00", "0.00", "-10.60")
    assert total["amount"] == "10.60"
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(total["amount"])
    assert rows[0]["caller"] == "'+8613800138000"


async def test_corrections_count_in_the_month_they_are_written(redis: Redis, server: RedisServer) -> None:
    dear = (await bill(redis))[1]
    assert dear.charge is not None
    one = correction(dear, "shop", dear.charge, replace(dear.charge, version=2, total="0.20"), 1)
    written = datetime(2026, 4, 30, 23, 59, 59, tzinfo=CHINA)
    fields: Any = {"correction": to_json(one)}
    await redis.xadd("cdr:corrections", fields, id=f"{int(written.timestamp()) * 1000}-0")
    march = await said(server, "2026-03")
    assert (march["corrections"], march["total"]) == ([], "10.60")
    april = (await stated(server, "--cycle", "2026-04", "--format", "csv")).splitlines()
    assert april[-5].endswith(",c1:1:std@1>std@2,4001234567,,,std@1 > std@2,0.08")
    assert april[-4].endswith(",10.68")
    assert "c1:1:std@1&gt;std@2" in await stated(server, "--cycle", "2026-04")


async def test_a_page_to_print_escapes_all(redis: Redis, server: RedisServer) -> None:
    await bill(redis)
    chinese = await stated(server, "--cycle", "2026-03")
    assert "size: A4" in chinese
    assert "<script" not in chinese
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in chinese
    assert "&lt;b&gt;店&lt;/b&gt;" in chinese
    assert "400 热线账单" in chinese
    assert ">10.60<" in chinese
    english = await stated(server, "--cycle", "2026-03", "--language", "en")
    assert "Monthly minimum" in english
    assert ">10.60<" in english


async def test_top_ups_less_what_is_owed_are_what_the_balance_grew_by(redis: Redis, server: RedisServer) -> None:
    prepaid = [one.model_copy(update={"prepaid": True}) if isinstance(one, Account) else one for one in shop()]
    for amount, day in ((20, date(2026, 3, 3)), (30, date(2026, 4, 30)), (5, MAY)):
        await books.change(redis, "shop", partial(book.top_up, amount=amount * 1_000_000, day=day, text="=1+1"))
    await bill(redis, prepaid)
    found = [await said(server, cycle) for cycle in ("2026-02", "2026-03", "2026-04", "2026-05")]
    assert [(one["balance"]["begin"], one["balance"]["end"]) for one in found] == [
        ("0.00", "0.00"),
        ("0.00", "9.40"),  # 20.00 less 10.60
        ("9.40", "28.80"),  # and 30.00 less 10.60
        ("28.80", "23.80"),  # and 5.00 less the fee of May
    ]
    assert money.text((await books.get(redis, "shop")).book.balance) == "23.80"
    for one in found:
        topped_up = sum(Decimal(entry["amount"]) for entry in one["top_ups"])
        owed = Decimal(one["total"]) - Decimal(one["outside"])
        assert Decimal(one["balance"]["begin"]) + topped_up - owed == Decimal(one["balance"]["end"])
    table = (await stated(server, "--cycle", "2026-03", "--format", "csv")).splitlines()
    assert table[-4:] == [
        "balance_begin,,,,,,,0.00",
        "top_up,2026-03-03,,,,,'=1+1,20.00",
        "outside,,,,,,,0.00",
        "balance_end,,,,,,,9.40",
    ]
    assert '期末余额</td><td class="n">9.40<' in await stated(server, "--cycle", "2026-03")


async def test_calls_and_corrections_in_no_book_are_owed_beside_it(redis: Redis, server: RedisServer) -> None:
    [early, *_] = made()
    bookless = [one.model_copy(update={"packages": []}) if isinstance(one, Account) else one for one in shop()]
    await documents.apply(redis, bookless)
    await ledger.commit(redis, await price(redis, [replace(early, call_id="early")]))
    await bill(redis)
    march = await said(server, "2026-03")
    assert (march["total"], march["outside"], march["balance"]) == ("10.84", "0.24", {"begin": "0.00", "end": "-10.60"})


async def test_a_call_rated_late_counts_on_the_day_that_it_is(redis: Redis, server: RedisServer) -> None:
    await bill(redis)
    day = date(2026, 4, 20)
    late = replace(made()[0], call_id="unrated")
    [entry] = await price(redis, [late])
    await corrections.write_late(redis, entry.record, day, Change(entry.number or 0, entry.state, entry.along))
    march, april = await said(server, "2026-03"), await said(server, "2026-04")
    assert (len(march["calls"]), march["unrated"], march["total"]) == (3, 0, "10.60")
    assert [call["call_id"] for call in april["calls"]] == ["unrated", "c3"]
    balances = (march["balance"]["end"], april["balance"]["begin"])
    assert balances == ("-10.60", "-10.60")


async def test_what_is_due_and_not_booked_is_said(redis: Redis, server: RedisServer) -> None:
    await bill(redis, until=date(2026, 4, 1))
    april = await said(server, "2026-04")
    assert ([one["kind"] for one in april["entries"]], april["unbooked"], april["total"]) == (["fee"], 1, "10.12")
    assert "尚未入账的套餐项目: 1" in await stated(server, "--cycle", "2026-04")
    assert (await said(server, "2026-03"))["unbooked"] == 0


async def test_a_packages_own_cycle(redis: Redis, server: RedisServer) -> None:
    own = Package.model_validate(
        {"kind": "package", "id": "own", "name": "x", "fee": "7.00", "cycle": {"anchor": "renewal_day"}}
    )
    account, *rest = shop()
    assert isinstance(account, Account)
    both = [*account.packages, Subscription(package="own", since=date(2026, 3, 15))]
    await bill(redis, [account.model_copy(update={"packages": both}), own, *rest])
    cycle = await said(server, "2026-04-14", "--package", "own")
    assert (cycle["begin"], cycle["end"]) == ("2026-03-15", "2026-04-15")
    assert [call["call_id"] for call in cycle["calls"]] == ["c1", "c2", "c3"]
    assert [(one["kind"], one["package"], one["amount"]) for one in cycle["entries"]] == [
        ("fee", "own@1", "7.00"),
        ("minimum", "p@1", "0.36"),
        ("fee", "p@1", "10.00"),
    ]
    assert (await said(server, "2026-03-14"))["begin"] == "2026-03-01", "only one package has begun"
    listed = "own from 2026-03-15 to 2026-04-15, p from 2026-04-01 to 2026-05-01"
    sentence = f"2026-04-14 is in several packages' cycles, say which with --package: {listed}"
    with pytest.raises(RuntimeError, match=f"exited 1: {sentence}"):
        await stated(server, "--cycle", "2026-04-14")
    with pytest.raises(RuntimeError, match="exited 1: account 'shop' has no cycle of own that 2026-03-14 is in"):
        await stated(server, "--cycle", "2026-03-14", "--package", "own")
    with pytest.raises(RuntimeError, match="exited 2"):
        await stated(server, "--cycle", "2026-04", "--package", "own")


async def test_what_is_wrong_is_told(redis: Redis, server: RedisServer) -> None:
    await documents.apply(redis, [document for document in shop() if document.kind != "package"])
    for account, sentence in (("shop", "there is no package 'p'"), ("none", "there is no account 'none'")):
        with pytest.raises(RuntimeError, match=f"exited 1: {sentence}"):
            await run([HOTLINE, "statement", account, "--cycle", "2026-03"], {"HOTLINE_REDIS_URL": server.url})
    with pytest.raises(RuntimeError, match="exited 2"):
        await run([HOTLINE, "statement", "shop", "--cycle", "2026-13"], {"HOTLINE_REDIS_URL": server.url})
