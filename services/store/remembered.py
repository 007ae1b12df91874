"""Documents for calls: what was read once is there when Redis is not."""

import logging
from collections import OrderedDict
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.documents import Agent, Group, Hotline
from services.store import documents
from services.store.breaker import AWAY, UNGUARDED, Guard
from services.store.documents import PARSED, D, Row, Versioned

log = logging.getLogger(__name__)

LIMIT = PARSED
"""Documents; of those beyond it the longest unused are forgotten."""


class Remembered:
    """Documents as they stand in Redis and, while it is away, as they stood when last read.

    Raises what Redis raises for a document that was never read.
    """

    def __init__(self, redis: Redis, guard: Guard = UNGUARDED, limit: int = LIMIT) -> None:
        self._redis = redis
        self._guard = guard
        self._limit = limit
        self._known: OrderedDict[tuple[type, str], Versioned[Any]] = OrderedDict()

    async def get(self, kind: type[D], name: str) -> Versioned[D] | None:
        [found] = await self.get_many(kind, [name])
        return found

    async def get_many(self, kind: type[D], names: list[str]) -> list[Versioned[D] | None]:
        """The newest version of each, in the order of ``names``."""
        try:
            with self._guard:
                rows = await documents.rows(self._redis, [(kind, name, None) for name in names])
        except AWAY:
            known = [self._known.get((kind, name)) for name in names]
            if None in known:
                raise
            return [document for document in known if document]
        return [self._remember(kind, name, row) for name, row in zip(names, rows, strict=True)]

    async def hotline(self, number: str) -> Versioned[Hotline] | None:
        """Has read its groups and their agents, too: its callers may need them when Redis is away."""
        found = await self.get(Hotline, number)
        if found:
            with suppress(*AWAY):
                await self._read_on(found.document)
        return found

    async def _read_on(self, hotline: Hotline) -> None:
        named = [(kind, name) for _, kind, name in hotline.references()]
        await self._missing(Agent, [name for kind, name in named if kind == "agent"])
        groups = [name for kind, name in named if kind == "group"]
        for group in await self._missing(Group, groups):
            await self._missing(Agent, group.document.members)

    async def _missing(self, kind: type[D], names: list[str]) -> list[Versioned[D]]:
        missing = [name for name in dict.fromkeys(names) if (kind, name) not in self._known]
        return [found for found in await self.get_many(kind, missing) if found] if missing else []

    def _readable(self, kind: type[D], name: str, row: Row) -> Versioned[D] | None:
        """What a newer release has written is not read: callers go on with what was read before it, if anything was."""
        try:
            return documents.versioned(kind, row)
        except ValidationError as error:
            if (known := self._known.get((kind, name))) is None:
                raise
            why = error.errors()[0]["msg"]
            log.error("%s %r is taken as it was in version %d: %s", kind.__name__, name, known.version, why)  # noqa: TRY400 - a traceback would say no more
            return known

    def _remember(self, kind: type[D], name: str, row: Row) -> Versioned[D] | None:
        document = self._readable(kind, name, row)
        self._known.pop((kind, name), None)
        if document is not None:
            self._known[kind, name] = document
            if len(self._known) > self._limit:
                self._known.popitem(last=False)
        return document
