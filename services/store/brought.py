"""Recordings that companies have brought: what each was called, who brought it, and when.

All raise redis.exceptions.RedisError.
"""

from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.store import keys


@dataclass(frozen=True, slots=True)
class Brought:
    sha256: str
    name: str
    by: str
    at: int
    """Milliseconds since 1970."""


_BROUGHT = TypeAdapter(Brought)


async def add(redis: Redis, account: str, one: Brought) -> None:
    await cast("Any", redis.hset(keys.brought(account), one.sha256, _BROUGHT.dump_json(one)))


async def every(redis: Redis, account: str) -> list[Brought]:
    """The newest first."""
    found: list[bytes] = await cast("Any", redis.hvals(keys.brought(account)))
    return sorted(map(_BROUGHT.validate_json, found), key=lambda one: -one.at)


async def remove(redis: Redis, account: str, sha256: str) -> None:
    await cast("Any", redis.hdel(keys.brought(account), sha256))
