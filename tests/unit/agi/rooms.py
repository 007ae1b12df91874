"""A room at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from agi.room import Room
from services.store import keys
from tests.harness.waiting import until


@asynccontextmanager
async def running(room: Room, redis: Redis) -> AsyncIterator[None]:
    """It listens: as it begins to, it wakes all its callers, which would end what they hear."""
    channel = keys.wake(room.process)

    async def listens() -> bool:
        return dict(await redis.pubsub_numsub(channel)) == {channel.encode(): 1}

    async with room.running():
        await until(listens, "the room to listen")
        yield
