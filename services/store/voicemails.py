"""Voicemails in Redis: which there are, and who has heard them. The sounds lie on the disk of their pbx.

All raise redis.exceptions.RedisError.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from services.domain.voicemail import Voicemail, from_json, to_json
from services.store import keys
from services.store.commands import Command

LIVE_LENGTH = 100_000


def left(voicemail: Voicemail) -> list[Command]:
    """For the script that commits the call's record."""
    return [
        ("HSET", keys.voicemails(voicemail.account), voicemail.id, to_json(voicemail)),
        ("ZADD", keys.unheard(voicemail.account, voicemail.group), str(voicemail.at), voicemail.id),
        _event(voicemail, "left", voicemail.at),
    ]


async def get(redis: Redis, account: str, name: str) -> Voicemail | None:
    body: Any = await redis.hget(keys.voicemails(account), name)
    return None if body is None else from_json(body)


async def all_of(redis: Redis, account: str) -> list[Voicemail]:
    """Oldest first."""
    bodies: Any = await redis.hvals(keys.voicemails(account))
    return sorted(map(from_json, bodies), key=lambda voicemail: voicemail.at)


async def unheard(redis: Redis, account: str, group: str) -> list[Voicemail]:
    """Those that nobody has heard, oldest first."""
    names: Any = await redis.zrange(keys.unheard(account, group), 0, -1)
    bodies: Any = await redis.hmget(keys.voicemails(account), names) if names else []
    return [from_json(body) for body in bodies if body is not None]


async def heard(redis: Redis, account: str, name: str, by: str, now: int) -> bool:
    """``by``: an agent. False: it was heard already, or there is none of that id."""

    async def write(pipe: Pipeline) -> bool:
        body: Any = await pipe.hget(keys.voicemails(account), name)
        pipe.multi()  # type: ignore[no-untyped-call]
        if body is None or (voicemail := from_json(body)).heard_at is not None:
            return False
        voicemail = replace(voicemail, heard_by=by, heard_at=now)
        pipe.hset(keys.voicemails(account), name, to_json(voicemail))
        pipe.zrem(keys.unheard(account, voicemail.group), name)
        pipe.execute_command(*_event(voicemail, "heard", now))
        return True

    done: bool = await redis.transaction(write, keys.voicemails(account), value_from_callable=True)
    return done


async def delete(redis: Redis, account: str, names: Iterable[str], now: int) -> list[Voicemail]:
    """Forgets them; gives those that there were. Their files are the caller's business."""
    wanted = list(names)

    async def write(pipe: Pipeline) -> list[Voicemail]:
        bodies: Any = await pipe.hmget(keys.voicemails(account), wanted)
        pipe.multi()  # type: ignore[no-untyped-call]
        found = [from_json(body) for body in bodies if body is not None]
        for voicemail in found:
            pipe.hdel(keys.voicemails(account), voicemail.id)
            pipe.zrem(keys.unheard(account, voicemail.group), voicemail.id)
            pipe.execute_command(*_event(voicemail, "deleted", now))
        return found

    if not wanted:
        return []
    gone: list[Voicemail] = await redis.transaction(write, keys.voicemails(account), value_from_callable=True)
    return gone


def _event(voicemail: Voicemail, state: str, at: int) -> Command:
    fields = {
        "at": str(at),
        "account": voicemail.account,
        "of": "voicemail",
        "voicemail": voicemail.id,
        "state": state,
        "call": voicemail.call,
        "caller": voicemail.caller or "",
        "group": voicemail.group,
        "ms": str(voicemail.ms),
        "by": voicemail.heard_by or "",
    }
    flat = [text for pair in fields.items() for text in pair]
    return ("XADD", keys.LIVE_STREAM, "MAXLEN", "~", str(LIVE_LENGTH), "*", *flat)
