"""Callers in vain whom somebody has dealt with by ways of their own, and said so by hand.

The archive cannot know of it, and is made anew at any time: so it stands in Redis. All raise RedisError.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints
from redis.asyncio import Redis

from services.store import keys

KEPT_SECONDS = 180 * 86_400

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Mark(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: int
    """Of the calls up to then."""
    by: str
    """Login."""
    note: Note = ""


async def put(redis: Redis, account: str, number: str, mark: Mark) -> None:
    """``number``: as the archive has it."""
    await redis.set(keys.called_back(account, number), mark.model_dump_json(), ex=KEPT_SECONDS)


async def remove(redis: Redis, account: str, number: str) -> None:
    await redis.delete(keys.called_back(account, number))


async def get(redis: Redis, account: str, numbers: Sequence[str]) -> Mapping[str, Mark]:
    """Of those of the numbers that have one."""
    wanted = [keys.called_back(account, number) for number in numbers]
    found: Any = await redis.mget(wanted) if wanted else []
    return {
        number: Mark.model_validate_json(text) for number, text in zip(numbers, found, strict=True) if text is not None
    }
