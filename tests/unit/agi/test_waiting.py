"""What a caller meets in a queue, on a channel that is none, with agents and queues in a real Redis."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from agi.channel import RefusedError
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.documents import Document
from services.domain.prompts import spoken_name
from services.domain.reading import read
from services.store import agents, documents, queues, staff
from services.store.distribution import Distribution
from services.store.due import now
from services.store.keys import LIVE_STREAM
from tests.calls.conftest import DOCUMENTS
from tests.store.entries import entries
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.rooms import running
from tests.unit.agi.test_journey import PHONES, RECORDINGS, SOUNDS

Hall = tuple[Redis, Room, Distribution]

TEXT = (DOCUMENTS / "wait.yaml").read_text().replace("first_seconds: 2", "first_seconds: 0")
MINUTE = 60_000


@pytest.fixture
async def hall(redis: Redis) -> AsyncIterator[Hall]:
    """One agent is on duty and not ready."""
    room, distribution = Room(redis), Distribution(redis, "demo")
    await apply(redis, TEXT, PHONES)
    await agents.phone(distribution, "away", "in_use", now())
    async with running(room, redis):
        yield redis, room, distribution
    await redis.flushall()


async def apply(redis: Redis, *texts: str) -> None:
    found: list[Document] = [item.document for text in texts for item in read("x", text).located]
    await documents.apply(redis, found)
    await staff.put(redis, found)


async def walk(hall: Hall, channel: FakeChannel) -> list[str]:
    redis, room, _ = hall
    channel.headers |= {"agi_extension": "4007500000", "agi_callerid": "13800138000"}
    await Journey(redis, SOUNDS, RECORDINGS, room, Metering(redis))(channel)  # type: ignore[arg-type]
    return [mark["node"] for mark in channel.said("NODE")]


def spoken(*texts: str, voice: str = "cmn") -> list[str]:
    return [f"{SOUNDS}/{spoken_name(text, voice)}" for text in texts]


async def answers(hall: Hall, *minutes_ago: float) -> None:
    await hall[0].delete("acd:{demo}:served:lobby")
    await hall[0].rpush("acd:{demo}:served:lobby", *(now() - round(ago * MINUTE) for ago in minutes_ago))


async def test_place_wait_and_hint_are_told_in_turn(hall: Hall) -> None:
    await answers(hall, 1.9, 1.5, 1)
    channel = FakeChannel(keys=[None, None, "1", None])
    assert await walk(hall, channel) == ["line", "mailbox", "bye"]
    assert channel.played[:3] == spoken("您是下一位。", "预计等待不超过", "两分钟。")
    assert channel.said("ANNOUNCE") == [{"node": "line", "position": "1", "least": "0", "most": "120000"}]


async def test_a_key_leads_elsewhere_from_within_an_announcement_and_others_do_nothing(hall: Hall) -> None:
    channel = FakeChannel(keys=[None, "1", None])
    assert await walk(hall, channel) == ["line", "mailbox", "bye"]
    assert channel.said("KEYS") == [{"node": "line", "keys": "1", "outcome": "match"}]
    assert channel.said("OVERFLOW") == [{"node": "line", "trigger": "keys.1"}]
    waits = FakeChannel(keys=[None, None, "9", None, "1", None])
    assert await walk(hall, waits) == ["line", "mailbox", "bye"]
    assert waits.said("KEYS") == channel.said("KEYS")


async def test_what_came_true_too_seldom_is_scored_and_not_said(hall: Hall) -> None:
    await answers(hall, 1.9, 1.5, 1)
    await hall[0].rpush("acd:{demo}:scores:lobby", *[0] * 10)
    channel = FakeChannel(keys=[None, "1", None])
    await walk(hall, channel)
    assert channel.said("ANNOUNCE") == [{"node": "line", "position": "1"}]

    class Curious(FakeChannel):
        async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
            if until:
                kept.append(await hall[0].exists("acd:{demo}:said:pbx1-1.0"))
            return await super().play(sound, interrupt, until)

    kept: list[int] = []
    await walk(hall, Curious(keys=[None, "1", None]))
    assert kept == [1, 1]


@pytest.mark.parametrize(
    ("minutes_ago", "path"), [((5.9, 3, 2), ["line", "sorry", "bye"]), ((3.9, 2, 1), ["line", "mailbox", "bye"])]
)
async def test_who_would_wait_too_long_goes_elsewhere(
    hall: Hall, minutes_ago: tuple[float, ...], path: list[str]
) -> None:
    """The middle of 0 to 6 minutes is beyond the two that are allowed, that of 0 to 4 is not."""
    await answers(hall, *minutes_ago)
    assert await walk(hall, FakeChannel(keys=[None] if "sorry" in path else [None, None, "1", None])) == path


async def test_a_prediction_that_is_not_trusted_sends_nobody_away(hall: Hall) -> None:
    await answers(hall, 20, 10, 1)
    await hall[0].rpush("acd:{demo}:scores:lobby", *[0] * 10)
    assert await walk(hall, FakeChannel(keys=[None, "1", None])) == ["line", "mailbox", "bye"]


async def test_who_was_here_before_is_not_sent_away(hall: Hall) -> None:
    await answers(hall, 20, 10, 1)
    await queues.join(hall[2], "pbx1-1.0", "lobby", now() - 1000, process="dead")
    assert await walk(hall, FakeChannel(keys=[None, None, None, "1", None])) == ["line", "mailbox", "bye"]


async def test_the_age_goes_along_to_a_queue_that_keeps_it(hall: Hall) -> None:
    channel = FakeChannel(keys=[None, "2", "1", None])
    assert await walk(hall, channel) == ["line", "second", "mailbox", "bye"]
    live = [fields for _, fields in await entries(hall[0], LIVE_STREAM) if fields[b"of"] == b"caller"]
    came = [fields for fields in live if fields[b"state"] == b"waiting"]
    assert [fields[b"group"] for fields in came] == [b"lobby", b"annex"]
    assert came[0][b"joined"] == came[1][b"joined"] == channel.variables["QUEUE_JOINED"].encode()
    assert [fields[b"reason"] for fields in live if fields[b"state"] == b"left"] == [b"key", b"key"]


async def test_each_group_has_its_music(hall: Hall) -> None:
    channel = FakeChannel(keys=[None, "1", None])
    await walk(hall, channel)
    assert channel.music_class == "default"
    channel = FakeChannel(keys=[None, "2", "1", None])
    await walk(hall, channel)
    assert channel.music_class == "group-annex"


async def test_in_english_when_the_voice_is(hall: Hall) -> None:
    await apply(hall[0], TEXT.replace("account: demo", "account: demo\nvoice: en", 1))
    channel = FakeChannel(keys=[None, "1", None])
    await walk(hall, channel)
    assert channel.played[0] == spoken("You are next.", voice="en")[0]


async def test_a_sound_that_is_missing_costs_nobody_the_place(hall: Hall) -> None:
    class Deaf(FakeChannel):
        async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
            if until:
                raise RefusedError("STREAM FILE", "result=-1")
            return await super().play(sound, interrupt)

    assert await walk(hall, Deaf(keys=["1", None])) == ["line", "mailbox", "bye"]


async def test_an_offer_silences_the_rest_of_an_announcement(hall: Hall) -> None:
    class Lucky(FakeChannel):
        async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
            assert until
            await agents.login(hall[2], "1001", now())
            await asyncio.wait_for(until.wait(), 10)
            return await super().play(sound, interrupt, until)

    channel = Lucky(dials=["ANSWER"])
    assert await walk(hall, channel) == ["line"]
    assert channel.played == spoken("您是下一位。")
    assert len(channel.dialled) == 1
