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
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter
from redis.asyncio import Redis
from ruamel.yaml import YAML

from services.cli.records import CHINA
from services.domain.correction import correction, to_json
from services.domain.documents import Document
from services.domain.office import Office
from services.domain.record import Record, from_rfc3339
from services.domain.usage import Served, usage_of
from services.store import documents, ledger
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
CALLS = [("2026-03-02T10:00", 61), ("2026-03-31T23:00", 119), ("2026-03-31T23:59", 60), ("2026-04-01T10:00", 200)]


def parsed(text: str) -> list[Document]:
    return [TypeAdapter(Document).validate_python(one) for one in YAML(typ="safe").load_all(text)]


def shop() -> list[Document]:
    return parsed(SHOP)


def rated(found: Sequence[Document]) -> list[Record]:
    office = Office(found, None, [])
    calls = []
    for number, (begin, seconds) in enumerate(CALLS):
        started = from_rfc3339(f"{begin}:00+08:00")
        assert isinstance(started, int)
        ended = started + seconds * 1000 - (1 if seconds == 60 else 0)
        call = replace(CALL, call_id=f"c{number}", hotline="4001234567", account="shop", caller_name=EVIL, hops=())
        call = replace(
            call, caller="+8613800138000", started=started, answered=started, agent_answered=None, ended=ended
        )
        served = Served(call.hotline, "shop", started, ended, usage_of(call))
        calls.append(replace(call, charge=office.rate(served)))
    return calls


async def stated(redis: Redis, server: RedisServer, *options: str) -> str:
    await documents.apply(redis, shop())
    calls = rated(shop())
    other = replace(calls[0], call_id="other", account="other")
    unrated = replace(calls[0], call_id="unrated", charge=None)
    await ledger.commit(redis, [*map(Entry, [*reversed(calls), other]), Entry(unrated, "no tariff")])
    return await run([HOTLINE, "statement", "shop", *options], {"HOTLINE_REDIS_URL": server.url})


async def test_the_sums_worked_out_by_hand(redis: Redis, server: RedisServer) -> None:
    march = json.loads(await stated(redis, server, "--cycle", "2026-03", "--format", "json"))
    assert [(call["call_id"], call["total"]) for call in march["calls"]] == [
        ("c0", "0.00"),
        ("c1", "0.12"),
        ("c2", "0.12"),
    ]
    assert march["sums"] == [
        {
            "leg": "inbound",
            "tariff": "std@0",
            "rule": "all",
            "count": 3,
            "seconds": 300,
            "drawn": 180,
            "amount": "0.24",
        }
    ]
    assert march["drawn"] == {"p@0": 180}
    assert [(one["kind"], one["day"], one["amount"]) for one in march["postings"]] == [
        ("fee", "2026-03-01", "10.00"),
        ("minimum", "2026-04-01", "0.36"),
    ]
    assert (march["calls_total"], march["total"], march["unrated"]) == ("0.24", "10.60", 1)
    april = json.loads(await stated(redis, server, "--cycle", "2026-04", "--format", "json"))
    assert [(one["kind"], one["day"], one["amount"]) for one in april["postings"]] == [
        ("fee", "2026-04-01", "10.00"),
        ("minimum", "2026-05-01", "0.48"),
    ]
    assert (april["calls_total"], april["total"], april["unrated"]) == ("0.12", "10.60", 0)
    streamed = [json.loads(fields[b"record"]) for _, fields in await entries(redis, "cdr:rated")]
    own = sum(Decimal(one["charge"]["total"]) for one in streamed if one["account"] == "shop")
    assert own == Decimal(march["calls_total"]) + Decimal(april["calls_total"])


async def test_a_table_adds_up_and_holds_no_formula(redis: Redis, server: RedisServer) -> None:
    text = await stated(redis, server, "--cycle", "2026-03", "--format", "csv")
    *rows, total = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    assert [row["what"] for row in rows] == ["call", "call", "call", "fee", "minimum"]
    assert total["amount"] == "10.60"
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(total["amount"])
    assert rows[0]["caller"] == "'+8613800138000"


async def test_corrections_count_in_the_month_they_are_written(redis: Redis, server: RedisServer) -> None:
    dear = rated(shop())[1]
    assert dear.charge is not None
    one = correction(dear, "shop", dear.charge, replace(dear.charge, version=1, total="0.20"), 1)
    written = datetime(2026, 4, 30, 23, 59, 59, tzinfo=CHINA)
    fields: Any = {"correction": to_json(one)}
    await redis.xadd("cdr:corrections", fields, id=f"{int(written.timestamp()) * 1000}-0")
    march = json.loads(await stated(redis, server, "--cycle", "2026-03", "--format", "json"))
    assert (march["corrections"], march["total"]) == ([], "10.60")
    april = (await stated(redis, server, "--cycle", "2026-04", "--format", "csv")).splitlines()
    assert april[-2].endswith(",c1:1:std@0>std@1,4001234567,,,std@0 > std@1,0.08")
    assert april[-1].endswith(",10.68")
    assert "c1:1:std@0&gt;std@1" in await stated(redis, server, "--cycle", "2026-04")


async def test_a_page_to_print_escapes_all(redis: Redis, server: RedisServer) -> None:
    chinese = await stated(redis, server, "--cycle", "2026-03")
    assert "size: A4" in chinese
    assert "<script" not in chinese
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in chinese
    assert "&lt;b&gt;店&lt;/b&gt;" in chinese
    assert "400 热线账单" in chinese
    assert ">10.60<" in chinese
    english = await stated(redis, server, "--cycle", "2026-03", "--language", "en")
    assert "Monthly minimum" in english
    assert ">10.60<" in english


async def test_what_is_wrong_is_told(redis: Redis, server: RedisServer) -> None:
    await documents.apply(redis, [document for document in shop() if document.kind != "package"])
    for account, sentence in (("shop", "there is no package 'p'"), ("none", "there is no account 'none'")):
        with pytest.raises(RuntimeError, match=f"exited 1: {sentence}"):
            await run([HOTLINE, "statement", account, "--cycle", "2026-03"], {"HOTLINE_REDIS_URL": server.url})
    with pytest.raises(RuntimeError, match="exited 2"):
        await run([HOTLINE, "statement", "shop", "--cycle", "2026-13"], {"HOTLINE_REDIS_URL": server.url})
