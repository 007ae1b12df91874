"""Corrections of rated records, and records of calls that could not be rated at first: each written once.

All raise redis.exceptions.RedisError.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.correction import Correction, from_json, to_json
from services.domain.record import SCHEMA, Record
from services.domain.record import to_json as record_to_json
from services.store import keys
from services.store.books import Change
from services.store.commands import keys_of
from services.store.commands import to_json as to_json_list
from services.store.records import PAGE, UnreadableError
from services.store.scripts import Script

_CORRECT = Script("correct.lua")
_OUTRUN, _BOOK_CHANGED = -1, -2


class OutrunError(Exception):
    """Somebody else has corrected this call meanwhile."""


class BookChangedError(Exception):
    """Somebody else has changed the account's book since it was read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Found:
    entry_id: str
    correction: Correction
    number: int | None
    """Of its step in the account's book (docs/ledger.md)."""

    @property
    def written(self) -> int:
        """Milliseconds since 1970."""
        return int(self.entry_id.partition("-")[0])


async def write(redis: Redis, one: Correction, last: str, change: Change | None = None) -> bool:
    """False when it stood there already. ``last``: id of the call's correction before this one, or empty.

    ``change``: the step of the account's book that it is. Raises OutrunError, BookChangedError.
    """
    fields: list[str | bytes | int] = [
        *("schema", SCHEMA, "id", one.id, "call_id", one.call_id, "account", one.account, "amount", one.amount),
        *("correction", to_json(one)),
    ]
    names = [keys.corrected(one.call_id), keys.CORRECTIONS_STREAM, keys.book(one.account)]
    return await _once(redis, names, [last, one.id], change, fields)


async def write_late(redis: Redis, record: Record, day: date, change: Change | None = None) -> bool:
    """The record of a call that stands on ``cdr:unrated``; False when it has one already.

    ``day``: the one that it is booked for; ``change``: its step of the account's book. Raises BookChangedError.
    """
    fields: list[str | bytes | int] = [
        *("schema", SCHEMA, "call_id", record.call_id, "account", record.account or ""),
        *("record", record_to_json(record), "day", str(day)),
    ]
    names = [keys.rated_late(record.call_id), keys.RATED_STREAM, keys.book(record.account or "")]
    return await _once(redis, names, ["", record.call_id], change, fields)


async def written(redis: Redis, since: int = 0, until: int | None = None) -> AsyncIterator[Found]:
    """Those written between two times (milliseconds since 1970; ``until`` is not in it), oldest first."""
    begin, end = f"{since}-0", "+" if until is None else f"({until}-0"
    while page := cast("list[Any]", await redis.xrange(keys.CORRECTIONS_STREAM, begin, end, count=PAGE)):
        for entry_id, fields in page:
            try:
                number = int(fields[b"ledger"]) if b"ledger" in fields else None
                yield Found(entry_id.decode(), from_json(fields[b"correction"]), number)
            except (KeyError, ValueError, ValidationError) as error:
                raise UnreadableError(f"entry {entry_id.decode()} of {keys.CORRECTIONS_STREAM}: {error}") from error
        begin = f"({page[-1][0].decode()}"


async def _once(
    redis: Redis, names: list[str], marker: list[str], change: Change | None, fields: list[str | bytes | int]
) -> bool:
    booked: list[str | bytes | int] = [] if change is None else ["ledger", change.number]
    commands = () if change is None else change.commands
    state = "" if change is None else change.state
    args = [*marker, state, to_json_list(commands), *fields, *booked]
    done = await _CORRECT.run(redis, [*names, *keys_of(commands)], args)
    if done == _OUTRUN:
        raise OutrunError(f"{names[0]} has changed meanwhile: rerate again")
    if done == _BOOK_CHANGED:
        raise BookChangedError(names[2])
    return bool(done)
