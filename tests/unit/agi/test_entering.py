"""Nodes at which callers key in numbers, and what the call keeps."""

import pytest
from redis.asyncio import Redis

from services.domain.reading import read
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import HOTLINE, OTHERS
from tests.unit.agi.test_journey import apply, keys, walk

COLLECT = (
    "{kind: collect, prompt: 订单号, into: order, least: 3, most: 5, tries: 2, invalid: 错, next: one, otherwise: two}"
)
PASSWORD = "{kind: password, prompt: 密码, codes: ['1234', '567890'], tries: 2, next: one, otherwise: two}"


async def entered(redis: Redis, first: str, *pressed: str | None) -> tuple[list[str], FakeChannel]:
    await apply(redis, OTHERS, HOTLINE.replace("FIRST", first))
    channel = FakeChannel(keys=pressed)
    return (await walk(redis, channel))[1:], channel


@pytest.mark.parametrize(
    ("pressed", "goes", "said", "kept"),
    [
        ("123#", ["one"], ["123 match"], "123"),
        ("12345", ["one"], ["12345 match"], "12345"),
        (["1", "2", "3", None], ["one"], ["123 match"], "123"),
        (["1", "2", "#", None, "9", "8", "7", "#"], ["one"], ["12 invalid", "987 match"], "987"),
        (["1", "*", "3", "#", None, None, None], ["two"], ["1*3 invalid", "timeout"], None),
        (["1", "2", "#", "9", "8", "7", "#"], ["one"], ["12 invalid", "987 match"], "987"),
        ("#", [], ["# invalid"], None),
    ],
)
async def test_collect(redis: Redis, pressed: str, goes: list[str], said: list[str], kept: str | None) -> None:
    """The caller who presses on while the correction plays has begun anew."""
    found, channel = await entered(redis, COLLECT, *pressed)
    assert (found, keys(channel)) == (goes, said)
    assert channel.variables.get("FLOW_order") == kept


@pytest.mark.parametrize(
    ("pressed", "goes", "said"),
    [
        ("1234#", ["one"], ["**** match"]),
        ("567890#", ["one"], ["****** match"]),
        ("4321#1234#", ["one"], ["**** invalid", "**** match"]),
        ("123#12345#", ["two"], ["*** invalid", "***** invalid"]),
    ],
)
async def test_password(redis: Redis, pressed: str, goes: list[str], said: list[str]) -> None:
    found, channel = await entered(redis, PASSWORD, *pressed)
    assert (found, keys(channel)) == (goes, said)
    assert "1234" not in str(channel.said("KEYS"))


async def test_set(redis: Redis) -> None:
    found, channel = await entered(redis, "{kind: set, name: level, value: 金卡, next: one}")
    assert (found, channel.variables["FLOW_level"]) == (["one"], "金卡")


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        (COLLECT.replace("least: 3", "least: 9"), "'least' 9 is more than 'most' 5"),
        (COLLECT.replace("into: order", "into: Order"), "into"),
        (PASSWORD.replace("'1234'", "'12a4'"), "codes"),
        ("{kind: set, name: level, value: 'a\"b', next: one}", "value"),
    ],
)
def test_what_makes_no_sense_is_refused(first: str, sentence: str) -> None:
    [problem] = read("x", HOTLINE.replace("FIRST", first)).problems
    assert sentence in str(problem)
    assert "12a4" not in str(problem)
