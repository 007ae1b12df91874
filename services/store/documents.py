"""Documents in Redis: read one, or write many at once."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from services.domain.calendar import Calendar
from services.domain.check import Standing
from services.domain.documents import Account, Agent, Document, Group, Hotline, Ref
from services.domain.extensions import numbers_of
from services.domain.lists import NumberList
from services.domain.package import Package
from services.domain.region import Numbering
from services.domain.tariff import Tariff
from services.store import keys, lists
from services.store.versions import Edit, deletion, fields

_ANY: TypeAdapter[Document] = TypeAdapter(Document)

D = TypeVar("D", Account, Agent, Calendar, Group, Hotline, NumberList, Numbering, Package, Tariff)

Title = tuple[type[Any], str, int | None]
"""Kind, name and version of a document; None: the newest."""
Row = tuple[bytes | None, bytes | None]
"""A document's JSON and its version, None when there is none."""

Check = Callable[[Standing], None]

log = logging.getLogger(__name__)

PAGE = 500
"""Documents that are read in one round trip."""

EXTENSION = re.compile("[0-9]{2,6}")
SOURCE = "source"
"""The field of a document's last text with comments, which may be of an earlier version."""
PARSED = 20_000
"""Documents that are kept as they were read, for whoever finds them unchanged."""


@dataclass(frozen=True, eq=False)
class Versioned(Generic[D]):
    """The same object for as long as the document stands unchanged: what is made of it can be kept with it."""

    document: D
    version: int


async def get(redis: Redis, kind: type[D], name: str) -> Versioned[D] | None:
    """The newest version of a document, or None when there is none of that name."""
    [found] = await get_many(redis, kind, [name])
    return found


async def get_many(redis: Redis, kind: type[D], names: list[str]) -> list[Versioned[D] | None]:
    """The newest version of each, in the order of ``names``, in one round trip."""
    return [versioned(kind, row) for row in await rows(redis, [(kind, name, None) for name in names])]


async def get_version(redis: Redis, kind: type[D], name: str, version: int) -> Versioned[D] | None:
    """A document as it once stood, or None when it never had this version."""
    [row] = await rows(redis, [(kind, name, version)])
    return versioned(kind, row)


async def rows(redis: Redis, titles: Sequence[Title]) -> list[Row]:
    """What stands in Redis of each, in one round trip."""
    async with redis.pipeline(transaction=False) as pipe:
        for kind, name, version in titles:
            body = "body" if version is None else f"v{version}"
            pipe.hmget(keys.document(_kind_name(kind), name), [body, "version"])
        found = await pipe.execute()
    return [
        (body, newest if version is None else b"%d" % version)
        for (_, _, version), (body, newest) in zip(titles, found, strict=True)
    ]


def versioned(kind: type[D], row: Row) -> Versioned[D] | None:
    """Raises pydantic.ValidationError."""
    body, version = row
    return None if body is None or version is None else _parsed(kind, body, version)


@lru_cache(maxsize=PARSED)
def _parsed(kind: Any, body: bytes, version: bytes) -> Versioned[Any]:
    return Versioned(kind.model_validate_json(body), int(version))


async def names(redis: Redis, kind: type[D]) -> list[str]:
    """Of every document of the kind, deleted ones too."""
    prefix = keys.document(_kind_name(kind), "")
    return sorted([name.decode().removeprefix(prefix) async for name in redis.scan_iter(f"{prefix}*", 1000)])


async def readable(redis: Redis, kind: type[D]) -> list[D]:
    """Every document of the kind, in the order of their names, but those that cannot be read; that is logged."""
    found: list[D] = []
    known = await names(redis, kind)
    for begin in range(0, len(known), PAGE):
        some = known[begin : begin + PAGE]
        for name, row in zip(some, await rows(redis, [(kind, name, None) for name in some]), strict=True):
            try:
                one = versioned(kind, row)
            except ValidationError as error:
                why = error.errors(include_input=False, include_url=False)  # what was put in may be a password
                log.error("%s %r cannot be read: %s", _kind_name(kind), name, why)  # noqa: TRY400 - the same
            else:
                found += [one.document] if one else []
    return found


@lru_cache(maxsize=PARSED)
def _any(body: bytes) -> Document:
    return _ANY.validate_json(body)


def _kind_name(kind: type[Any]) -> str:
    return kind.__name__.lower()


async def standing(redis: Redis) -> Standing:
    """All documents there are."""
    documents: dict[Ref, Document] = {}
    versions: dict[Ref, int] = {}
    unreadable: dict[Ref, str] = {}
    found = [name.decode() async for name in redis.scan_iter(keys.document("*", "*"), 1000)]
    for page in range(0, len(found), PAGE):
        names = found[page : page + PAGE]
        async with redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hmget(name, ["body", "version"])
            rows = await pipe.execute()
        for name, (body, version) in zip(names, rows, strict=True):
            _, kind, document_id = name.split(":", 2)
            versions[kind, document_id] = int(version or 0)
            try:
                if body is not None:
                    documents[kind, document_id] = _any(body)
            except ValidationError as error:
                unreadable[kind, document_id] = error.errors()[0]["msg"]
    return Standing(documents, versions, unreadable)


async def apply(  # noqa: PLR0913, PLR0917 - what a change is
    redis: Redis,
    documents: Sequence[Document],
    edit: Edit | None = None,
    gone: Sequence[Ref] = (),
    check: Check | None = None,
    sources: Mapping[Ref, str] = MappingProxyType({}),
) -> list[tuple[Document, int]]:
    """Write all documents that differ from what is stored, all at once; gives them with their new versions.

    ``edit``: who does so, when and why, for the versions' history. ``gone``: documents that are deleted; their versions
    stay. ``check`` raises if that must not be; what it is shown stands until all is written, for whoever changes
    documents meanwhile makes it begin anew. ``sources``: YAML with comments that documents were written in.
    """
    names = [keys.document(document.kind, document.id) for document in documents]
    bodies = [document.model_dump_json(exclude_none=True) for document in documents]
    leaving = [keys.document(*name) for name in gone]

    async def write(pipe: Pipeline) -> list[tuple[Document, int]]:
        if check is not None:
            check(await standing(redis))
        stored = [await pipe.hmget(name, ["body", "version"]) for name in names]
        left = [await pipe.hmget(name, ["body", "version"]) for name in leaving]
        new = [
            (name, document, body, int(version or 0) + 1)
            for name, document, body, (old, version) in zip(names, documents, bodies, stored, strict=True)
            if _known(old) != document
        ]
        staged = [(one, await lists.stage(redis, one)) for _, one, _, _ in new if isinstance(one, NumberList)]
        pipe.multi()  # type: ignore[no-untyped-call]
        _index(pipe, documents, [body for body, _ in (*stored, *left)])
        for name, _, body, number in new:
            pipe.hset(name, mapping=cast("Any", fields(number, body, edit)))
        for title, text in sources.items():
            pipe.hset(keys.document(*title), SOURCE, text)
        for one, key in staged:
            lists.put(pipe, one, key)
        for name, (old, version) in zip(leaving, left, strict=True):
            if old is not None:
                pipe.hdel(name, "body")
                pipe.hset(name, mapping=cast("Any", deletion(int(version or 0) + 1, edit)))
        for kind, name in gone:
            if kind == "list":
                pipe.unlink(keys.listed(name))
        pipe.incr(keys.DOCUMENTS)
        pipe.publish(
            keys.CHANGED_DOCUMENTS, " ".join(sorted({one.kind for _, one, _, _ in new} | {kind for kind, _ in gone}))
        )
        return [(document, number) for _, document, _, number in new]

    watched = (keys.DOCUMENTS, *names, *leaving)
    changed: list[tuple[Document, int]] = await redis.transaction(write, *watched, value_from_callable=True)
    return changed


async def source(redis: Redis, kind: str, name: str) -> str:
    """The YAML with comments that it was last written in, maybe an earlier version; empty: there is none."""
    text: bytes | None = await cast("Any", redis.hget(keys.document(kind, name), SOURCE))
    return "" if text is None else text.decode()


def _index(pipe: Pipeline, documents: Sequence[Document], replaced: Sequence[bytes | str | None]) -> None:
    """Who is reached by which number: first what the old ones had goes, for another may have it now."""
    for body in replaced:
        old = _known(body)
        if isinstance(old, Agent | Group) and (numbers := numbers_of(old)):
            pipe.hdel(keys.extensions(old.account), *numbers)
    for document in documents:
        if isinstance(document, Agent | Group):
            for number in numbers_of(document):
                pipe.hset(keys.extensions(document.account), number, f"{document.kind}:{document.id}")


def _known(body: bytes | str | None) -> Document | None:
    """None also for a document that another version has written; nobody is reached by what it leaves."""
    try:
        return None if body is None else _ANY.validate_json(body)
    except ValidationError:
        return None


async def extensions(redis: Redis, account: str) -> set[str]:
    """Numbers by which somebody of the account is reached, but for those that are as long as outside numbers."""
    names: list[bytes] = await cast("Awaitable[Any]", redis.hkeys(keys.extensions(account)))
    return {number for name in names if EXTENSION.fullmatch(number := name.decode())}


async def reached_by(redis: Redis, account: str, number: str) -> Agent | Group | None:
    """Whom the phones of an account reach by this number; None: nobody."""
    name: bytes | None = await cast("Awaitable[Any]", redis.hget(keys.extensions(account), number))
    if name is None:
        return None
    kind, _, document_id = name.decode().partition(":")
    found = await get(redis, Agent, document_id) if kind == "agent" else await get(redis, Group, document_id)
    if found is None or found.document.account != account or number not in numbers_of(found.document):
        return None
    return found.document
