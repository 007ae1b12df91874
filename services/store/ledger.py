"""The one way a record gets onto its stream: each call once, however often it is tried."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        for entry in entries:
            stream = keys.RATED_STREAM if entry.unrated is None else keys.UNRATED_STREAM
            record = entry.record
            account = record.account or ""
            metering = (keys.reserved(account), keys.held(account), keys.METERED)
            names = [keys.committed(record.call_id), stream, keys.book(account), *metering, *keys_of(entry.along)]
            along = to_json_list(entry.along)
            _COMMIT.call(pipe, names, [MARKER_SECONDS, entry.state, record.call_id, along, *_fields(entry)])
        _, *replies = await pipe.execute()
    return [Committed(entry_id.decode(), bool(new)) for entry_id, new in replies]


def _fields(entry: Entry) -> list[str | bytes | int]:
    record = entry.record
    fields: list[str | bytes | int] = [
        *("schema", SCHEMA),
        *("call_id", record.call_id),
        *("account", record.account or ""),
        *("record", to_json(record)),
    ]
    if entry.number is not None:
        fields += ["ledger", entry.number]
    return fields if entry.unrated is None else [*fields, "reason", entry.unrated]
