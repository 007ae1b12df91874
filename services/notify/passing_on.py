"""Passes live events on to companies' own programs: each is put into the outbox once, whoever dies meanwhile."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.call_events import of_entry
from services.domain.documents import Account
from services.domain.live import order
from services.domain.messages import Message
from services.store import documents, live, passing_on
from services.store.live import Entry

BLOCK_MS = 1000
PAUSE_SECONDS = 0.05
"""Between two batches: those that come one by one are passed on together."""

log = logging.getLogger(__name__)


async def run(redis: Redis) -> None:
    """Until cancelled. Any number of processes may: of two that pass on the same, one has. Raises RedisError."""
    while True:
        before = await passing_on.position(redis)
        entries = await live.read(redis, before, BLOCK_MS)
        if entries:
            await _tell_of_gap(redis, before)
            messages = _messages(entries, await _accounts(redis, entries))
            await passing_on.pass_on(redis, before, entries[-1].id, messages)
            await asyncio.sleep(PAUSE_SECONDS)


async def _tell_of_gap(redis: Redis, before: str) -> None:
    first = await live.oldest(redis)
    if order(before) < order(first) and before != "0-0":
        log.error("live events between %s and %s were gone before they were passed on", before, first)


async def _accounts(redis: Redis, entries: Iterable[Entry]) -> Mapping[str, Account]:
    names = list(dict.fromkeys(entry.fields.get("account", "") for entry in entries))
    found = {}
    for name, row in zip(names, await documents.rows(redis, [(Account, name, None) for name in names]), strict=True):
        with suppress(ValidationError):  # of another release: its messages could not be sent either
            if account := documents.versioned(Account, row):
                found[name] = account.document
    return found


def _messages(entries: Sequence[Entry], accounts: Mapping[str, Account]) -> list[Message]:
    told = []
    for entry in entries:
        owner = accounts.get(entry.fields.get("account", ""))
        with suppress(KeyError, ValueError):  # an entry of somebody else's
            if owner and (message := of_entry(*entry, owner)):
                told.append(message)
    return told
