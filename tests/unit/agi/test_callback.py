"""The callback node on a channel that is none, with callbacks in a real Redis."""

from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from agi.call import JOINED, PRIORITY
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.documents import Group
from services.domain.reading import read
from services.store import callbacks, documents, queues
from services.store.callbacks import Callback
from services.store.distribution import Distribution
from services.store.due import now
from tests.calls.conftest import DOCUMENTS
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_journey import RECORDINGS, SOUNDS

READ_OUT = 13
"""Prompts: two and eleven digits."""


@pytest.fixture
async def company(redis: Redis) -> Redis:
    found = [item.document for item in read("x", (DOCUMENTS / "callback.yaml").read_text()).located]
    await documents.apply(redis, found)
    for document in found:
        if isinstance(document, Group):
            await queues.put(Distribution(redis, "demo"), document, now())
    return redis


async def calls(
    redis: Redis, *keys: str | None, caller: str = "13800138000", place: tuple[str, str] = ("", "")
) -> FakeChannel:
    channel = FakeChannel(keys)
    channel.variables |= dict(zip((JOINED, PRIORITY), place, strict=True))
    channel.headers |= {"agi_extension": "4007700003", "agi_callerid": caller, "agi_uniqueid": "pbx1-1.7"}
    await Journey(redis, SOUNDS, RECORDINGS, Room(redis), Metering(redis))(channel)  # type: ignore[arg-type]
    return channel


async def pending(redis: Redis) -> list[Callback]:
    return [callback async for callback in callbacks.pending(Distribution(redis, "demo"))]


def listens(key: str) -> Sequence[str | None]:
    """To the whole number, then presses; to the last prompt."""
    return *[None] * READ_OUT, key, None


@pytest.mark.parametrize("caller", ["13800138000", "+8613800138000"])
async def test_the_caller_s_own_number(company: Redis, caller: str) -> None:
    channel = await calls(company, *listens("1"), caller=caller, place=("5000", "3"))
    [callback] = await pending(company)
    assert (callback.number, callback.joined, callback.priority) == ("13800138000", 5000, 3)
    assert (callback.hotline, callback.node, callback.asked_in, callback.pbx) == (
        "4007700003", "later", "pbx1-1.7", "pbx1",
    )  # fmt: skip
    assert len(channel.played) == READ_OUT + 1
    assert len(set(channel.played[1:12])) == len(set("13800138000"))
    [asked] = channel.said("CALLBACK_ASKED")
    assert (asked["outcome"], asked["callback"]) == ("agreed", callback.id)
    assert channel.said("END") == [{"reason": "callback"}]


async def test_another_number(company: Redis) -> None:
    channel = await calls(company, "2", "0", *"2161234567#", "1", None)
    [callback] = await pending(company)
    assert callback.number == "02161234567"
    assert [(mark["keys"], mark["outcome"]) for mark in channel.said("KEYS")] == [
        ("2", "match"), ("02161234567", "match"), ("1", "match"),
    ]  # fmt: skip


@pytest.mark.parametrize("entered", ["95588#", "4001234567#", "0044123456#", "110#", "#"])
async def test_a_withheld_number_and_one_that_costs_more(company: Redis, entered: str) -> None:
    channel = await calls(company, *[*entered, None] * 3, None, caller="unknown")
    assert await pending(company) == []
    assert {mark["outcome"] for mark in channel.said("KEYS")} == {"invalid"}
    assert not channel.said("CALLBACK_ASKED")


async def test_keys_without_end_are_no_number(company: Redis) -> None:
    await calls(company, *[*["1"] * 21, None] * 3, None, caller="unknown")
    assert await pending(company) == []


async def test_who_asks_again_is_told_so(company: Redis) -> None:
    first = await calls(company, "1", None)
    second = await calls(company, "1", None)
    assert len(await pending(company)) == 1
    assert [one.said("CALLBACK_ASKED")[0]["outcome"] for one in (first, second)] == ["agreed", "pending"]
    assert first.played[-1] != second.played[-1]


async def test_too_many_are_pending(company: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "OF_HOTLINE", 0)
    channel = await calls(company, "1", None)
    assert channel.said("CALLBACK_ASKED")[0]["outcome"] == "refused"
    assert await pending(company) == []
