"""Lists in the form in which a call asks them: a hash of entries, so that asking costs the same however long they are.

An entry has the name of its reason, or nothing; HEAD has the document without entries.

All raise redis.exceptions.RedisError.
"""

import secrets
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from services.domain.lists import Match, NumberList, entries_for
from services.domain.prompts import reason_name
from services.store import keys

AT_ONCE = 1000
"""Entries that one command writes: callers' commands go in between."""
STAGED_SECONDS = 600
HEAD = "head"
"""The field that is no entry."""


async def find(redis: Redis, lists: Sequence[str], number: str) -> Match | None:
    """Of the first of the lists that has the number, as it is dialled: the number itself, or its longest begin.

    One round trip.
    """
    entries = entries_for(number)
    async with redis.pipeline(transaction=False) as pipe:
        for name in lists:
            pipe.hmget(keys.listed(name), [HEAD, *entries])
        found: list[list[bytes | None]] = await pipe.execute()
    for head, *values in found:
        for entry, value in zip(entries, values, strict=True):
            if head is not None and value is not None:
                return _match(NumberList.model_validate_json(head), entry, value.decode())
    return None


def _match(head: NumberList, entry: str, named: str) -> Match:
    reason = named or head.reason
    return Match(head.id, entry, reason, None if reason is None else reason_name(head, reason))


async def stage(redis: Redis, document: NumberList) -> str:
    """Writes a list's entries where nobody looks yet; the key, which ``put`` takes, and is gone when nobody does."""
    staged = keys.staged_list(document.id, secrets.token_hex(4))
    rows = chain([(HEAD, _head(document))], ((entry, reason or "") for entry, reason in document.entries.items()))
    while some := dict(islice(rows, AT_ONCE)):
        async with redis.pipeline(transaction=False) as pipe:
            pipe.hset(staged, mapping=cast("Any", some))
            pipe.expire(staged, STAGED_SECONDS)
            await pipe.execute()
    return staged


def put(pipe: Pipeline, document: NumberList, staged: str) -> None:
    """Instead of what callers were looked up in before."""
    key = keys.listed(document.id)
    pipe.unlink(key)
    pipe.rename(staged, key)
    pipe.persist(key)


def _head(document: NumberList) -> str:
    return document.model_copy(update={"entries": {}}).model_dump_json(exclude_none=True)
