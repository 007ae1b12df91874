"""Documents that many calls' prices ask for: each read once, many in one round trip."""

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.calendar import Calendar
from services.domain.documents import Account, Document, Hotline
from services.domain.package import Package
from services.domain.region import Numbering
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError
from services.store import documents
from services.store.documents import Row, Title, Versioned

D = TypeVar("D", Account, Calendar, Hotline, Numbering, Package, Tariff)

_KINDS: dict[str, type[Any]] = {
    "tariff": Tariff,
    "package": Package,
    "calendar": Calendar,
    "numbering": Numbering,
}
"""What is read on."""


class Library:
    """Documents as they stood when they were first asked for."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._found: dict[Title, Versioned[Any] | str] = {}

    async def read(self, titles: Iterable[Title]) -> list[Document]:
        """All at once; gives those that are new here."""
        new = [title for title in dict.fromkeys(titles) if title not in self._found]
        rows = await documents.rows(self._redis, new)
        found = {title: _found(title, row) for title, row in zip(new, rows, strict=True)}
        self._found |= found
        return [one.document for one in found.values() if not isinstance(one, str)]

    async def read_on(self, titles: Iterable[Title]) -> None:
        """These, what they refer to, and so on."""
        new = await self.read(titles)
        while new:
            new = await self.read(
                (_KINDS[kind], name, None)
                for document in new
                for _, kind, name in document.references()
                if kind in _KINDS
            )

    async def find(self, kind: type[D], name: str, version: int | None = None) -> Versioned[D] | str:
        """The document, or why it cannot be had."""
        title = (kind, name, version)
        newest = self._found.get((kind, name, None))
        if isinstance(newest, Versioned) and newest.version == version:
            return newest
        if title not in self._found:
            await self.read([title])
        return self._found[title]

    async def get(self, kind: type[D], name: str, version: int | None = None) -> Versioned[D]:
        """Raises UnratableError."""
        found = await self.find(kind, name, version)
        if isinstance(found, str):
            raise UnratableError(found)
        return found


async def find(redis: Redis, kind: type[D], names: Iterable[str]) -> dict[str, Versioned[D] | str]:
    """Each document, or why it cannot be had, in one round trip."""
    library, wanted = Library(redis), list(names)
    await library.read((kind, name, None) for name in wanted)
    return {name: await library.find(kind, name) for name in wanted}


def _found(title: Title, row: Row) -> Versioned[Any] | str:
    kind, name, version = title
    what = f"{kind.__name__.lower()} {name!r}"
    try:
        found = documents.versioned(kind, row)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        return f"{what} cannot be read: {where}: {problem['msg']}"
    return found or f"there is no {what}{'' if version is None else f' version {version}'}"
