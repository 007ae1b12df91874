"""Messages on their way out (docs/notify.md): each stays until it was sent or given up, whoever dies meanwhile.

All raise redis.exceptions.RedisError. Times are milliseconds since 1970.
"""

from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from services.domain.messages import Message, to_json
from services.store import keys
from services.store.commands import Command
from services.store.scripts import Script

LENGTH = 100_000
"""About so many messages may wait; the oldest go first. ``outbox.lua`` has the same."""
GROUP = "senders"
FORGOTTEN_MS = 3_600_000
"""A sender that neither asked for messages for so long nor has any is gone."""

_OUTBOX = Script("outbox.lua")
_KEYS = [keys.NOTIFY_STREAM, keys.NOTIFY_LATER, keys.NOTIFY_DEAD]


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that this sender was given."""

    entry: str
    body: str
    attempts: int
    """How many have failed."""


@dataclass(frozen=True, slots=True)
class Dead:
    entry: str
    body: str
    attempts: int
    error: str
    at: int


def added(message: Message) -> Command:
    """For a script that puts the message out in its own step."""
    fields = ("message", to_json(message), "attempts", "0")
    return ("XADD", keys.NOTIFY_STREAM, "MAXLEN", "~", str(LENGTH), "*", *fields)


async def put(redis: Redis, messages: Iterable[Message]) -> None:
    async with redis.pipeline() as pipe:
        for message in messages:
            pipe.execute_command(*added(message))
        await pipe.execute()


async def begin(redis: Redis) -> None:
    """Before anything is taken. Messages that are there already will be taken too."""
    with suppress(ResponseError):  # BUSYGROUP: it is there
        await redis.xgroup_create(keys.NOTIFY_STREAM, GROUP, id="0", mkstream=True)


async def take(redis: Redis, sender: str, count: int, block_ms: int) -> list[Taken]:
    """As soon as there is any message that nobody was given; none when ``block_ms`` have passed."""
    streams: Any = {keys.NOTIFY_STREAM: ">"}
    reply: Any = await redis.xreadgroup(GROUP, sender, streams, count=count, block=block_ms)
    return [_taken(entry, fields) for _, entries in reply for entry, fields in entries]


async def take_over(redis: Redis, sender: str, idle_ms: int, count: int) -> list[Taken]:
    """What other senders were given so long ago that they must be dead."""
    reply: Any = await redis.xautoclaim(keys.NOTIFY_STREAM, GROUP, sender, min_idle_time=idle_ms, count=count)
    return [_taken(entry, fields) for entry, fields in reply[1]]


async def forget_senders(redis: Redis, idle_ms: int = FORGOTTEN_MS) -> None:
    """Those that are gone: each process has a name of its own."""
    for sender in await cast("Awaitable[Any]", redis.xinfo_consumers(keys.NOTIFY_STREAM, GROUP)):
        if not sender["pending"] and sender["idle"] >= idle_ms:
            await redis.xgroup_delconsumer(keys.NOTIFY_STREAM, GROUP, sender["name"])


async def sent(redis: Redis, taken: Taken) -> None:
    await _run(redis, "sent", GROUP, taken.entry)


async def later(redis: Redis, taken: Taken, at: int, now: int, why: str) -> None:
    """``taken`` has the attempts as they are now."""
    await _run(redis, "later", GROUP, taken.entry, at, taken.attempts, taken.body, why, now)


async def give_up(redis: Redis, taken: Taken, now: int, why: str) -> None:
    """``taken`` has the attempts as they are now."""
    await _run(redis, "dead", GROUP, taken.entry, now, taken.attempts, taken.body, why)


async def release(redis: Redis, now: int) -> int | None:
    """Has sent what is due; gives when the next is, None when nothing waits."""
    due = await _run(redis, "release", now)
    return None if due is None else int(float(due))


async def dead(redis: Redis) -> list[Dead]:
    """What was given up, oldest first."""
    found: Any = await redis.xrange(keys.NOTIFY_DEAD)
    return [
        Dead(entry.decode(), _text(fields, b"message"), *_numbers(fields), _text(fields, b"error"), int(fields[b"at"]))
        for entry, fields in found
    ]


async def revive(redis: Redis, entries: Sequence[str]) -> int:
    """Sends dead messages again; gives how many of them there were."""
    return int(await _run(redis, "revive", *entries))


async def _run(redis: Redis, operation: str, *args: str | int) -> Any:
    return await _OUTBOX.run(redis, _KEYS, [operation, *args])


def _taken(entry: bytes, fields: dict[bytes, bytes]) -> Taken:
    return Taken(entry.decode(), _text(fields, b"message"), *_numbers(fields))


def _text(fields: dict[bytes, bytes], name: bytes) -> str:
    return fields.get(name, b"").decode(errors="replace")


def _numbers(fields: dict[bytes, bytes]) -> tuple[int]:
    attempts = fields.get(b"attempts", b"")
    return (int(attempts) if attempts.isdigit() else 0,)
