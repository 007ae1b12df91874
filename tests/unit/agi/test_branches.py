"""Nodes that decide where a call goes by itself: by the time, the caller's number, and chance."""

from collections import Counter
from math import sqrt

import pytest
from redis.asyncio import Redis

from services.domain.reading import read
from services.store import due
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_journey import apply, walk
from tests.unit.domain.test_opening import at

OTHERS = """
kind: account
id: shop
name: x
tariff: t
---
kind: tariff
id: t
name: t
bill_from: agent
prices: [{inbound: {rules: [{rule: r, steps: [{rate: "0.1"}]}]}}]
---
kind: calendar
id: own
holidays: ["2026-03-03"]
---
kind: numbering
id: known
prefixes: {"+86139": {region: 广东深圳}}
"""
HOTLINE = """
kind: hotline
number: "4001234567"
account: shop
name: x
city: 上海
flow:
  start: first
  nodes:
    first: FIRST
    one: {kind: hangup, cause: busy}
    two: {kind: hangup}
    three: {kind: hangup, cause: out_of_order}
"""
HOURS = (
    "{kind: hours, calendar: own, open: [{days: [working_day], hours: ['09:00-18:00']}], "
    "next: one, closed: two, holiday: three}"
)
REGION = (
    "{kind: region, numbering: known, branches: [{region: [home_city], next: one}, "
    "{type: [mobile], region: [广东], next: two}], otherwise: three}"
)
PERCENT = "{kind: percent, branches: [{percent: 20, next: one}, {percent: 30, next: two}], otherwise: three}"


async def way(redis: Redis, first: str, **headers: str) -> list[str]:
    await apply(redis, OTHERS, HOTLINE.replace("FIRST", first))
    channel = FakeChannel()
    channel.headers |= headers
    found = await walk(redis, channel)
    assert found[0] == "first"
    return [*found[1:], channel.variables.get("CAUSE", "")]


@pytest.mark.parametrize(
    ("time", "goes"),
    [
        ("2026-03-02 10:00", ["one", "17"]),
        ("2026-03-02 18:00", ["two", ""]),
        ("2026-03-03 10:00", ["three", "27"]),
        ("2026-03-08 10:00", ["two", ""]),
    ],
)
async def test_hours(redis: Redis, monkeypatch: pytest.MonkeyPatch, time: str, goes: list[str]) -> None:
    monkeypatch.setattr("agi.nodes.hours.now", lambda: at(time))
    assert await way(redis, HOURS) == goes


async def test_holidays_have_no_way_of_their_own_unless_it_is_said(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agi.nodes.hours.now", lambda: at("2026-03-03 10:00"))
    assert await way(redis, HOURS.replace(", holiday: three", "")) == ["two", ""]
    assert due.now() > at("2026-03-03 10:00")


@pytest.mark.parametrize(("time", "goes"), [("2026-10-01 10:00", ["three", "27"]), ("2026-02-28 10:00", ["one", "17"])])
async def test_hours_by_china_s_calendar(
    redis: Redis, monkeypatch: pytest.MonkeyPatch, time: str, goes: list[str]
) -> None:
    """A holiday, and a Saturday that was worked."""
    monkeypatch.setattr("agi.nodes.hours.now", lambda: at(time))
    assert await way(redis, HOURS.replace("calendar: own, ", "")) == goes


@pytest.mark.parametrize(
    ("caller", "goes"),
    [
        ("02161234567", ["one", "17"]),
        ("075588888888", ["three", "27"]),
        ("13900000000", ["two", ""]),
        ("unknown", ["three", "27"]),
    ],
)
async def test_region(redis: Redis, caller: str, goes: list[str]) -> None:
    assert await way(redis, REGION, agi_callerid=caller) == goes


@pytest.mark.parametrize(
    ("caller", "goes"),
    [("075588888888", ["three", "27"]), ("13600136000", ["two", ""]), ("01061234567", ["three", "27"])],
)
async def test_region_by_the_numbering_plan_alone(redis: Redis, caller: str, goes: list[str]) -> None:
    """13600136000 is a mobile of Guangdong."""
    assert await way(redis, REGION.replace("numbering: known, ", ""), agi_callerid=caller) == goes


@pytest.mark.parametrize(
    ("drawn", "goes"), [(0, "one"), (19, "one"), (20, "two"), (49, "two"), (50, "three"), (99, "three")]
)
async def test_percent(redis: Redis, monkeypatch: pytest.MonkeyPatch, drawn: int, goes: str) -> None:
    monkeypatch.setattr("agi.nodes.percent._drawn", lambda *_: drawn)
    assert (await way(redis, PERCENT))[0] == goes


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (REGION.replace("region: [home_city], ", ""), "names neither 'type' nor 'region'"),
        (REGION.replace("广东", "广南"), "广南"),
        (PERCENT.replace("30", "90"), "the branches add up to 110 percent"),
    ],
)
def test_what_makes_no_sense_is_refused(first: str, sentence: str) -> None:
    [problem] = read("x", HOTLINE.replace("FIRST", first)).problems
    assert sentence in str(problem)


async def test_shares_come_out_as_they_should(redis: Redis) -> None:
    """By the calls' ids: of 400 within five deviations of what chance would do."""
    await apply(redis, OTHERS, HOTLINE.replace("FIRST", PERCENT))
    went = Counter[str]()
    for number in range(400):
        channel = FakeChannel()
        channel.headers["agi_uniqueid"] = f"pbx1-1763812345.{number}"
        went[(await walk(redis, channel))[1]] += 1
    for way_, share in (("one", 0.2), ("two", 0.3), ("three", 0.5)):
        assert abs(went[way_] - 400 * share) < 5 * sqrt(400 * share * (1 - share))
