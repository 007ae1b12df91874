"""Callers on a list of numbers, and others."""

import pytest
from redis.asyncio import Redis

from services.domain.prompts import spoken_name
from services.store.breaker import AwayError
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import OTHERS
from tests.unit.agi.test_journey import apply, walk

REASON = "您的号码已被限制呼入。"
LISTS = f"""
kind: list
id: blocked
account: shop
name: x
reasons: {{fraud: {REASON}, debt: {{file: debt.wav}}}}
entries: {{"13800138000": fraud, "1701*": , "0755": debt}}
---
kind: list
id: vip
account: shop
name: x
entries: {{"13900139000": , "13800138000": }}
"""
HOTLINE = """
kind: hotline
number: "4001234567"
account: shop
name: x
flow:
  start: door
  nodes:
    door: {kind: screen, lists: [blocked, vip], listed: yes, WITHHELD otherwise: no}
    "yes": {kind: hangup}
    "no": {kind: hangup}
    hidden: {kind: hangup}
""".replace("listed: yes", 'listed: "yes"').replace("otherwise: no", 'otherwise: "no"')
TOLD = [("Progress",), ("Playback", f"/sounds/{spoken_name(REASON, 'cmn')}", "noanswer")]


async def goes(redis: Redis, caller: str, withheld: str = "withheld: hidden,") -> tuple[str, FakeChannel]:
    await apply(redis, OTHERS, LISTS, HOTLINE.replace("WITHHELD", withheld))
    channel = FakeChannel()
    channel.headers["agi_callerid"] = caller
    [_, went] = await walk(redis, channel)
    assert not channel.answered
    return went, channel


@pytest.mark.parametrize("caller", ["13800138000", "013800138000", "8613800138000", "+8613800138000"])
async def test_who_is_listed_hears_why_before_it_is_answered(redis: Redis, caller: str) -> None:
    went, channel = await goes(redis, caller)
    assert went == "yes"
    assert channel.executed == TOLD
    assert channel.said("LISTED") == [
        {"node": "door", "list": "blocked", "entry": "13800138000", "reason": "fraud"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caller", "list_", "entry"), [("17011112222", "blocked", "1701*"), ("13900139000", "vip", "13900139000")]
)
async def test_an_entry_without_a_reason_says_nothing(redis: Redis, caller: str, list_: str, entry: str) -> None:
    went, channel = await goes(redis, caller)
    assert (went, channel.executed) == ("yes", [])
    assert channel.said("LISTED") == [{"node": "door", "list": list_, "entry": entry, "reason": ""}]


async def test_a_reason_may_be_a_recording(redis: Redis) -> None:
    _, channel = await goes(redis, "075512345678")
    assert channel.executed[1][1].startswith("/sounds/files/")


@pytest.mark.parametrize(
    ("caller", "withheld", "went"),
    [
        ("13700137000", "withheld: hidden,", "no"),
        ("unknown", "withheld: hidden,", "hidden"),
        ("unknown", "", "no"),
    ],
)
async def test_others_go_on(redis: Redis, caller: str, withheld: str, went: str) -> None:
    found, channel = await goes(redis, caller, withheld)
    assert (found, channel.executed, channel.said("LISTED")) == (went, [], [])


async def test_without_redis_nobody_is_listed(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise AwayError("away")

    monkeypatch.setattr("services.store.lists.find", away)
    assert (await goes(redis, "13800138000"))[0] == "no"
