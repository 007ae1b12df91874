"""Drafts: documents that stand beside those in effect, under a name, until they are applied together.

All raise redis.exceptions.RedisError, and pydantic.ValidationError of a draft that another release has written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from services.domain.check import Standing
from services.domain.documents import Document, Ref, ref
from services.store import keys
from services.store.documents import Check, standing
from services.store.versions import Edit

_EDIT = "edit"
KEPT = 500
"""Documents of drafts that are kept as they were read, for whoever finds them unchanged."""


@dataclass(frozen=True, slots=True)
class Drafted:
    document: Document
    version: int
    """That stood when it was put into the draft; 0: none did."""
    source: str = ""
    """YAML with comments that somebody wrote it in; empty: nobody did."""


@dataclass(frozen=True, slots=True)
class Draft:
    edit: Edit
    """The last."""
    documents: dict[Ref, Drafted]

    def moved(self, now: Standing) -> list[Ref]:
        """What somebody else has changed since, and otherwise than the draft does."""
        return [
            name
            for name, drafted in self.documents.items()
            if now.versions.get(name, 0) != drafted.version and now.documents.get(name) != drafted.document
        ]

    def over(self, now: Standing) -> Standing:
        return now.having(drafted.document for drafted in self.documents.values())


_DRAFTED = TypeAdapter(Drafted)
_EDITS = TypeAdapter(Edit)


async def put(  # noqa: PLR0913, PLR0917 - what a draft is
    redis: Redis,
    name: str,
    documents: Sequence[Document],
    edit: Edit,
    check: Check,
    bases: Mapping[Ref, int] = MappingProxyType({}),
    sources: Mapping[Ref, str] = MappingProxyType({}),
) -> None:
    """Adds documents to a draft, or begins one.

    ``check``: as of ``services.store.documents.apply``, but is shown what is seen through the draft. ``bases``: the
    versions that documents were made from, if not those that stand.
    """

    async def write(pipe: Pipeline) -> None:
        now = await standing(redis)
        found = await get(redis, name)
        check(found.over(now) if found else now)
        pipe.multi()  # type: ignore[no-untyped-call]
        for document in documents:
            title = ref(document)
            base = bases.get(title, now.versions.get(title, 0))
            drafted = Drafted(document, base, sources.get(title, ""))
            pipe.hset(keys.draft(name), ":".join(title), _DRAFTED.dump_json(drafted, exclude_none=True))
        pipe.hset(keys.draft(name), _EDIT, _EDITS.dump_json(edit))

    await redis.transaction(write, keys.DOCUMENTS, keys.draft(name))


async def get(redis: Redis, name: str) -> Draft | None:
    found: dict[bytes, bytes] = await cast("Any", redis.hgetall(keys.draft(name)))
    if not found:
        return None
    edit = _EDITS.validate_json(found.pop(_EDIT.encode()))
    drafted = [_drafted(one) for one in found.values()]
    return Draft(edit, {ref(one.document): one for one in drafted})


@lru_cache(maxsize=KEPT)
def _drafted(body: bytes) -> Drafted:
    return _DRAFTED.validate_json(body)


async def drop(redis: Redis, name: str, title: Ref) -> None:
    """Takes one document out of a draft, which is no more without any."""
    await cast("Any", redis.hdel(keys.draft(name), ":".join(title)))
    if await cast("Any", redis.hlen(keys.draft(name))) <= 1:
        await discard(redis, name)


async def names(redis: Redis) -> list[str]:
    prefix = keys.draft("")
    return sorted([name.decode().removeprefix(prefix) async for name in redis.scan_iter(f"{prefix}*", 1000)])


async def discard(redis: Redis, name: str) -> bool:
    """Whether there was one."""
    return bool(await redis.delete(keys.draft(name)))


async def seen_through(redis: Redis, name: str) -> Standing:
    """All documents as they would stand if the draft, if there is one, were applied now."""
    found, now = await get(redis, name), await standing(redis)
    return found.over(now) if found else now
