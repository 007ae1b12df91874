"""When which recording is to be deleted."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from services.store import keys

AT_ONCE = 1000


async def keep(redis: Redis, pbx: str, files: Sequence[str], until: int) -> None:
    """``files``: paths below the recordings folder of that host."""
    await redis.zadd(keys.recordings(pbx), dict.fromkeys(files, until))


async def due(redis: Redis, pbx: str, now: int) -> list[str]:
    """The first of those that are to be deleted by now."""
    found: Any = await redis.zrangebyscore(keys.recordings(pbx), "-inf", now, start=0, num=AT_ONCE)
    return [file.decode() for file in found]


async def forget(redis: Redis, pbx: str, files: Sequence[str]) -> None:
    await redis.zrem(keys.recordings(pbx), *files)


async def kept_until(redis: Redis, pbx: str, files: Sequence[str]) -> list[int | None]:
    """Of each, milliseconds since 1970; None: nothing is known of when it is to be deleted, or it has been."""
    found: Any = await redis.zmscore(keys.recordings(pbx), [*files]) if files else []
    return [None if at is None else int(at) for at in found]
