"""What people wrote about callers: of an account and number. All raise redis.exceptions.RedisError."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.store import keys

KEPT = 50
"""Of one number; older ones make room."""
KEPT_SECONDS = 2 * 365 * 24 * 3600
"""Since the last one of the number."""


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    at: int
    """Milliseconds since 1970."""
    author: str
    """Who is shown to have written it."""
    text: str
    call: str
    """Of which the note is; empty: of none."""


_NOTE = TypeAdapter(Note)


async def add(redis: Redis, account: str, number: str, note: Note) -> None:
    """``number``: as it is dialled within China, not withheld."""
    async with redis.pipeline() as pipe:
        pipe.lpush(keys.notes(account, number), _NOTE.dump_json(note))
        pipe.ltrim(keys.notes(account, number), 0, KEPT - 1)
        pipe.expire(keys.notes(account, number), KEPT_SECONDS)
        await pipe.execute()


async def of(redis: Redis, account: str, number: str) -> Sequence[Note]:
    """Newest first."""
    found: Any = await redis.lrange(keys.notes(account, number), 0, -1)
    return [_NOTE.validate_json(body) for body in found]


def new_id() -> str:
    return secrets.token_hex(6)
