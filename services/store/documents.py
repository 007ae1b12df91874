"""Documents in Redis: read one, or write many at once."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from redis.asyncio import Redis

from services.domain.documents import Account, Agent, Group, Hotline, Tariff
from services.store import keys

D = TypeVar("D", Account, Agent, Group, Hotline, Tariff)


@dataclass(frozen=True)
class Versioned(Generic[D]):
    document: D
    version: int


async def get(redis: Redis, kind: type[D], name: str) -> Versioned[D] | None:
    """The newest version of a document, or None when there is none of that name."""
    [found] = await get_many(redis, kind, [name])
    return found


async def get_many(redis: Redis, kind: type[D], names: list[str]) -> list[Versioned[D] | None]:
    """The newest version of each, in the order of ``names``, in one round trip."""
    async with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hmget(keys.document(_kind_name(kind), name), ["body", "version"])
        rows = await pipe.execute()
    return [None if body is None else Versioned(kind.model_validate_json(body), int(version)) for body, version in rows]


def _kind_name(kind: type[D]) -> str:
    return kind.__name__.lower()
