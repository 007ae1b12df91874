"""Figures for monitoring, as they stand in Redis now; all raise redis.exceptions.RedisError."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.store import keys, live
from services.store.distribution import Distribution
from services.store.due import now

STREAMS = (
    keys.RATED_STREAM,
    keys.UNRATED_STREAM,
    keys.CORRECTIONS_STREAM,
    keys.LIVE_STREAM,
    keys.AUDIT_STREAM,
    keys.NOTIFY_STREAM,
    keys.NOTIFY_DEAD,
)


@dataclass(frozen=True, slots=True)
class Stream:
    length: int
    added: int
    """Entries that it ever had."""
    newest: int
    """When its newest entry came; 0: there was none."""


@dataclass(frozen=True, slots=True)
class Company:
    callers: Mapping[str, int]
    """In queues, by state."""
    longest_since: int | None
    agents: Mapping[str, int]
    """By state."""
    totals: Mapping[str, int]
    """Callers ever counted, by outcome."""


async def streams(redis: Redis) -> dict[str, Stream]:
    async with redis.pipeline(transaction=False) as pipe:
        for name in STREAMS:
            pipe.xinfo_stream(name)
        found: list[Any] = await pipe.execute(raise_on_error=False)
    return {name: _stream(known) for name, known in zip(STREAMS, found, strict=True)}


def _stream(known: Any) -> Stream:
    if isinstance(known, ResponseError):  # no such key
        return Stream(0, 0, 0)
    if isinstance(known, Exception):
        raise known
    return Stream(known["length"], known["entries-added"], int(known["last-generated-id"].partition(b"-")[0]))


async def later(redis: Redis) -> int:
    """Messages to be tried again."""
    return int(await redis.zcard(keys.NOTIFY_LATER))


async def passed_on(redis: Redis) -> int | None:
    """When the newest live event came that companies were told of; None: nobody ever was."""
    found: Any = await redis.get(keys.PASSED_ON)
    return int(found.partition(b"-")[0]) if found else None


async def company(redis: Redis, account: str) -> Company:
    picture = await live.picture(Distribution(redis, account), now())
    totals: Any = await redis.hgetall(keys.totals(account))
    waiting = [one.waits_since for one in picture.callers.values() if one.state == "waiting"]
    return Company(
        Counter(one.state for one in picture.callers.values()),
        min(waiting, default=None),
        Counter(str(one.state) for one in picture.agents.values()),
        {outcome.decode(): int(count) for outcome, count in totals.items()},
    )


def together(companies: Sequence[Company]) -> Company:
    def total(part: str) -> Mapping[str, int]:
        return sum((Counter(getattr(one, part)) for one in companies), Counter[str]())

    since = [one.longest_since for one in companies if one.longest_since is not None]
    return Company(total("callers"), min(since, default=None), total("agents"), total("totals"))
