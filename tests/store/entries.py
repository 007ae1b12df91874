from collections.abc import Awaitable
from typing import cast

from redis.asyncio import Redis

Fields = dict[bytes, bytes]


async def entries(redis: Redis, stream: str) -> list[tuple[bytes, Fields]]:
    """All of a stream, with the types of a client that does not decode."""
    return await cast("Awaitable[list[tuple[bytes, Fields]]]", redis.xrange(stream))
