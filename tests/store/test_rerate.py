"""``hotline rerate`` on real streams: 61 s are two minutes, 0.24 at 0.12 and 0.40 at 0.20."""

import json
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from services.billing.pricing import price
from services.store import corrections, documents, ledger
from services.store.corrections import OutrunError
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
    amounts = [(one.id, one.amount) async for one in corrections.written(redis)]
    assert amounts[1:] == [("rated:2:std@2>std@3", "-0.28"), ("unrated:1:std@2>std@3", "-0.28")]


async def test_who_was_outrun_writes_nothing(redis: Redis, server: RedisServer) -> None:
    await test_corrections_are_added_once(redis, server)
    [first, *_] = [one async for one in corrections.written(redis)]
    with pytest.raises(OutrunError):
        await corrections.write(redis, replace(first, id="rated:1:std@1>std@3"), "")
    assert await redis.xlen("cdr:corrections") == 3


async def test_what_has_no_price_is_named(redis: Redis, server: RedisServer) -> None:
    await ledger.commit(redis, [Entry(replace(OWN, charge=None), "no tariff")])
    with pytest.raises(RuntimeError, match="is left as it is: there is no account 'shop'"):
        await rerated(server, "--apply")
    assert await redis.xlen("cdr:rated") == 0
