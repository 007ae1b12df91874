"""What is going on in an account, in one atomic picture, and what happens after it."""

from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.agents import State
from services.domain.documents import Agent, Group
from services.domain.live import AgentNow, Fields, GroupNow, Live, caller_of, day_of, tally
from services.store import documents, keys
from services.store.distribution import Distribution

AT_ONCE = 1000
"""Entries that are read in one round trip."""


G = TypeVar("G", Agent, Group)

Names = Mapping[str, str]
"""What people call those that have these ids."""
NOBODY: tuple[Names, Names] = ({}, {})


class Entry(NamedTuple):
    id: str
    fields: Fields


async def picture(distribution: Distribution, now: int) -> Live:
    position, known_groups, known_agents, callers = await distribution.run("picture", now)
    return Live(
        distribution.account,
        position.decode(),
        {name.decode(): _group(day_of(now), *rest) for name, *rest in known_groups},
        {name.decode(): _agent(name.decode(), _fields(flat)) for name, flat in known_agents},
        {name.decode(): caller_of(name.decode(), _fields(flat)) for name, flat in callers},
    )


async def started(  # noqa: PLR0913 - what is known of a caller
    distribution: Distribution, call: str, now: int, *, hotline: str, number: str, region: str
) -> None:
    """Says that a caller is on the line. Raises redis.exceptions.RedisError."""
    await distribution.run("started", now, call, hotline, number, region)


async def names(redis: Redis, picture: Live) -> tuple[Names, Names]:
    """Of its groups and of its agents; one whose document cannot be read is called by its id."""
    return await _names(redis, Group, picture.groups), await _names(redis, Agent, picture.agents)


async def _names(redis: Redis, kind: type[G], ids: Iterable[str]) -> Names:
    wanted = list(ids)
    rows = await documents.rows(redis, [(kind, one, None) for one in wanted])
    return {one: _name(kind, row) or one for one, row in zip(wanted, rows, strict=True)}


def _name(kind: type[G], row: documents.Row) -> str:
    with suppress(ValidationError):
        if found := documents.versioned(kind, row):
            return found.document.name
    return ""


async def newest(redis: Redis) -> str:
    """Id of the newest entry there ever was; ``0-0``: there was none."""
    if not await redis.exists(keys.LIVE_STREAM):
        return "0-0"
    known = await cast("Awaitable[Any]", redis.xinfo_stream(keys.LIVE_STREAM))
    return str(known["last-generated-id"].decode())


async def oldest(redis: Redis) -> str:
    """Id of the oldest entry that is still there."""
    found: Any = await redis.xrange(keys.LIVE_STREAM, count=1)
    return found[0][0].decode() if found else "0-0"


async def read(redis: Redis, after: str, block_ms: int) -> list[Entry]:
    """As soon as there are any; none when ``block_ms`` have passed."""
    reply: Any = await redis.xread({keys.LIVE_STREAM: after}, count=AT_ONCE, block=block_ms)
    return [Entry(entry.decode(), _text(fields)) for _, entries in reply for entry, fields in entries]


def _group(day: int, members: bytes, today: list[bytes], answered: list[bytes]) -> GroupNow:
    tallies = Counter({tally(*what.split()): int(count) for what, count in _fields(today).items()})
    counts = Counter({agent: int(count) for agent, count in _fields(answered).items()})
    return GroupNow(tuple(members.decode().split()), day, tallies, counts)


def _agent(name: str, known: Fields) -> AgentNow:
    return AgentNow(name, State(known["state"]), known["reason"], int(known["since"]), known["call"])


def _fields(flat: list[bytes]) -> Fields:
    return dict(zip((name.decode() for name in flat[::2]), (value.decode() for value in flat[1::2]), strict=True))


def _text(fields: dict[bytes, bytes]) -> Fields:
    return {name.decode(): value.decode() for name, value in fields.items()}
