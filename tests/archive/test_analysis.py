"""Analyses against the same questions asked of the records, one by one, in Python."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import database
from services.archive.analysis import (
    Asked,
    Callers,
    Dimension,
    Key,
    callers,
    costs,
    duty,
    figures,
    recorded,
    steps,
    stretches,
    talks,
    unserved,
    waits,
)
from services.archive.service import Filler
from services.archive.wanted import ALL
from services.domain.charge import Charge
from services.domain.record import Record
from services.domain.statistics.bins import TALK_EDGES_S, WAIT_EDGES_S, bin_of
from services.domain.statistics.days import begin_of, day_of
from services.domain.statistics.figures import Duty, Figures
from services.domain.statistics.replay import Shift
from tests.archive.calls import ACCOUNTS, AGENTS, BEGIN, calls, correct, corrected, live, put

CHINA = timezone(timedelta(hours=8))
PLACES = {"13800138000": "北京", "13911112222": "北京", "01087654321": "北京", "02161234567": "上海"}
FIRST = date(2026, 3, 2).toordinal()
HOUR = 3_600_000


def began(record: Record) -> datetime:
    return datetime.fromtimestamp(record.started / 1000, CHINA)


def day(record: Record) -> int:
    return began(record).date().toordinal()


def group_of(record: Record) -> str | None:
    return next((hop.group for hop in record.hops if hop.group), None)


def billed(charge: Charge | None) -> int:
    return sum(one.seconds for one in charge.segments) if charge else 0


BY: dict[Dimension, Callable[[Record], Key]] = {
    "day": day,
    "hour": lambda record: began(record).hour,
    "weekday": lambda record: began(record).weekday(),
    "week_hour": lambda record: began(record).weekday() * 24 + began(record).hour,
    "end_state": lambda record: record.end_state,
    "province": lambda record: PLACES.get(record.caller or ""),
    "region": lambda record: PLACES.get(record.caller or ""),
    "agent": lambda record: record.agent,
    "group": group_of,
    "hotline": lambda record: record.hotline,
}
NOT_OF_ALL: set[Dimension] = {"agent", "group", "hotline"}


def naive(records: Iterable[Record]) -> Figures:
    records = list(records)
    answered = [record for record in records if record.end_state == "answered"]
    gone = [record for record in records if record.end_state in ("abandoned_waiting", "abandoned_ringing")]
    talked, waited = sum(record.talk_ms for record in answered), sum(record.wait_ms for record in answered)
    paid = sum(billed(record.charge) for record in records)
    return Figures(len(records), len(answered), len(gone), waited, talked, 0, paid)


def by(records: Iterable[Record], key: Callable[[Record], Any]) -> dict[Any, Figures]:
    parts = defaultdict(list)
    for record in records:
        parts[key(record)].append(record)
    return {which: naive(some) for which, some in parts.items()}


def random_asked(chance: random.Random) -> Asked:
    def some(value: Any) -> Any:
        return value if chance.random() < 0.3 else None

    first = FIRST + chance.randrange(-10, 20)
    period = {"first": first, "last": first + chance.choice((0, 3, 10, 60)), "kind": some("inbound")}
    if chance.random() < 0.2:
        return Asked(account=ALL, **period)
    account = chance.choice(ACCOUNTS)
    group, agent = some(chance.choice(("sales", "service"))), some(chance.choice(AGENTS))
    return Asked(account=account, hotline=some("4008001234"), group=group, agent=agent, **period)


def among(asked: Asked, record: Record, *, agent: bool = True) -> bool:
    return (
        asked.account in (ALL, record.account)
        and asked.first <= day(record) <= asked.last
        and asked.kind in (None, record.kind)
        and asked.hotline in (None, record.hotline)
        and asked.group in (None, group_of(record))
        and (not agent or asked.agent in (None, record.agent))
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_analyses_say_what_the_records_say(redis: Redis, engine: AsyncEngine, seed: int) -> None:
    records = calls(300, seed)
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    changed: dict[str, Record] = {}
    for record in records[::5]:  # first and second corrections, in another batch and in the same
        for number in (1, 2)[: 1 + len(changed) % 2]:
            one = corrected(record, f"{number}.50", number, minutes=number)
            await correct(redis, one)
            changed[record.call_id] = replace(record, charge=one.charge)
    await Filler(redis, engine).catch_up()
    records = [changed.get(record.call_id, record) for record in records]
    chance = random.Random(seed)
    async with engine.connect() as connection:
        for _ in range(15):
            asked = random_asked(chance)
            those = [record for record in records if among(asked, record)]
            for dimension, key in BY.items():
                if asked.account is not ALL or dimension not in NOT_OF_ALL:
                    assert await figures(connection, asked, dimension) == by(those, key), dimension
            queued = [record for record in those if group_of(record)]
            assert await waits(connection, asked) == by(queued, lambda one: bin_of(one.wait_ms, WAIT_EDGES_S))
            answered = [record for record in those if record.end_state == "answered"]
            assert await talks(connection, asked) == by(answered, lambda one: bin_of(one.talk_ms, TALK_EDGES_S))
            assert await costs(connection, asked) == ({"CNY": money(those)} if those else {})
        for account in ACCOUNTS:
            everything = Asked(account=ALL, first=FIRST, last=FIRST + 30)
            found = await figures(connection, everything, "account")
            assert found[account] == naive(record for record in records if record.account == account)


def money(records: Iterable[Record]) -> int:
    return int(sum(Decimal(record.charge.total) for record in records if record.charge) * 1_000_000)


async def test_ways_through_the_flow_and_where_minutes_were_lost(redis: Redis, engine: AsyncEngine) -> None:
    records = calls(300, 3)
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    chance = random.Random(3)
    async with engine.connect() as connection:
        for _ in range(10):
            asked = random_asked(chance)
            those = [record for record in records if among(asked, record, agent=False)]
            ways: Counter[tuple[Any, ...]] = Counter()
            lost: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
            for record in those:
                [pressed] = record.keys
                ends = [(hop.node, hop.kind) for hop in record.hops[1:]] + [(record.end_state, "end")]
                for depth, (hop, end) in enumerate(zip(record.hops, ends, strict=True)):
                    ways[depth, hop.node, hop.kind, "" if depth else pressed.keys, *end] += 1
                if record.end_state not in {"answered", "voicemail"} and not record.callback_agreed:
                    last = record.hops[-1] if asked.account is not ALL else None
                    where = (last.node, last.kind) if last else ("", "")
                    lost[*where, began(record).hour, record.end_state].append(record)
            found = await steps(connection, asked)
            expected = {} if asked.account is ALL else ways
            assert {(s.depth, s.node, s.node_kind, s.keys, s.next, s.next_kind): s.calls for s in found} == expected
            unanswered = await unserved(connection, asked)
            assert {(one.node, one.node_kind, one.hour, one.end_state): one.charge for one in unanswered} == {
                key: money(some) for key, some in lost.items()
            }
            assert sum(one.billed_s for one in unanswered) == sum(naive(some).billed_s for some in lost.values())
            drawn = sum(minutes_drawn(record) for some in lost.values() for record in some)
            assert sum(one.worth - one.charge for one in unanswered) == drawn * 120_000
            assert sum(one.calls for one in unanswered) == sum(map(len, lost.values()))


def minutes_drawn(record: Record) -> int:
    assert record.charge is not None
    return sum(part.quantity for one in record.charge.segments for part in one.drawn)


async def test_who_calls_again(redis: Redis, engine: AsyncEngine) -> None:
    records = [record for record in calls(60, 4) if record.account == "shop"]
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    asked = Asked(account="shop", first=FIRST, last=FIRST + 30)
    count = Counter(record.caller for record in records if record.caller)
    async with engine.connect() as connection:
        found = await callers(connection, asked)
        assert found.by_calls == Counter(count.values())
        assert {one.number: one.calls for one in found.most} == {n: k for n, k in count.items() if k > 1}
        assert [one.calls for one in found.most] == sorted((one.calls for one in found.most), reverse=True)
        top = found.most[0]
        times = [record.started for record in records if record.caller == top.number]
        assert (top.first, top.last) == (min(times), max(times))
        assert len((await callers(connection, asked, 1)).most) == 1
        assert await callers(connection, replace(asked, agent="nobody")) == Callers({}, [])


async def test_what_agents_did_is_kept_once_and_outlives_a_rebuild(redis: Redis, engine: AsyncEngine) -> None:
    [call] = [one for one in calls(50, 5) if one.account == "shop" and one.end_state == "answered"][:1]
    seven = begin_of(day_of(BEGIN)) + 7 * HOUR
    await live(redis, {"agent": "li", "state": "ready", "since": seven})
    await Filler(redis, engine).catch_up()
    await live(
        redis,
        {"agent": "li", "state": "ringing", "since": seven + 10_000, "call": call.call_id},
        {"agent": "wang", "state": "paused", "reason": "午餐", "since": seven},
        {"of": "caller", "agent": "", "state": "waiting", "since": seven},
        {"agent": "li", "state": "busy", "since": seven + 15_000, "call": call.call_id},
        {"agent": "li", "state": "wrap_up", "since": seven + 75_000},
    )
    await Filler(redis, engine).catch_up()
    await live(
        redis,
        {"agent": "li", "state": "ready", "since": seven + 85_000},
        {"agent": "li", "state": "ringing", "since": seven + 90_000, "call": "x"},
        {"agent": "li", "state": "wrap_up", "since": seven + 92_000},
        {"agent": "li", "state": "busy", "reason": "own_call", "since": seven + 95_000},
        {"agent": "li", "state": "ready", "since": seven + 96_000},
        {"agent": "li", "state": "offline", "since": seven + 24 * HOUR},
    )
    await put(redis, [call])
    await Filler(redis, engine).catch_up()
    asked = Asked(account="shop", first=day_of(BEGIN), last=day_of(BEGIN) + 40)
    first = replace(asked, last=asked.first)
    expected = Duty(
        ready_ms=10_000 + 5_000 + 17 * HOUR - 96_000,
        ringing_ms=5_000 + 2_000,
        busy_ms=60_000,
        wrap_ms=10_000,
        rest_ms=3_000,
        own_call_ms=1_000,
    )
    for again in (False, True):
        if again:
            await database.empty(engine)
            await redis.xtrim("events:live", maxlen=1)
            await Filler(redis, engine).catch_up()
        async with engine.connect() as connection:
            by_agent = await duty(connection, first, "agent")
            by_day = await duty(connection, asked, "day")
            answered = await figures(connection, asked, "agent")
            there = await stretches(connection, first, ["li"], [call.call_id])
            alone = await stretches(connection, first, ["li"], [])
            [known] = await recorded(connection, asked, 10)
        assert by_agent == {"li": expected}
        assert by_day[asked.first + 1] == Duty(ready_ms=7 * HOUR)
        assert answered[call.agent].wrap_ms == 10_000
        midnight = begin_of(asked.first + 1)
        assert there == [Shift("li", seven, seven + 95_000), Shift("li", seven + 96_000, midnight)]
        assert alone[0] == Shift("li", seven, seven + 15_000)
        assert known.handling == call.talk_ms + 10_000


async def test_what_users_send_is_never_sql(redis: Redis, engine: AsyncEngine) -> None:
    await put(redis, calls(5, 4))
    await Filler(redis, engine).catch_up()
    async with engine.connect() as connection:
        for text in ("' OR 1=1 --", "'; DROP TABLE tallies; --", "%", "\\", "shop' --", "\N{PILE OF POO}"):
            for name in ("account", "agent", "group", "hotline"):
                hostile: dict[str, Any] = {"account": "shop", "first": FIRST, "last": FIRST + 30, name: text}
                asked = Asked(**hostile)
                assert await figures(connection, asked, "day") == {}
                assert (await callers(connection, asked)).most == []


def test_of_all_accounts_there_is_no_group() -> None:
    with pytest.raises(ValueError, match="no hotline, group or agent"):
        Asked(account=ALL, first=0, last=1, group="sales")
