"""Messages in Redis: none is lost, none is sent by two. Time is what the test says."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from services.domain.messages import Message, from_json, to_json
from services.store import keys, outbox
from services.store.outbox import Taken
from tests.store.shop import NOW


def message(name: str = "m1", *, to: str | None = "+8613900139000", account: str = "shop") -> Message:
    return Message(id=name, kind="text_message", account=account, at=NOW, to=to, text="你好", values={})


async def taken(redis: Redis, sender: str = "one") -> Taken:
    [one] = await outbox.take(redis, sender, 10, 1)
    return one


async def test_a_message_is_given_to_one_sender_and_gone_when_sent(redis: Redis) -> None:
    await outbox.put(redis, [message()])
    await outbox.begin(redis)
    await outbox.begin(redis)
    one = await taken(redis)
    assert from_json(one.body) == message()
    assert await outbox.take(redis, "two", 10, 1) == []
    await outbox.sent(redis, one)
    assert await redis.xlen(keys.NOTIFY_STREAM) == 0
    assert await outbox.take_over(redis, "two", 0, 10) == []


async def test_what_a_dead_sender_held_is_taken_over_once_it_was_silent_for_long_enough(redis: Redis) -> None:
    await outbox.begin(redis)
    await outbox.put(redis, [message()])
    first = await taken(redis)
    assert await outbox.take_over(redis, "two", 60_000, 10) == []
    assert await outbox.take_over(redis, "two", 0, 10) == [first]


async def test_a_sender_that_was_believed_dead_settles_nothing(redis: Redis) -> None:
    await outbox.begin(redis)
    await outbox.put(redis, [message()])
    first = await taken(redis)
    [second] = await outbox.take_over(redis, "two", 0, 10)
    await outbox.sent(redis, second)
    await outbox.later(redis, first, NOW + 1, NOW, "late")
    await outbox.give_up(redis, first, NOW, "late")
    assert await outbox.release(redis, NOW + 10) is None
    assert await outbox.dead(redis) == []


async def test_a_message_waits_for_its_time(redis: Redis) -> None:
    await outbox.begin(redis)
    await outbox.put(redis, [message()])
    await outbox.later(redis, replace(await taken(redis), attempts=3), NOW + 5000, NOW, "HTTP 500")
    assert await outbox.release(redis, NOW + 4999) == NOW + 5000
    assert await outbox.take(redis, "one", 10, 1) == []
    assert await outbox.release(redis, NOW + 5000) is None
    again = await taken(redis)
    assert (again.body, again.attempts) == (to_json(message()), 3)


async def test_two_who_release_at_once_send_once(redis: Redis) -> None:
    await outbox.begin(redis)
    await outbox.put(redis, [message(str(number)) for number in range(20)])
    for one in await outbox.take(redis, "one", 20, 1):
        await outbox.later(redis, one, NOW, NOW, "x")
    await asyncio.gather(*(outbox.release(redis, NOW) for _ in range(10)))
    assert await redis.xlen(keys.NOTIFY_STREAM) == 20


async def test_the_dead_say_why_and_can_be_sent_again(redis: Redis) -> None:
    await outbox.begin(redis)
    await outbox.put(redis, [message()])
    await outbox.give_up(redis, replace(await taken(redis), attempts=12), NOW, "HTTP 500")
    [dead] = await outbox.dead(redis)
    assert (dead.body, dead.attempts, dead.error, dead.at) == (to_json(message()), 12, "HTTP 500", NOW)
    assert await outbox.revive(redis, [dead.entry, "1-1"]) == 1
    assert await outbox.revive(redis, [dead.entry]) == 0
    assert await outbox.dead(redis) == []
    assert (await taken(redis)).attempts == 0


async def test_senders_that_are_gone_are_forgotten(redis: Redis) -> None:
    async def known() -> set[bytes]:
        return {one["name"] for one in await redis.xinfo_consumers(keys.NOTIFY_STREAM, outbox.GROUP)}

    await outbox.begin(redis)
    await outbox.put(redis, [message("m1"), message("m2")])
    [first] = await outbox.take(redis, "idle", 1, 1)
    await outbox.take(redis, "holds", 1, 1)
    await outbox.sent(redis, first)
    await outbox.forget_senders(redis)
    assert await known() == {b"idle", b"holds"}
    await outbox.forget_senders(redis, idle_ms=0)
    assert await known() == {b"holds"}


async def test_the_outbox_is_bounded(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LENGTH", 1000)
    async with redis.pipeline() as pipe:
        for _ in range(3000):
            pipe.execute_command(*outbox.added(message()))
        await pipe.execute()
    assert 1000 <= await redis.xlen(keys.NOTIFY_STREAM) < 1200
