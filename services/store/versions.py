"""What a document was before: every version, who made it, when and why. All raise redis.exceptions.RedisError."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.domain.documents import Document
from services.store import keys


@dataclass(frozen=True, slots=True)
class Edit:
    by: str
    at: int
    """Milliseconds since 1970."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    edit: Edit | None
    """None when nobody had said."""
    deleted: bool = False
    """From then on there was no such document."""


_EDIT = TypeAdapter(Edit)
_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


def fields(number: int, body: str, edit: Edit | None) -> dict[str, str | bytes | int]:
    """What a new version changes in its document's hash."""
    known: dict[str, str | bytes | int] = {"body": body, "version": number, f"v{number}": body}
    return known if edit is None else known | {f"edit{number}": _EDIT.dump_json(edit)}


def deletion(number: int, edit: Edit | None) -> dict[str, str | bytes | int]:
    """The same of its deletion, which is a version that has nothing in it."""
    known: dict[str, str | bytes | int] = {"version": number}
    return known if edit is None else known | {f"edit{number}": _EDIT.dump_json(edit)}


async def history(redis: Redis, kind: str, name: str) -> list[Version]:
    """Oldest first; none: there is no such document."""
    stored: dict[bytes, bytes] = await cast("Any", redis.hgetall(keys.document(kind, name)))
    newest = int(stored.get(b"version", 0))
    edits = [stored.get(b"edit%d" % number) for number in range(1, newest + 1)]
    return [
        Version(number, _EDIT.validate_json(edit) if edit else None, deleted=b"v%d" % number not in stored)
        for number, edit in enumerate(edits, 1)
    ]


async def document(redis: Redis, kind: str, name: str, number: int | None = None) -> Document | None:
    """``number``: None is the newest. Raises pydantic.ValidationError when it was written by another release."""
    field = "body" if number is None else f"v{number}"
    body: bytes | None = await cast("Any", redis.hget(keys.document(kind, name), field))
    return None if body is None else _DOCUMENT.validate_json(body)


async def everything(redis: Redis) -> AsyncIterator[Document]:
    """The newest version of every document, in no order. As ``document``."""
    async for name in redis.scan_iter(keys.document("*", "*"), 1000):
        body: bytes | None = await cast("Any", redis.hget(name, "body"))
        if body is not None:
            yield _DOCUMENT.validate_json(body)
