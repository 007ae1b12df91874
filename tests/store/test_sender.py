"""Senders against real receivers and a real Redis; pauses are as short as the test draws them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from services.domain.documents import Account
from services.domain.retries import ATTEMPTS
from services.notify.places import File, Nowhere, Place, gateway
from services.notify.service import AT_ONCE_TO_ONE, Sender, client
from services.settings import Settings, SettingsError
from services.store import documents, keys, outbox
from services.store.due import now
from tests.harness.process import Process
from tests.harness.receiver import SECRET, Receiver, receiving
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.store.test_outbox import message

WEBHOOK = None
NOWHERE = Nowhere("there is none")


@asynccontextmanager
async def sending(server: RedisServer, texts: Place = NOWHERE, **more: Any) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as session, client(server.url) as redis:
        sender = Sender(redis, session, texts, draw=lambda: 0.0, **more)
        task = asyncio.create_task(sender.run(stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(20):
                await task


async def account(redis: Redis, receiver: Receiver, name: str = "shop") -> None:
    notify = {"url": receiver.url, "secret": SECRET}
    known = {"kind": "account", "id": name, "name": "x", "tariff": "t", "notify": notify}
    await documents.apply(redis, [Account.model_validate(known)])


async def arrived(receiver: Receiver, count: int) -> None:
    async def so_many() -> bool:
        return len(receiver.messages) >= count

    await until(so_many, f"{count} messages", 15)


async def nothing_left(redis: Redis) -> None:
    async def empty() -> bool:
        return not await redis.xlen(keys.NOTIFY_STREAM) and not await redis.zcard(keys.NOTIFY_LATER)

    await until(empty, "the outbox to be empty", 15)


async def test_a_message_is_delivered_signed_and_once(redis: Redis, server: RedisServer) -> None:
    async with receiving() as receiver, sending(server):
        await account(redis, receiver)
        await outbox.put(redis, [message(to=WEBHOOK)])
        await nothing_left(redis)
    assert receiver.ids == ["m1"]
    assert await outbox.dead(redis) == []


async def test_a_receiver_that_fails_is_tried_again_with_the_same_message(redis: Redis, server: RedisServer) -> None:
    async with receiving([(500, {}), (503, {"Retry-After": "1"})]) as receiver, sending(server):
        await account(redis, receiver)
        await outbox.put(redis, [message(to=WEBHOOK)])
        await arrived(receiver, 3)
        await nothing_left(redis)
    assert receiver.ids == ["m1"] * 3
    assert receiver.messages[0] == receiver.messages[2]


@pytest.mark.parametrize(("status", "tries"), [(400, 1), (404, 1), (302, 1), (410, 1), (429, 2), (408, 2)])
async def test_what_is_refused_for_good_is_not_tried_again(
    redis: Redis, server: RedisServer, status: int, tries: int
) -> None:
    async with receiving([(status, {"Location": "/hook"})]) as receiver, sending(server):
        await account(redis, receiver)
        await outbox.put(redis, [message(to=WEBHOOK)])
        await arrived(receiver, tries)
        await nothing_left(redis)
    assert len(receiver.messages) == tries
    assert [dead.error for dead in await outbox.dead(redis)] == ([f"HTTP {status}"] if tries == 1 else [])


async def test_after_so_many_attempts_it_is_given_up(redis: Redis, server: RedisServer) -> None:
    """Whatever is to be tried later is due at once: nobody looks at the clock but the sender."""
    hours = iter(range(0, 10**12, 7_200_000))
    async with receiving([(500, {})] * ATTEMPTS) as receiver:
        await account(redis, receiver)
        await outbox.put(redis, [message(to=WEBHOOK)])
        async with sending(server, clock=lambda: now() + next(hours)):
            await arrived(receiver, ATTEMPTS)
            await nothing_left(redis)
    [dead] = await outbox.dead(redis)
    assert (dead.attempts, dead.error) == (ATTEMPTS, "HTTP 500")


async def test_killed_between_sending_and_settling_another_sends_it_again_with_the_same_id(
    redis: Redis, server: RedisServer, tmp_path: Path
) -> None:
    async with receiving(hangs=True) as receiver:
        await account(redis, receiver)
        await outbox.put(redis, [message(to=WEBHOOK)])
        hotline = Path(sys.executable).with_name("hotline")
        process = Process("notify", [str(hotline), "serve", "notify"], tmp_path, {"HOTLINE_REDIS_URL": server.url})
        await process.start()
        try:
            await arrived(receiver, 1)
        finally:
            await process.kill()
        receiver.hangs = False
        async with sending(server, dead_after_ms=200):
            await nothing_left(redis)
    assert receiver.ids == ["m1", "m1"]


async def test_one_account_that_hangs_holds_up_nobody_else(redis: Redis, server: RedisServer) -> None:
    async with receiving(hangs=True) as hanging, receiving() as receiver:
        await account(redis, hanging, "hangs")
        await account(redis, receiver, "shop")
        many = [message(str(number), to=WEBHOOK, account="hangs") for number in range(100)]
        await outbox.put(redis, [*many, message("m1", to=WEBHOOK)])
        async with sending(server):
            await arrived(receiver, 1)
            assert len(hanging.messages) <= AT_ONCE_TO_ONE
            hanging.hangs = False
            hanging.let_go.set()
            await nothing_left(redis)
    assert len(set(hanging.ids)) == 100


async def test_texts_go_to_the_file(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    async with sending(server, File(tmp_path / "texts.jsonl")):
        await outbox.put(redis, [message("m1"), message("m2")])
        await nothing_left(redis)
    lines = [json.loads(line) for line in (tmp_path / "texts.jsonl").read_text().splitlines()]
    assert sorted(line["id"] for line in lines) == ["m1", "m2"]


async def test_what_nobody_takes_is_dead_with_the_reason(redis: Redis, server: RedisServer) -> None:
    async with aiohttp.ClientSession() as session:
        nowhere = gateway(Settings(), session)
    await redis.xadd(keys.NOTIFY_STREAM, {"message": "{", "attempts": "x"})
    await outbox.put(redis, [message("m1"), message("m2", to=WEBHOOK)])
    async with sending(server, nowhere):
        await nothing_left(redis)
    assert sorted(dead.error for dead in await outbox.dead(redis)) == [
        "account 'shop' has no 'notify'",
        "it cannot be read",
        "no gateway for text messages: HOTLINE_NOTIFY_URL is not set",
    ]


async def test_nobody_listens(redis: Redis, server: RedisServer) -> None:
    async with receiving() as receiver:
        await account(redis, receiver)
    await outbox.put(redis, [message(to=WEBHOOK)])
    async with sending(server):

        async def waits() -> bool:
            return bool(await redis.zcard(keys.NOTIFY_LATER))

        await until(waits, "the message to wait", 10)


async def test_redis_away_for_a_while(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    async with sending(server, File(tmp_path / "texts.jsonl")):
        await outbox.put(redis, [message("m1")])
        await nothing_left(redis)
        await server.kill()
        await server.start()
        await outbox.put(redis, [message("m2")])
        await nothing_left(redis)
    assert len((tmp_path / "texts.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"notify_url": "https://x.example/", "notify_file": "/x"},
            "HOTLINE_NOTIFY_URL and HOTLINE_NOTIFY_FILE are both",
        ),
        ({"notify_url": "x.example"}, "HOTLINE_NOTIFY_URL: .*expected an address"),
        ({"notify_url": "https://x.example/", "notify_secret": "short"}, "HOTLINE_NOTIFY_SECRET: "),
    ],
)
async def test_settings_that_do_not_fit_are_refused(settings: dict[str, str], sentence: str) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SettingsError, match=sentence) as refused:
            gateway(Settings.model_validate({"notify_secret": "a-long-enough-secret", **settings}), session)
    assert "short" not in str(refused.value).removeprefix("HOTLINE_NOTIFY_SECRET: String should")
