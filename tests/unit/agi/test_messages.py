"""Text messages and voicemails on a channel that is none; what is put out stands in a real Redis."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from agi.channel import CallerGone
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain.documents import Hotline
from services.domain.messages import from_json
from services.domain.prompts import BEEP
from services.store import documents, keys
from tests.store.entries import entries
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_journey import SOUNDS

SECOND = 16_000
"""Bytes."""


def files(folder: Path) -> list[Path]:
    return list(folder.rglob("*.wav"))


@pytest.fixture
async def clean(redis: Redis) -> AsyncIterator[Redis]:
    yield redis
    await redis.flushall()


async def walk(redis: Redis, recordings: Path, channel: FakeChannel, **node: Any) -> list[str]:
    """The nodes that the call went through, the first of which is the given one."""
    flow = {"start": "first", "nodes": {"first": node, "bye": {"kind": "hangup"}}}
    known = {"kind": "hotline", "number": "4001234567", "account": "demo", "name": "商店", "flow": flow}
    await documents.apply(redis, [Hotline.model_validate(known)])
    await Journey(redis, SOUNDS, recordings, Room(redis), Metering(redis))(channel)  # type: ignore[arg-type]
    return [mark["node"] for mark in channel.said("NODE")]


async def text(redis: Redis, caller: str) -> tuple[str, list[str]]:
    channel = FakeChannel()
    channel.headers["agi_callerid"] = caller
    assert await walk(redis, Path("/"), channel, kind="text_message", text="{caller} {hotline} {name}", next="bye") == [
        "first",
        "bye",
    ]
    [mark] = channel.said("TEXT_MESSAGE")
    messages = [from_json(fields[b"message"]) for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    return mark["outcome"], [f"{message.id} {message.to} {message.text}" for message in messages]


async def test_a_mobile_gets_a_text_message(clean: Redis) -> None:
    assert await text(clean, "13800138000") == (
        "accepted",
        ["text_message:pbx1-1.0:first +8613800138000 13800138000 4001234567 商店"],
    )


@pytest.mark.parametrize(
    ("caller", "outcome"),
    [("075512345678", "no_mobile"), ("1", "no_mobile"), ("unknown", "withheld"), ("", "withheld")],
)
async def test_others_go_on_in_silence(clean: Redis, caller: str, outcome: str) -> None:
    assert await text(clean, caller) == (outcome, [])


async def leave(redis: Redis, folder: Path, channel: FakeChannel, **more: Any) -> list[str]:
    return await walk(redis, folder, channel, kind="voicemail", prompt="x", group="sales", **more)


async def test_what_is_said_is_kept_for_its_owner_only(clean: Redis, tmp_path: Path) -> None:
    channel = FakeChannel(keys=[None], recorded=[2 * SECOND])
    assert await leave(clean, tmp_path, channel, next="bye") == ["first", "bye"]
    [mark] = channel.said("VOICEMAIL")
    assert (mark["node"], mark["group"], mark["ms"]) == ("first", "sales", "2000")
    assert mark["file"].startswith("voicemail/demo/sales/pbx1-1.0-")
    path = tmp_path / mark["file"]
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert channel.played[1:] == [str(SOUNDS / BEEP.removesuffix(".wav"))]
    assert channel.recorded == [(str(path.with_suffix("")), 120, 5)]
    assert channel.variables["RECORDING"] == ""


async def test_without_next_the_call_ends(clean: Redis, tmp_path: Path) -> None:
    channel = FakeChannel(keys=[None], recorded=[2 * SECOND])
    flow = {"start": "first", "nodes": {"first": {"kind": "voicemail", "prompt": "x", "group": "sales"}}}
    known = {"kind": "hotline", "number": "4001234567", "account": "demo", "name": "x", "flow": flow}
    await documents.apply(clean, [Hotline.model_validate(known)])
    await Journey(clean, SOUNDS, tmp_path, Room(clean), Metering(clean))(channel)  # type: ignore[arg-type]
    assert channel.said("END") == [{"reason": "hangup"}]


@pytest.mark.parametrize("size", [SECOND - 16, 0, None])
async def test_too_short_a_one_is_not_kept(clean: Redis, tmp_path: Path, size: int | None) -> None:
    channel = FakeChannel(keys=[None], recorded=[size])
    await leave(clean, tmp_path, channel, next="bye")
    [mark] = channel.said("VOICEMAIL")
    assert mark["file"] == ""
    assert not files(tmp_path)


async def test_who_hangs_up_has_left_what_was_said(clean: Redis, tmp_path: Path) -> None:
    channel = FakeChannel(keys=[None], recorded=[3 * SECOND], hangs_up=True)
    with pytest.raises(CallerGone):
        await leave(clean, tmp_path, channel, next="bye")
    [mark] = channel.said("VOICEMAIL")
    assert (mark["ms"], (tmp_path / mark["file"]).exists()) == ("3000", True)
    assert "JOURNEY" not in channel.variables


async def test_a_recording_that_outlived_its_session_is_kept(clean: Redis, tmp_path: Path) -> None:
    path = tmp_path / "voicemail" / "demo" / "sales" / "pbx1-1.0-7.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(44 + 4 * SECOND))
    channel = FakeChannel(JOURNEY_NODE="first", RECORDING=str(path))
    assert await leave(clean, tmp_path, channel, next="bye") == ["first", "bye"]
    [mark] = channel.said("VOICEMAIL")
    assert (mark["file"], mark["ms"]) == ("voicemail/demo/sales/pbx1-1.0-7.wav", "4000")
    assert channel.played == []


async def test_no_file_is_named_after_what_is_no_calls_id(clean: Redis, tmp_path: Path) -> None:
    channel = FakeChannel(keys=[None], recorded=[SECOND])
    channel.headers["agi_uniqueid"] = "../../x"
    with pytest.raises(ValueError, match="not a call's id"):
        await leave(clean, tmp_path, channel, next="bye")
