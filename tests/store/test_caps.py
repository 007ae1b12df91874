"""How calls count at a node of kind `caps`, against a real Redis and a model that knows every call there was."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.domain.nodes.caps import CapsNode
from services.store import caps
from services.store.caps import HOUR_MS, LEASE_MS, Stay

CHINA = ZoneInfo("Asia/Shanghai")
BEGIN = int(datetime(2026, 1, 31, 13, tzinfo=UTC).timestamp() * 1000)
"""21:00 in China, three hours before a month ends."""


def node(**more: object) -> CapsNode:
    return CapsNode.model_validate({"kind": "caps", "next": "a", "otherwise": "b"} | more)


def stay(call: str, session: str = "one") -> Stay:
    return Stay("4001234567", "limit", call, session)


async def enter(redis: Redis, of: CapsNode, call: str, caller: str = "", at: int = BEGIN) -> str | None:
    return await caps.enter(redis, stay(call), of, caller, now=at, zone=CHINA)


async def test_calls_in_progress_count_until_they_are_over(redis: Redis) -> None:
    two = node(concurrent=2)
    assert [await enter(redis, two, call) for call in ("a", "b", "c")] == [None, None, "concurrent"]
    await caps.leave(redis, [stay("a")])
    assert [await enter(redis, two, call) for call in ("c", "a")] == [None, "concurrent"]


async def test_a_call_that_comes_again_is_neither_counted_nor_turned_away(redis: Redis) -> None:
    one = node(concurrent=1, per_caller={"calls": 1, "hours": 1}, per_day=1, per_month=1)
    assert [await enter(redis, one, "a", "13800138000") for _ in range(3)] == [None, None, None]
    await caps.leave(redis, [stay("a")])
    assert await enter(redis, one, "b", "13900139000") == "per_day"


async def test_a_call_whose_session_died_counts_until_its_lease_is_over(redis: Redis) -> None:
    one = node(concurrent=1)
    await enter(redis, one, "a")
    assert await enter(redis, one, "b", at=BEGIN + LEASE_MS - 1) == "concurrent"
    assert await enter(redis, one, "b", at=BEGIN + LEASE_MS) is None
    assert await caps.renew(redis, [stay("a"), stay("b")], BEGIN + 2 * LEASE_MS) == [stay("a")]


async def test_a_lease_is_renewed(redis: Redis) -> None:
    one = node(concurrent=1)
    await enter(redis, one, "a")
    assert await caps.renew(redis, [stay("a")], BEGIN + 1000) == []
    assert await enter(redis, one, "b", at=BEGIN + LEASE_MS) == "concurrent"


async def test_a_session_that_has_lost_the_call_to_another_does_not_end_it(redis: Redis) -> None:
    one = node(concurrent=1)
    await enter(redis, one, "a")
    await caps.take_over(redis, [stay("a", "two")], BEGIN)
    await caps.leave(redis, [stay("a")])
    assert await enter(redis, one, "b") == "concurrent"
    await caps.leave(redis, [stay("a", "two")])
    assert await enter(redis, one, "b") is None


async def test_nodes_and_hotlines_count_for_themselves(redis: Redis) -> None:
    one = node(concurrent=1, per_day=1)
    assert await enter(redis, one, "a") is None
    elsewhere = [Stay("4001234567", "other", "b", "one"), Stay("4007654321", "limit", "c", "one")]
    assert [await caps.enter(redis, there, one, "", now=BEGIN, zone=CHINA) for there in elsewhere] == [None, None]


async def test_calls_of_one_number_count_for_so_many_hours(redis: Redis) -> None:
    """Each by itself; those that were turned away do not count."""
    two, half = node(per_caller={"calls": 2, "hours": 1}), HOUR_MS // 2
    times = {0: None, half: None, HOUR_MS - 1: "per_caller", HOUR_MS: None, HOUR_MS + half - 1: "per_caller"}
    times |= {HOUR_MS + half: None, 9 * HOUR_MS: None}
    found = {after: await enter(redis, two, f"{after}", "13800138000", BEGIN + after) for after in times}
    assert found == times


async def test_days_and_months_are_those_of_the_calendar(redis: Redis) -> None:
    """It begins at nine in the evening of 31 January, in China."""
    of = node(per_day=1, per_month=2)
    times = {0: None, 3 * HOUR_MS - 1: "per_day", 3 * HOUR_MS: None, 27 * HOUR_MS: None, 51 * HOUR_MS: "per_month"}
    found = {after: await enter(redis, of, f"{after}", at=BEGIN + after) for after in times}
    assert found == times


async def test_what_is_counted_does_not_stay_for_ever(redis: Redis) -> None:
    await enter(redis, node(concurrent=2, per_caller={"calls": 2, "hours": 1}, per_day=2, per_month=2), "a", "1")
    await caps.leave(redis, [stay("a")])
    assert [await redis.ttl(name) > 0 for name in await redis.keys("*")] == [True, True, True]


@dataclass
class Model:
    """Knows every call that went on: ``(call, caller, when)``; and which are in progress, until when."""

    of: CapsNode
    passed: list[tuple[str, str, datetime]] = field(default_factory=list)
    running: dict[str, int] = field(default_factory=dict)

    def enter(self, call: str, caller: str, at: int) -> str | None:
        self.running = {known: until for known, until in self.running.items() if until > at}
        reached = None if call in self.running else self._reached(caller, at)
        if reached is None:
            if call not in self.running:
                self.passed.append((call, caller, local(at)))
            self.running[call] = at + LEASE_MS
        return reached

    def _reached(self, caller: str, at: int) -> str | None:
        of, here = self.of, local(at)
        window = of.per_caller.hours * HOUR_MS if of.per_caller else 0
        counted = {
            "concurrent": (of.concurrent, len(self.running)),
            "per_caller": (
                of.per_caller and caller and of.per_caller.calls,
                sum(who == caller and at - millis(when) < window for _, who, when in self.passed),
            ),
            "per_day": (of.per_day, sum(when.date() == here.date() for *_, when in self.passed)),
            "per_month": (
                of.per_month, sum((when.year, when.month) == (here.year, here.month) for *_, when in self.passed),
            ),
        }  # fmt: skip
        return next((cap for cap, (most, count) in counted.items() if most and count >= most), None)


def local(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, CHINA)


def millis(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


CAPS = st.fixed_dictionaries(
    {},
    optional={
        "concurrent": st.integers(1, 3),
        "per_caller": st.fixed_dictionaries({"calls": st.integers(1, 3), "hours": st.integers(1, 3)}),
        "per_day": st.integers(1, 5),
        "per_month": st.integers(1, 8),
    },
).filter(bool)
PASSES = st.sampled_from([0, 1, 1000, LEASE_MS - 1, LEASE_MS, HOUR_MS - 1, HOUR_MS, 5 * HOUR_MS])
STEPS = st.lists(
    st.tuples(
        PASSES,
        st.sampled_from(["enters", "leaves", "renews"]),
        st.sampled_from("abcde"),
        st.sampled_from(["", "13800138000", "02161234567"]),
    ),
    max_size=30,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=CAPS, steps=STEPS)
async def test_counts_are_those_of_the_model(
    redis: Redis, of: dict[str, object], steps: list[tuple[int, str, str, str]]
) -> None:
    """Whoever comes again after the end of its call has another call, and may have another number."""
    await redis.flushall()
    model, at, lives = Model(node(**of)), BEGIN, Counter[str]()
    callers: dict[str, str] = {}
    for passes, does, name, caller in steps:
        at += passes
        call = f"{name}{lives[name]}"
        if does == "enters":
            who = callers.setdefault(call, caller)
            assert await enter(redis, model.of, call, who, at) == model.enter(call, who, at)
        elif does == "leaves":
            await caps.leave(redis, [stay(call)])
            model.running.pop(call, None)
            lives[name] += 1
        elif call in model.running:
            await caps.renew(redis, [stay(call)], at)
            model.running[call] = at + LEASE_MS
