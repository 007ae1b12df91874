"""Queries against the same questions asked of the records, one by one, in Python."""

import random
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import known
from services.archive.queries import count, one, search
from services.archive.schema import CALLS
from services.archive.service import Filler
from services.archive.wanted import ALL, Wanted
from services.domain.notices import is_missed
from services.domain.record import Record
from tests.archive.calls import ACCOUNTS, AGENTS, BEGIN, CALLERS, WEEKS_MS, calls, put

CHINA = timezone(timedelta(hours=8))
PLACES = {"13800138000": "北京", "13911112222": "北京", "01087654321": "北京", "02161234567": "上海"}


PLAIN = {"+86 139-1111-2222": "13911112222"}


def began(record: Record) -> datetime:
    return datetime.fromtimestamp(record.started / 1000, CHINA)


def group_of(record: Record) -> str | None:
    return next((hop.group for hop in record.hops if hop.group), None)


def micros(record: Record) -> int:
    assert record.charge is not None
    return int(Decimal(record.charge.total) * 1_000_000)


def random_wanted(chance: random.Random) -> Wanted:
    def some(value: Any) -> Any:
        return value if chance.random() < 0.25 else None

    since = BEGIN + chance.randrange(WEEKS_MS)
    return Wanted(
        account=chance.choice((*ACCOUNTS, ALL)),
        since=some(since),
        until=some(since + chance.randrange(WEEKS_MS)),
        kind=some("inbound"),
        hotline=some("4008001234"),
        number=some(chance.choice(CALLERS)),
        agent=some(chance.choice(AGENTS)),
        group=some(chance.choice(("sales", "service"))),
        end_states=some(("answered", "unanswered")),
        digits=some(chance.choice(("8000", "654321", "61234567", "+86 139-1111-2222", "0000", "95588", "588"))),
        rung=some(chance.choice(AGENTS)),
        came_to=some(chance.choice(("sales", "service"))),
        missed=some(chance.random() < 0.5),
        city=some("海"),
        province=some("北京"),
        region=some("上海"),
        charge_from=some(chance.randrange(5) * 1_000_000),
        charge_to=some(chance.randrange(5) * 1_000_000),
    )


def among(wanted: Wanted, record: Record) -> bool:
    place = PLACES.get(record.caller or "")
    least, most = wanted.charge_from, wanted.charge_to
    return (
        wanted.account in (ALL, record.account)
        and (wanted.since is None or record.started >= wanted.since)
        and (wanted.until is None or record.started < wanted.until)
        and wanted.kind in (None, record.kind)
        and wanted.hotline in (None, record.hotline)
        and (wanted.digits is None or (record.caller or "").endswith(PLAIN.get(wanted.digits, wanted.digits)))
        and (wanted.digits != "588")
        and wanted.rung in (None, *(attempt.agent for hop in record.hops for attempt in hop.attempts))
        and wanted.came_to in (None, *(hop.group for hop in record.hops))
        and wanted.missed in (None, record.kind == "inbound" and is_missed(record))
        and (wanted.city is None or wanted.city in (place or ""))
        and wanted.number in (None, record.caller)
        and wanted.agent in (None, record.agent)
        and wanted.group in (None, group_of(record))
        and (wanted.end_states is None or record.end_state in wanted.end_states)
        and wanted.province in (None, place)
        and wanted.region in (None, place)
        and (least is None or micros(record) >= least)
        and (most is None or micros(record) <= most)
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_queries_say_what_the_records_say(redis: Redis, engine: AsyncEngine, seed: int) -> None:
    records = calls(600, seed)
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    chance = random.Random(seed)
    async with engine.connect() as connection:
        for _ in range(40):
            wanted = random_wanted(chance)
            those = [record for record in records if among(wanted, record)]
            newest = sorted(enumerate(those), key=lambda pair: (pair[1].started, pair[0]), reverse=True)
            found, after, size = [], None, chance.randint(1, 60)
            while True:
                page = await search(connection, wanted, after, size)
                assert len(page.calls) <= size
                found += [call.call_id for call in page.calls]
                if (after := page.next) is None:
                    break
            assert found == [record.call_id for _, record in newest]
            assert await count(connection, wanted, 100) == min(len(those), 100)


async def test_names_are_those_of_the_records(redis: Redis, engine: AsyncEngine) -> None:
    records = calls(100, 6)
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        for account in (*ACCOUNTS, "other"):
            hops = [hop for record in records if record.account == account for hop in record.hops]
            agents = {attempt.agent for hop in hops for attempt in hop.attempts}
            assert await known.met(connection, account, "agent") == sorted(agents)
            assert await known.met(connection, account, "group") == sorted({hop.group for hop in hops if hop.group})
            assert await known.hotlines(connection, account) == (["4008001234"] if hops else [])


async def test_no_account_sees_another(redis: Redis, engine: AsyncEngine) -> None:
    [call] = calls(1, 3)
    await put(redis, [call])
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        for account in (call.account or "", ALL):
            whole = await one(connection, account, call.call_id)
            assert whole is not None
            assert whole.record == call
        assert await one(connection, "other", call.call_id) is None
        assert await one(connection, "", call.call_id) is None
        assert (await search(connection, Wanted(account=""))).calls == []


NAMED = ("account", "number", "digits", "agent", "rung", "group", "came_to", "province", "region", "city", "hotline")
HOSTILE = ("' OR 1=1 --", "'; DROP TABLE calls; --", "%", "_", "\\", "shop' --", "\N{PILE OF POO}")


async def test_what_users_send_is_never_sql(redis: Redis, engine: AsyncEngine) -> None:
    await put(redis, calls(5, 4))
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        for text in HOSTILE:
            for name in NAMED:
                asked: dict[str, Any] = {"account": ALL, name: text}
                assert (await search(connection, Wanted(**asked))).calls == []
            assert await one(connection, ALL, text) is None
        assert await connection.scalar(select(func.count()).select_from(CALLS)) == 5


async def test_a_number_is_found_however_it_is_written(redis: Redis, engine: AsyncEngine) -> None:
    await put(redis, calls(60, 5))
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        for plain, others in {
            "13800138000": ("+8613800138000", "008613800138000", "013800138000"),
            "01087654321": ("+861087654321", "861087654321"),
        }.items():
            expected = await search(connection, Wanted(account=ALL, number=plain))
            assert expected.calls
            for other in others:
                assert await search(connection, Wanted(account=ALL, number=other)) == expected
