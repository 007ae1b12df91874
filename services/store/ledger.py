"""The one way a record gets onto its stream: each call once, however often it is tried."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from redis.asyncio import Redis

from services.domain.record import SCHEMA, Record, to_json
from services.store import keys
from services.store.commands import Command, keys_of
from services.store.commands import to_json as to_json_list
from services.store.scripts import Script

MARKER_SECONDS = 40 * 24 * 3600
"""How long a call is known to be committed. Billing tries a call again only when it starts again from its checkpoint,
which lies at the begin of the oldest call still open. A call of which nothing is heard for a day is closed
(``services.billing.calls``), so the checkpoint is older than this only while a single call lasts longer."""

AT_ONCE = 50
"""Records that one call of the script writes: for so long, about a millisecond, Redis does nothing else."""

_COMMIT = Script("release.lua", "commit.lua")


@dataclass(frozen=True, slots=True)
class Entry:
    record: Record
    unrated: str | None = None
    """Why the record has no charge; it then goes to ``cdr:unrated``."""
    along: tuple[Command, ...] = ()
    """What is done in the same step, once as the record is."""
    number: int | None = None
    """Of the call's step in its account's book; None when the account keeps none."""
    state: str = ""
    """That the account's book must have, or nothing is written; empty: none is asked for."""


@dataclass(frozen=True, slots=True)
class Committed:
    entry_id: str
    """Empty: nothing was written, because the account's book has another state."""
    new: bool
    """Whether this commit wrote it; False when it stood there already."""


async def commit(redis: Redis, entries: Sequence[Entry]) -> list[Committed]:
    """Writes all in one round trip. After an error some may stand: commit all again, nothing is written twice.

    Raises redis.exceptions.RedisError.
    """
    async with redis.pipeline(transaction=False) as pipe:
        _COMMIT.load(pipe)
        for begin in range(0, len(entries), AT_ONCE):
            some = entries[begin : begin + AT_ONCE]
            _COMMIT.call(pipe, _keys(some), [MARKER_SECONDS, SCHEMA, *chain.from_iterable(map(_arguments, some))])
        _, *replies = await pipe.execute()
    return [Committed(entry_id.decode(), bool(new)) for entry_id, new in chain.from_iterable(replies)]


def _keys(entries: Sequence[Entry]) -> list[str]:
    along = keys_of(command for entry in entries for command in entry.along)
    own = chain.from_iterable(_own_keys(entry.record) for entry in entries)
    return [keys.RATED_STREAM, keys.UNRATED_STREAM, keys.METERED, *own, *along]


def _own_keys(record: Record) -> tuple[str, ...]:
    account = record.account or ""
    return keys.committed(record.call_id), keys.book(account), keys.reserved(account), keys.held(account)


def _arguments(entry: Entry) -> tuple[str | bytes | int, ...]:
    """As ``commit.lua`` takes them."""
    record = entry.record
    return (
        entry.state,
        to_json_list(entry.along) if entry.along else "[]",
        record.call_id,
        record.account or "",
        to_json(record),
        "" if entry.number is None else entry.number,
        entry.unrated or "",
    )
