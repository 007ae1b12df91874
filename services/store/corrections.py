"""Corrections of rated records, and records of calls that could not be rated at first: each written once.

All raise redis.exceptions.RedisError.
"""

from collections.abc import AsyncIterator
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.correction import Correction, from_json, to_json
from services.domain.record import SCHEMA, Record
from services.domain.record import to_json as record_to_json
from services.store import keys
from services.store.records import PAGE, UnreadableError
from services.store.scripts import Script

_CORRECT = Script("correct.lua")


class OutrunError(Exception):
    """Somebody else has corrected this call meanwhile."""


async def write(redis: Redis, one: Correction, last: str) -> bool:
    """False when it stood there already. ``last``: id of the call's correction before this one, or empty."""
    fields: list[str | bytes | int] = [
        *("schema", SCHEMA, "id", one.id, "call_id", one.call_id, "account", one.account, "amount", one.amount),
        *("correction", to_json(one)),
    ]
    return await _once(redis, keys.corrected(one.call_id), keys.CORRECTIONS_STREAM, [last, one.id, *fields])


async def write_late(redis: Redis, record: Record) -> bool:
    """The record of a call that stands on ``cdr:unrated``; False when it has one already."""
    fields: list[str | bytes | int] = [
        *("schema", SCHEMA, "call_id", record.call_id, "account", record.account or ""),
        *("record", record_to_json(record)),
    ]
    return await _once(redis, keys.rated_late(record.call_id), keys.RATED_STREAM, ["", record.call_id, *fields])


async def written(redis: Redis, since: int = 0, until: int | None = None) -> AsyncIterator[Correction]:
    """Those written between two times (milliseconds since 1970; ``until`` is not in it), oldest first."""
    begin, end = f"{since}-0", "+" if until is None else f"({until}-0"
    while page := cast("list[Any]", await redis.xrange(keys.CORRECTIONS_STREAM, begin, end, count=PAGE)):
        for entry_id, fields in page:
            try:
                yield from_json(fields[b"correction"])
            except (KeyError, ValidationError) as error:
                raise UnreadableError(f"entry {entry_id.decode()} of {keys.CORRECTIONS_STREAM}: {error}") from error
        begin = f"({page[-1][0].decode()}"


async def _once(redis: Redis, marker: str, stream: str, args: list[str | bytes | int]) -> bool:
    done = await _CORRECT.run(redis, [marker, stream], args)
    if done < 0:
        raise OutrunError(f"{marker} has changed meanwhile: rerate again")
    return bool(done)
