"""The journey and its nodes on a channel that is none; documents come from a real Redis."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from agi.channel import CallerGone
from agi.journey import HOP_LIMIT, Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.documents import Document, Hotline
from services.domain.prompts import spoken_name
from services.domain.reading import read
from services.store import documents
from tests.harness.node import DEMO
from tests.unit.agi.fake_channel import FakeChannel

SOUNDS = Path("/sounds")
RECORDINGS = Path("/recordings")
GREETING = "您好，欢迎致电示范商店。产品销售请按一，售后服务请按二，上门维修请按三，投诉建议请按四。"
WELCOME = f"/sounds/{spoken_name(GREETING, 'cmn')}"
INVALID = f"/sounds/{spoken_name('您的输入有误，请重新选择。', 'cmn')}"
PHONES = "\n---\n".join(
    f"kind: agent\nid: '{name}'\naccount: demo\nname: x\nsip: {{password: abcdefghijkl}}" for name in (1001, 1002)
)


@pytest.fixture
async def shop(redis: Redis) -> AsyncIterator[Redis]:
    await apply(redis, (DEMO / "shop.yaml").read_text(), PHONES)
    yield redis
    await redis.flushall()


async def apply(redis: Redis, *texts: str) -> None:
    found: list[Document] = []
    for text in texts:
        reading = read("x", text)
        assert not reading.problems
        found += [item.document for item in reading.located]
    await documents.apply(redis, found)


async def walk(redis: Redis, channel: FakeChannel) -> list[str]:
    """The nodes that the call went through."""
    try:
        await Journey(redis, SOUNDS, RECORDINGS, Room(redis), Metering(redis))(channel)  # type: ignore[arg-type]
    except CallerGone:
        assert "JOURNEY" not in channel.variables
    return [mark["node"] for mark in channel.said("NODE")]


def keys(channel: FakeChannel) -> list[str]:
    return [f"{mark['keys']} {mark['outcome']}".strip() for mark in channel.said("KEYS")]


async def test_a_key_during_the_prompt_leads_on(shop: Redis) -> None:
    channel = FakeChannel(keys=["1"], dials=["ANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales"]
    assert channel.answered
    assert channel.played == [WELCOME]
    assert keys(channel) == ["1 match"]
    assert channel.dialled == [(["PJSIP/1001"], 6, "rgb(dial^s^1)U(answered^1001^^)")]
    assert channel.variables["JOURNEY"] == "done"
    assert channel.said("END") == []


async def test_a_key_after_the_prompt_leads_on(shop: Redis) -> None:
    channel = FakeChannel(keys=[None, "2"], dials=["ANSWER"])
    assert await walk(shop, channel) == ["welcome", "service"]
    assert channel.dialled == [(["PJSIP/1002", "PJSIP/13900139000@carrier"], 6, "rg")]
    assert channel.legs == ["b(dial^s^1)U(answered^1002^^)", "b(dial^s^1)U(answered^lao-wang^^)"]
    [(_, pairs)] = [mark for mark in channel.marks if mark[0] == "OFFER"]
    assert pairs == [
        ("node", "service"), ("group", "service"), ("agent", "1002"), ("dial", "1002"),
        ("agent", "lao-wang"), ("dial", "13900139000@carrier"),
    ]  # fmt: skip


async def test_a_wrong_key_is_told_and_the_menu_comes_again(shop: Redis) -> None:
    channel = FakeChannel(keys=["9", None, "1"], dials=["ANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales"]
    assert channel.played == [WELCOME, INVALID, WELCOME]
    assert keys(channel) == ["9 invalid", "1 match"]


async def test_a_key_during_the_correction_is_the_next_try(shop: Redis) -> None:
    channel = FakeChannel(keys=["9", "1"], dials=["ANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales"]
    assert channel.played == [WELCOME, INVALID]


async def test_tries_end_and_the_call_goes_otherwise(shop: Redis) -> None:
    channel = FakeChannel(keys=[None, None, None, None, "*", None], dials=["ANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales"]
    assert keys(channel) == ["timeout", "timeout", "* invalid"]
    assert channel.played == [WELCOME, WELCOME, WELCOME, INVALID]


async def test_the_next_is_rung_until_nobody_is_left(shop: Redis) -> None:
    channel = FakeChannel(keys=["1", None], dials=["BUSY", "NOANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales", "sorry", "bye"]
    assert [targets for targets, _, _ in channel.dialled] == [["PJSIP/1001"], ["PJSIP/1002"]]
    assert channel.said("END") == [{"reason": "hangup"}]


async def test_who_drops_the_call_lets_the_next_one_have_it(shop: Redis) -> None:
    channel = FakeChannel(keys=["1"], dials=["0", "ANSWER"])
    assert await walk(shop, channel) == ["welcome", "sales"]
    assert [targets for targets, _, _ in channel.dialled] == [["PJSIP/1001"], ["PJSIP/1002"]]
    assert channel.said("DROP") == [{}]


async def test_who_drops_the_call_lets_those_who_rang_with_it_have_it(shop: Redis) -> None:
    channel = FakeChannel(keys=["2", None], dials=["1", "0"])
    assert await walk(shop, channel) == ["welcome", "service", "sorry", "bye"]
    assert [targets for targets, _, _ in channel.dialled] == [
        ["PJSIP/1002", "PJSIP/13900139000@carrier"], ["PJSIP/1002"],
    ]  # fmt: skip
    assert channel.variables["DIALSTATUS"] == ""


async def test_who_confirms_is_rung_apart(shop: Redis) -> None:
    await apply(shop, PHONES.replace("name: x", "name: x\nconfirm: true"))
    channel = FakeChannel(keys=["1"], dials=["ANSWER"])
    await walk(shop, channel)
    assert channel.dialled == [(["PJSIP/1001"], 6, "rg")]
    assert channel.legs == ["b(dial^s^1)U(answered^1001^confirm^)"]


async def test_who_leaves_ends_the_journey(shop: Redis) -> None:
    assert await walk(shop, FakeChannel()) == ["welcome"]


async def test_a_hotline_nobody_has(redis: Redis) -> None:
    channel = FakeChannel()
    assert await walk(redis, channel) == []
    assert channel.said("END") == [{"reason": "unknown_hotline"}]
    assert not channel.answered
    assert channel.variables["JOURNEY"] == "done"


async def test_a_crashed_call_goes_on_at_its_node(shop: Redis) -> None:
    channel = FakeChannel(keys=[None], JOURNEY_NODE="sorry")
    assert await walk(shop, channel) == ["sorry", "bye"]
    assert channel.said("JOURNEY") == [
        {"account": "demo", "hotline": "4001234567", "caller": "", "version": "1", "resumed": "1"}
    ]


async def test_a_node_that_is_gone_meanwhile_starts_over(shop: Redis) -> None:
    channel = FakeChannel(keys=["1"], dials=["ANSWER"], JOURNEY_NODE="removed")
    assert await walk(shop, channel) == ["welcome", "sales"]


async def test_a_deleted_group_does_not_end_the_call(shop: Redis) -> None:
    await shop.delete("doc:group:sales")
    channel = FakeChannel(keys=["1", None])
    assert await walk(shop, channel) == ["welcome", "sales", "sorry", "bye"]


async def test_a_deleted_agent_is_passed_over(shop: Redis) -> None:
    await shop.delete("doc:agent:1001")
    channel = FakeChannel(keys=["1"], dials=["ANSWER"])
    await walk(shop, channel)
    assert [targets for targets, _, _ in channel.dialled] == [["PJSIP/1002"]]


async def test_a_flow_that_turns_in_circles_ends(redis: Redis) -> None:
    flow = {"start": "a", "nodes": {"a": {"kind": "group", "group": "none", "otherwise": "a"}}}
    circle = Hotline.model_validate(
        {"kind": "hotline", "number": "4001234567", "account": "demo", "name": "x", "flow": flow}
    )
    await documents.apply(redis, [circle])
    channel = FakeChannel()
    assert await walk(redis, channel) == ["a"] * HOP_LIMIT
    assert channel.said("END") == [{"reason": "loop"}]
    await redis.flushall()


async def test_a_call_keeps_the_version_that_it_began_with(shop: Redis) -> None:
    channel = FakeChannel(keys=["1"], dials=["ANSWER"])
    await walk(shop, channel)
    assert channel.variables["JOURNEY_VERSION"] == "1"
    await apply(shop, (DEMO / "shop.yaml").read_text().replace("产品销售请按一", "销售请按一"), PHONES)
    resumed = FakeChannel(keys=["1"], dials=["ANSWER"], JOURNEY_NODE="welcome", JOURNEY_VERSION="1")
    await walk(shop, resumed)
    assert resumed.played == [WELCOME]
    assert [mark["version"] for mark in resumed.said("JOURNEY")] == ["1"]
    new = FakeChannel(keys=["1"], dials=["ANSWER"])
    await walk(shop, new)
    assert new.played != [WELCOME]
