"""Callers in vain are those that the records say, reckoned one by one in Python."""

import random
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.archive.missed import Caller, Sought, callers
from services.archive.service import Filler
from services.domain.notices import is_missed
from services.domain.record import Record
from tests.archive.calls import ACCOUNTS, BEGIN, WEEKS_MS, calls, put

Numbered = tuple[int, Record]


def sought_by(chance: random.Random) -> Sought:
    def some(value: Any) -> Any:
        return value if chance.random() < 0.25 else None

    since = BEGIN + chance.randrange(WEEKS_MS // 2)
    return Sought(
        account=chance.choice(ACCOUNTS),
        since=since,
        until=since + chance.randrange(WEEKS_MS),
        digits=some("8000"),
        hotline=some("4008001234"),
        group=some("sales"),
        abandoned=chance.random() < 0.5,
        open_only=chance.random() < 0.5,
    )


def in_vain(sought: Sought, record: Record) -> bool:
    group = next((hop.group for hop in record.hops if hop.group), None)
    return (
        record.account == sought.account
        and record.caller is not None
        and record.kind == "inbound"
        and is_missed(record)
        and sought.since <= record.started < sought.until
        and record.caller.endswith(sought.digits or "")
        and sought.group in (None, group)
        and (not sought.abandoned or record.end_state.startswith("abandoned_"))
    )


def naive(sought: Sought, records: list[Record]) -> list[tuple[str, int, str | None]]:
    order = [(one.started, number, one) for number, one in enumerate(records)]
    by_caller = sorted((one for one in order if in_vain(sought, one[2])), key=lambda one: str(one[2].caller))
    made = []
    for caller, some in groupby(by_caller, key=lambda one: one[2].caller):
        vain = sorted(some, key=lambda one: one[:2])
        started, number, last = vain[-1]
        answered = (one for one in order if one[2].account == sought.account and one[2].caller == caller)
        since = sorted(one[:2] for one in answered if one[2].end_state == "answered" and one[0] >= started)
        served = records[since[0][1]].call_id if since else None
        if served is None or not sought.open_only:
            made.append(((started, number), (last.call_id, len(vain), served)))
    return [row for _, row in sorted(made, reverse=True)]


async def all_of(connection: AsyncConnection, sought: Sought, size: int) -> list[Caller]:
    found: list[Caller] = []
    after = None
    while True:
        page = await callers(connection, sought, after, size)
        assert len(page.callers) <= size
        found += page.callers
        if (after := page.next) is None:
            return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_callers_in_vain_are_those_of_the_records(redis: Redis, engine: AsyncEngine, seed: int) -> None:
    records = calls(150, seed)
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    chance = random.Random(seed)
    async with engine.connect() as connection:
        for _ in range(60):
            sought = sought_by(chance)
            found = await all_of(connection, sought, chance.randint(1, 5))
            shown = [(one.call.call_id, one.attempts, one.served.call_id if one.served else None) for one in found]
            assert shown == naive(sought, records)


async def test_who_was_called_back_is_no_longer_open(redis: Redis, engine: AsyncEngine) -> None:
    period = Sought(account="shop", since=BEGIN, until=BEGIN + WEEKS_MS)
    records = [one for one in calls(3000, 3) if one.account == "shop" and one.caller == "13800138000"]
    missed = next(one for one in records if one.kind == "inbound" and is_missed(one))
    back = next(
        one
        for one in records
        if one.kind == "callback" and one.end_state == "answered" and one.started > missed.started
    )
    await put(redis, [missed])
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        [caller] = (await callers(connection, replace(period, open_only=True))).callers
        assert (caller.call.call_id, caller.served) == (missed.call_id, None)
    await put(redis, [back])
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        assert (await callers(connection, replace(period, open_only=True))).callers == []
        [caller] = (await callers(connection, period)).callers
    assert caller.served is not None
    assert (caller.served.kind, caller.served.call_id, caller.served.agent) == ("callback", back.call_id, back.agent)
