"""How far the live events have been passed on to companies' own programs; all raise redis.exceptions.RedisError."""

from collections.abc import Iterable
from typing import Any

from redis.asyncio import Redis

from services.domain.messages import Message, to_json
from services.store import keys, live
from services.store.outbox import LENGTH
from services.store.scripts import Script

_PASS_ON = Script("pass_on.lua")


async def position(redis: Redis) -> str:
    """The last entry that was; before any was: the newest, from which on they will be."""
    await redis.set(keys.PASSED_ON, await live.newest(redis), nx=True)
    found: Any = await redis.get(keys.PASSED_ON)
    return found.decode() if found else "0-0"


async def pass_on(redis: Redis, before: str, after: str, messages: Iterable[Message]) -> bool:
    """Puts the messages out and moves on, all at once. False, and nothing is done: somebody else has."""
    bodies = [to_json(message) for message in messages]
    moved = await _PASS_ON.run(redis, [keys.PASSED_ON, keys.NOTIFY_STREAM], [before, after, LENGTH, *bodies])
    return bool(moved)
