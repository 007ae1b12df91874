"""Voicemails: stored with their record, heard once, gone in time."""

import os
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from redis.asyncio import Redis

from services.billing.along import what_goes_along, with_commands
from services.billing.retention import expire_voicemails
from services.domain.documents import Account, Group, Hotline
from services.domain.messages import from_json
from services.domain.record import from_json as record_from_json
from services.store import documents, keys, ledger, voicemails
from services.store.ledger import Entry
from tests.store.entries import entries
from tests.store.shop import NOW, group
from tests.unit.domain.test_notices import FILE, LEFT, QUEUE, hotline, record

DAY = 24 * 3600


def shop(**more: Any) -> Account:
    return Account.model_validate({"kind": "account", "id": "shop", "name": "x", "tariff": "t", **more})


async def commit(redis: Redis, call: Any, *found: Account | Group | Hotline) -> None:
    await documents.apply(redis, list(found))
    going = await what_goes_along(redis, [call])
    await ledger.commit(redis, with_commands([Entry(one.record) for one in going], going))


async def notices(redis: Redis) -> list[int]:
    return [record_from_json(fields[b"record"]).notices for _, fields in await entries(redis, keys.RATED_STREAM)]


async def live(redis: Redis) -> list[dict[str, str]]:
    found = await entries(redis, keys.LIVE_STREAM)
    return [{name.decode(): value.decode() for name, value in fields.items()} for _, fields in found]


async def outbox(redis: Redis) -> list[tuple[str, str | None]]:
    messages = [from_json(fields[b"message"]) for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    return [(message.kind, message.to) for message in messages]


CALL = record("voicemail", QUEUE, LEFT)


async def test_a_voicemail_is_stored_with_its_record_once(redis: Redis) -> None:
    webhook = {"url": "https://x.example/", "secret": "abcdefghijklmnop"}
    for _ in range(2):
        await commit(redis, CALL, shop(notify=webhook), hotline())
    [left] = await voicemails.all_of(redis, "shop")
    assert left == await voicemails.get(redis, "shop", "pbx1-1.0-2")
    assert (left.call, left.group, left.file, left.heard_at) == (CALL.call_id, "sales", FILE, None)
    assert await voicemails.unheard(redis, "shop", "sales") == [left]
    assert await outbox(redis) == [("voicemail", "+8613900139000"), ("voicemail", None)]
    assert await notices(redis) == [1]
    [event] = await live(redis)
    assert (event["of"], event["state"], event["voicemail"], event["ms"]) == ("voicemail", "left", left.id, "7600")


async def test_a_missed_call_is_told_with_its_record_once(redis: Redis) -> None:
    missed = record("abandoned_waiting", QUEUE)
    asks = hotline(missed_calls={"text_to": ["13900139000"], "webhook": True})
    for _ in range(2):
        await commit(redis, missed, shop(), asks)
    assert await outbox(redis) == [("missed_call", "+8613900139000"), ("missed_call", None)]
    assert await notices(redis) == [1], "the webhook costs nothing"


async def test_without_its_hotline_a_voicemail_is_stored_all_the_same(redis: Redis) -> None:
    await commit(redis, CALL, shop())
    assert len(await voicemails.all_of(redis, "shop")) == 1
    assert await outbox(redis) == []


async def test_who_hears_it_first_is_kept(redis: Redis) -> None:
    await commit(redis, CALL, shop())
    assert await voicemails.heard(redis, "shop", "pbx1-1.0-2", "li", NOW)
    assert not await voicemails.heard(redis, "shop", "pbx1-1.0-2", "wang", NOW + 1)
    assert not await voicemails.heard(redis, "shop", "nothing", "li", NOW)
    left = await voicemails.get(redis, "shop", "pbx1-1.0-2")
    assert left is not None
    assert (left.heard_by, left.heard_at) == ("li", NOW)
    assert await voicemails.unheard(redis, "shop", "sales") == []
    assert [(event["state"], event["by"]) for event in await live(redis)] == [("left", ""), ("heard", "li")]


async def test_deleted(redis: Redis) -> None:
    await commit(redis, CALL, shop())
    assert [left.id for left in await voicemails.delete(redis, "shop", ["x", "pbx1-1.0-2"], NOW)] == ["pbx1-1.0-2"]
    assert await voicemails.delete(redis, "shop", ["pbx1-1.0-2"], NOW) == []
    assert await voicemails.unheard(redis, "shop", "sales") == []
    assert [event["state"] for event in await live(redis)] == ["left", "deleted"]
    assert not await cast("Awaitable[Any]", redis.keys("acd:*"))


async def test_kept_for_as_long_as_the_group_or_the_account_says(redis: Redis, tmp_path: Path) -> None:
    folder = tmp_path / "voicemail" / "shop" / "sales"
    folder.mkdir(parents=True)

    async def survive(*found: Account | Group) -> list[int]:
        await documents.apply(redis, list(found))
        for days in (5, 15, 25, 35):
            path = folder / f"pbx1-1.0-{days}.wav"
            path.touch()
            os.utime(path, (path.stat().st_mtime - days * DAY,) * 2)
        await expire_voicemails(redis, tmp_path)
        return sorted(int(path.stem.rpartition("-")[2]) for path in folder.iterdir())

    assert await survive() == [5, 15, 25]
    assert await survive(shop(voicemail_days=20), group()) == [5, 15]
    assert await survive(group(voicemail_days=10)) == [5]


async def test_what_expired_is_forgotten(redis: Redis, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.parent.mkdir(parents=True)
    path.touch()
    await commit(redis, CALL, shop())
    await expire_voicemails(redis, tmp_path)
    assert len(await voicemails.all_of(redis, "shop")) == 1
    os.utime(path, (path.stat().st_mtime - 31 * DAY,) * 2)
    await expire_voicemails(redis, tmp_path)
    assert await voicemails.all_of(redis, "shop") == []
    assert not path.exists()


async def test_two_voicemails_of_one_call(redis: Redis) -> None:
    assert LEFT.voicemail
    again = replace(LEFT, voicemail=replace(LEFT.voicemail, file=FILE.replace("-2.wav", "-3.wav")))
    await commit(redis, record("voicemail", LEFT, again), shop())
    assert len(await voicemails.unheard(redis, "shop", "sales")) == 2
