"""What a caller hears, and what its keys mean while it does, on a channel that is none."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from agi.call import LANGUAGE, Speaker
from agi.channel import CallerGone, RefusedError
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.announcements import ENGLISH, every_position, every_wait
from services.domain.nodes.base import SoundFile
from services.domain.prompts import sound_name, spoken_name
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.rooms import running
from tests.unit.agi.test_journey import PHONES, RECORDINGS, SOUNDS
from tests.unit.agi.test_waiting import apply

FILE = "a" * 64
TEXT = f"""
kind: account
id: demo
name: x
tariff: t
---
kind: group
id: desk
account: demo
name: x
strategy: sequence
members: ["1001", away]
---
kind: agent
id: away
account: demo
name: x
bound: "13900005200"
---
kind: hotline
number: "4001234567"
account: demo
name: x
languages: {{zh: cmn, en: en}}
words: {{shipped: {{zh: 已发货, en: {{file: shipped.wav, sha256: {FILE}}}}}}}
flow:
  start: hello
  nodes:
    hello: {{kind: say, prompt: {{zh: 您好, en: Hello}}, next: news}}
    news: {{kind: say, prompt: {{zh: 新闻, en: News}}, next: menu}}
    menu:
      kind: menu
      prompt: {{zh: 请选择, en: Choose}}
      invalid: {{zh: 错误, en: Wrong}}
      keys: {{"1": order, "2": english, "3": notice, "4": ring, "5": level, "6": wait}}
      tries: 2
      otherwise: bye
    english: {{kind: language, language: en, next: menu}}
    notice: {{kind: say, prompt: {{zh: 声明, en: Notice}}, barge_in: false, next: legal}}
    legal:
      kind: menu
      prompt: {{zh: 同意, en: Agree}}
      barge_in: false
      keys: {{"1": bye}}
      tries: 1
      otherwise: sorry
    order:
      kind: collect
      prompt: {{zh: 订单号, en: Order number}}
      invalid: {{zh: 错误, en: Wrong}}
      into: order
      least: 3
      most: 3
      next: told
      otherwise: bye
    told:
      kind: say
      prompt: {{zh: "订单 {{order}} 有 {{order:count}} 件", en: "{{order:number}} pieces"}}
      next: bye
    level: {{kind: set, name: level, value: shipped, next: status}}
    status: {{kind: say, prompt: {{zh: "{{caller}} {{level}}，再见", en: "It is {{level}}"}}, next: bye}}
    ring: {{kind: group, group: desk, otherwise: sorry}}
    wait:
      kind: queue
      group: desk
      announcements: {{first_seconds: 0, hint: {{zh: "还有 {{ahead}} 位", en: "{{ahead}} ahead"}}}}
      keys: {{"9": sorry}}
      otherwise: bye
    sorry: {{kind: say, prompt: {{zh: 抱歉, en: Sorry}}, next: bye}}
    bye: {{kind: hangup}}
"""


class Spoken:
    async def sound(self, text: str, voice: str) -> str:
        return f"now/{text}-{voice}"


class Gapped(FakeChannel):
    """Some of whose sounds are not there."""

    missing = frozenset({f"{SOUNDS}/{spoken_name(text, 'cmn')}" for text in ("您好", "请选择")})

    async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
        if sound in self.missing:
            raise RefusedError("STREAM FILE", "result=-1")
        return await super().play(sound, interrupt, until)


@pytest.fixture
async def shop(redis: Redis) -> AsyncIterator[Redis]:
    await apply(redis, TEXT, PHONES)
    yield redis
    await redis.flushall()


async def walk(redis: Redis, channel: FakeChannel, speaker: Speaker | None = None) -> str:
    """The nodes that the call went through."""
    channel.headers["agi_callerid"] = "13800138000"
    room = Room(redis)
    journey = Journey(redis, SOUNDS, RECORDINGS, room, Metering(redis), speaker)
    async with running(room, redis):
        try:
            await journey(channel)  # type: ignore[arg-type]
        except CallerGone:
            assert "JOURNEY" not in channel.variables
    return " ".join(mark["node"] for mark in channel.said("NODE"))


def heard(channel: FakeChannel) -> list[str]:
    return [sound.removeprefix(f"{SOUNDS}/") for sound in channel.played]


def spoken(texts: str, voice: str = "cmn") -> list[str]:
    return [spoken_name(text, voice) for text in texts.split("|")]


def pressed(channel: FakeChannel) -> list[str]:
    return [f"{mark['node']} {mark['keys']} {mark['outcome']}".replace("  ", " ") for mark in channel.said("KEYS")]


async def test_numbers_and_digits_are_spoken_in_pieces(shop: Redis) -> None:
    channel = FakeChannel([None, None, "1", "1", "0", "2", *[None] * 9])
    assert await walk(shop, channel) == "hello news menu order told bye"
    assert heard(channel) == spoken("您好|新闻|请选择|订单号|订单|幺|零|二|有|一百|零|二|件")


async def test_a_key_cuts_all_pieces_short(shop: Redis) -> None:
    channel = FakeChannel([None, None, "1", "1", "0", "2", None, None, "5"])
    assert await walk(shop, channel) == "hello news menu order told bye"
    assert heard(channel)[-3:] == spoken("订单|幺|零")


async def test_words_and_the_caller_s_number(shop: Redis) -> None:
    channel = FakeChannel([None, None, "5", *[None] * 20])
    assert await walk(shop, channel) == "hello news menu level status bye"
    assert heard(channel)[3:] == spoken("幺|三|八|零|零|幺|三|八|零|零|零|已发货|，再见")


async def test_a_word_may_be_a_recording(shop: Redis) -> None:
    channel = FakeChannel([None, None, "2", "5", *[None] * 20])
    await walk(shop, channel)
    assert heard(channel)[4:] == [*spoken("It is", "en"), sound_name(SoundFile(file="x", sha256=FILE), "en")]


async def test_what_nobody_knew_before_is_spoken_now(shop: Redis) -> None:
    async def told(value: str, speaker: Speaker | None) -> list[str]:
        channel = FakeChannel([None] * 9, JOURNEY_NODE="told", JOURNEY_VERSION="1", FLOW_order=value)
        await walk(shop, channel, speaker)
        return heard(channel)

    [order, has, pieces] = spoken("订单|有|件")
    assert await told("在路上", Spoken()) == [order, "now/在路上-cmn", has, "now/在路上-cmn", pieces]
    assert await told("在路上", None) == [order, has, pieces]
    assert await told(" ", Spoken()) == [order, has, pieces]


async def test_the_language_is_the_call_s_from_then_on(shop: Redis) -> None:
    channel = FakeChannel([None, None, "2", "1", "1", "0", "2", None, None, None, None])
    assert await walk(shop, channel) == "hello news menu english menu order told bye"
    assert heard(channel)[2:] == [*spoken("请选择"), *spoken("Choose|Order number|one hundred|two|pieces", "en")]
    assert channel.variables[LANGUAGE] == "en"


async def test_a_session_that_takes_over_speaks_the_chosen_language(shop: Redis) -> None:
    channel = FakeChannel([None], JOURNEY_NODE="sorry", JOURNEY_VERSION="1")
    channel.variables[LANGUAGE] = "en"
    await walk(shop, channel)
    assert heard(channel) == spoken("Sorry", "en")


async def test_a_queue_announces_in_the_chosen_language(shop: Redis) -> None:
    await agents.phone(Distribution(shop, "demo"), "away", "in_use", now())
    channel = FakeChannel([None, None, "2", "6", None, None, "9"])
    assert await walk(shop, channel) == "hello news menu english menu wait sorry"
    expected = {*every_position(ENGLISH), *every_wait(ENGLISH), "zero", "ahead", "Sorry", "Choose"}
    assert set(heard(channel)[3:]) <= set(spoken("|".join(expected), "en"))
    assert spoken_name("You are next.", "en") in heard(channel)
    assert heard(channel)[-3:] == spoken("zero|ahead|Sorry", "en")


async def test_what_is_spoken_now_never_delays_an_agent(shop: Redis) -> None:
    await apply(shop, TEXT.replace('zh: "还有 {ahead} 位"', 'zh: "还有 {ahead} 位 {order}"'))
    await agents.phone(Distribution(shop, "demo"), "away", "in_use", now())
    channel = FakeChannel([*[None] * 9, "9", None], FLOW_order="在路上", JOURNEY_NODE="wait", JOURNEY_VERSION="2")
    assert await walk(shop, channel, Spoken()) == "wait sorry bye"
    assert spoken_name("还有", "cmn") in heard(channel)
    assert not [sound for sound in heard(channel) if sound.startswith("now/")]


async def test_a_key_pressed_ahead_leads_out_of_a_queue(shop: Redis) -> None:
    await apply(shop, TEXT.replace("en: News}, next: menu", "en: News}, next: wait"))
    await agents.phone(Distribution(shop, "demo"), "away", "in_use", now())
    channel = FakeChannel(["9", None, None])
    assert await walk(shop, channel) == "hello news wait sorry bye"
    assert heard(channel) == spoken("您好|抱歉")
    assert pressed(channel) == ["wait 9 match"]


async def test_who_knows_the_prompts_presses_ahead(shop: Redis) -> None:
    """The key skips what asks for nothing and counts at the menu, whose prompt is not heard."""
    channel = FakeChannel(["3", "1"])
    assert await walk(shop, channel) == "hello news menu notice legal bye"
    assert heard(channel) == spoken("您好|声明|同意")
    assert pressed(channel) == ["menu 3 match", "legal 1 match"]


async def test_a_key_pressed_ahead_that_means_nothing_there_is_forgotten(shop: Redis) -> None:
    """As # is, which many press to skip what they hear."""
    channel = FakeChannel(["#", None, "1", "#", "1", "0", "2", "9"])
    assert await walk(shop, channel) == "hello news menu order told bye"
    assert heard(channel)[:3] == spoken("您好|请选择|订单号")
    assert pressed(channel)[0] == "menu 1 match"


async def test_what_must_be_heard_is_played_to_its_end(shop: Redis) -> None:
    class Deaf(FakeChannel):
        interrupts: tuple[str, ...] = ()

        async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
            self.interrupts = (*self.interrupts, interrupt)
            return await super().play(sound, interrupt, until)

    channel = Deaf([None, None, "3", "1"])
    assert await walk(shop, channel) == "hello news menu notice legal bye"
    assert channel.interrupts == ("0123456789*#",) * 3 + ("", "")


async def test_a_key_pressed_ahead_waits_for_what_must_be_heard(shop: Redis) -> None:
    channel = FakeChannel(["1"], JOURNEY_NODE="told", JOURNEY_VERSION="1")
    text = TEXT.replace('pieces"}\n      next: bye', 'pieces"}\n      next: legal')
    await apply(shop, text)
    channel.variables["JOURNEY_VERSION"] = "2"
    assert await walk(shop, channel) == "told legal bye"
    assert heard(channel) == spoken("订单|同意")
    assert pressed(channel) == ["legal 1 match"]


async def test_a_key_pressed_while_the_mistake_is_told_is_the_first_of_the_next_try(shop: Redis) -> None:
    channel = FakeChannel([None, None, "1", "7", "#", "1", "0", "2", *[None] * 9])
    assert await walk(shop, channel) == "hello news menu order told bye"
    assert pressed(channel) == ["menu 1 match", "order 7 invalid", "order 102 match"]
    assert heard(channel)[3:6] == spoken("订单号|错误|订单")


async def test_a_key_pressed_before_phones_rang_is_forgotten(shop: Redis) -> None:
    text = TEXT.replace("en: News}, next: menu", "en: News}, next: ring")
    await apply(shop, text)
    channel = FakeChannel(["1", None], dials=["NOANSWER"] * 2)
    assert await walk(shop, channel) == "hello news ring sorry bye"
    assert heard(channel) == spoken("您好|抱歉")


async def test_no_caller_is_lost_for_a_missing_sound(shop: Redis, caplog: pytest.LogCaptureFixture) -> None:
    channel = Gapped([None, "4", None], dials=["NOANSWER"] * 2)
    assert await walk(shop, channel) == "hello news menu ring sorry bye"
    assert heard(channel) == spoken("新闻|抱歉")
    assert caplog.text.count("not heard, apply its document again") == 2
    assert Path(SOUNDS).is_absolute()
