"""Calls beyond a node's caps, and below them; whom a session counts, and for how long."""

import asyncio
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from redis.asyncio import Redis

from agi.channel import CallerGone
from agi.counting import Counting
from agi.owed import Owed
from agi.room import Room
from services.domain.nodes.caps import CapsNode
from services.domain.reading import read
from services.store import caps
from services.store.breaker import UNGUARDED, AwayError
from services.store.caps import Stay
from services.store.due import end, now
from tests.harness.waiting import until
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import OTHERS
from tests.unit.agi.test_journey import apply, walk

CHINA = ZoneInfo("Asia/Shanghai")
HOTLINE = """
kind: hotline
number: "4001234567"
account: shop
name: x
flow:
  start: limit
  nodes:
    limit: {kind: caps, CAPS, next: on, BEYOND otherwise: off}
    "on": {kind: KIND}
    "off": {kind: hangup}
    beyond: {kind: hangup}
""".replace("next: on", 'next: "on"').replace("otherwise: off", 'otherwise: "off"')


async def goes(redis: Redis, of: str, beyond: str = "", caller: str = "13800138000", call: str = "1") -> FakeChannel:
    text = HOTLINE.replace("CAPS", of).replace("BEYOND", beyond).replace("KIND", "hangup")
    await apply(redis, OTHERS, text)
    channel = FakeChannel()
    channel.headers |= {"agi_callerid": caller, "agi_uniqueid": f"pbx1-1.{call}"}
    await walk(redis, channel)
    return channel


def went(channel: FakeChannel) -> str:
    return channel.said("NODE")[-1]["node"]


async def busy(redis: Redis, call: str = "other") -> None:
    """Another call is in progress."""
    of = CapsNode(kind="caps", concurrent=100, next="a", otherwise="b")
    assert await caps.enter(redis, Stay("4001234567", "limit", call, "x"), of, "", now=now(), zone=CHINA) is None


@pytest.mark.parametrize("cap", ["concurrent", "per_caller", "per_day", "per_month"])
async def test_each_cap_has_its_way_or_the_common_one(redis: Redis, cap: str) -> None:
    of = "per_caller: {calls: 1, hours: 24}" if cap == "per_caller" else f"{cap}: 1"
    first = await goes(redis, of, call="1")
    assert (went(first), first.said("OVERFLOW")) == ("on", [])
    if cap == "concurrent":
        assert went(await goes(redis, of, call="2")) == "on"  # the first is over
        await busy(redis)
    beyond = await goes(redis, of, f"beyond: {{{cap}: beyond}},", call="3")
    assert (went(beyond), beyond.said("OVERFLOW")) == ("beyond", [{"node": "limit", "trigger": cap}])
    assert went(await goes(redis, of, call="4")) == "off"


async def test_all_spellings_of_a_caller_are_one_and_withheld_ones_nobody(redis: Redis) -> None:
    of = "per_caller: {calls: 1, hours: 24}"
    callers = ("13800138000", "+8613800138000", "13900139000", "unknown", "unknown")
    channels = [await goes(redis, of, caller=caller, call=str(number)) for number, caller in enumerate(callers)]
    assert [went(channel) for channel in channels] == ["on", "off", "on", "on", "on"]


async def test_without_redis_nobody_is_turned_away(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise AwayError("away")

    await busy(redis)
    monkeypatch.setattr("services.store.caps.enter", away)
    assert went(await goes(redis, "concurrent: 1")) == "on"


async def test_a_session_that_takes_a_call_over_counts_it(redis: Redis) -> None:
    """While it rings: the session before has given it up."""
    counted = []

    class Rings(FakeChannel):
        async def answer(self) -> None:
            counted.append(await redis.hkeys("caps:{4001234567}:limit:holders"))

    text = HOTLINE.replace("CAPS", "concurrent: 1").replace("BEYOND", "").replace("{kind: KIND}", SAY)
    await apply(redis, OTHERS, text)
    await walk(redis, Rings(keys=[None], JOURNEY_NODE="on", JOURNEY_VERSION="1", CAPS_PASSED="limit"))
    assert counted == [[b"pbx1-1.0"]]
    assert await redis.hkeys("caps:{4001234567}:limit:holders") == []


SAY = '{kind: say, prompt: 您好, next: "off"}'


async def test_the_channel_knows_what_the_call_has_passed(redis: Redis) -> None:
    assert (await goes(redis, "concurrent: 1")).variables["CAPS_PASSED"] == "limit"
    await busy(redis)
    assert "CAPS_PASSED" not in (await goes(redis, "concurrent: 1", call="2")).variables


@pytest.fixture
def counting(redis: Redis) -> Counting:
    return Counting(redis, UNGUARDED, Owed())


async def running(redis: Redis) -> Any:
    return await redis.zrange("caps:{4001234567}:limit:running", 0, -1)


LIMIT = CapsNode(kind="caps", concurrent=1, next="a", otherwise="b")


@pytest.mark.parametrize(("ends", "left"), [(None, 0), (CallerGone("gone"), 0), (OSError("dead"), 1)])
async def test_a_call_counts_on_when_its_session_has_failed(
    redis: Redis, counting: Counting, ends: Exception | None, left: int
) -> None:
    """Asterisk goes on with it: another session is about to take it."""

    async def session() -> None:
        async with counting.session("4001234567", "a") as counted:
            assert await counting.enter(counted, "limit", LIMIT, "", CHINA) is None
            if ends:
                raise ends

    [outcome] = await asyncio.gather(session(), return_exceptions=True)
    assert outcome is ends
    assert len(await running(redis)) == left


async def test_leases_are_renewed_and_calls_given_up_meanwhile_count_again(redis: Redis) -> None:
    room = Room(redis)
    async with room.counting.session("4001234567", "a") as counted:
        await room.counting.enter(counted, "limit", LIMIT, "", CHINA)
        await redis.delete("caps:{4001234567}:limit:running", "caps:{4001234567}:limit:holders")

        async def counts_again() -> bool:
            return bool(await running(redis) == [b"a"])

        renewing = asyncio.create_task(room.counting.renew())
        try:
            await until(counts_again, "the call to count again", 10)
        finally:
            await end([renewing])
    assert await running(redis) == []


@pytest.mark.parametrize(
    ("of", "beyond", "sentence"),
    [
        ("next: x", "", "caps nothing: give one of concurrent, per_caller, per_day, per_month"),
        ("per_day: 1", "beyond: {per_month: beyond},", "'beyond' has a way for per_month, which is not capped"),
        ("per_day: 0", "", "flow.nodes.limit.per_day: 0: Input should be greater than or equal to 1"),
        ("per_caller: {calls: 1}", "", "flow.nodes.limit.per_caller.hours: is missing"),
    ],
)
def test_what_makes_no_sense_is_refused(of: str, beyond: str, sentence: str) -> None:
    text = HOTLINE.replace("CAPS, ", "" if of == "next: x" else f"{of}, ").replace("BEYOND", beyond)
    [problem] = read("x", text.replace("KIND", "hangup")).problems
    assert sentence in str(problem)
