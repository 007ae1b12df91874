"""Which process settles all accounts' books after midnight, and whether it has. All raise RedisError."""

from datetime import date
from typing import cast

from redis.asyncio import Redis

from services.store import keys

LEASE_SECONDS = 600
"""For all books of the system; a process that dies before it has settled all gives way to another after so long."""


async def is_done(redis: Redis, day: date) -> bool:
    done = cast("bytes | None", await redis.get(keys.SETTLED))
    return done is not None and done.decode() >= str(day)


async def take(redis: Redis) -> bool:
    """False while another process is at it."""
    return bool(await redis.set(keys.SETTLING, "1", nx=True, ex=LEASE_SECONDS))


async def done(redis: Redis, day: date) -> None:
    """``day``: that books have been settled up to."""
    async with redis.pipeline(transaction=False) as pipe:
        pipe.set(keys.SETTLED, str(day))
        pipe.delete(keys.SETTLING)
        await pipe.execute()
