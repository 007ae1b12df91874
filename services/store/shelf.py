"""The packages that an account's book and document speak of. All raise MissingError and redis.exceptions.RedisError."""

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.book import Agreed, Book
from services.domain.documents import Account, Subscription
from services.domain.package import Package
from services.domain.packages import Terms
from services.store import documents


class MissingError(Exception):
    """Says which package there is not."""


async def shelf(redis: Redis, book: Book, agreed: Agreed) -> dict[str, Terms]:
    """What the book has, and what is agreed to, by ``id@version``."""
    had = {kept.package: await terms(redis, kept.package) for kept in book.packages}
    return had | {one.name: one for _, one in agreed}


async def agreed(redis: Redis, owner: Account) -> list[tuple[Subscription, Terms]]:
    return [(one, await _newest(redis, one.package)) for one in owner.packages]


async def terms(redis: Redis, name: str) -> Terms:
    """Of ``id@version``."""
    package, _, version = name.rpartition("@")
    try:
        found = await documents.get_version(redis, Package, package, int(version))
    except ValidationError as error:
        raise MissingError(f"package {name!r} cannot be read: {error.errors()[0]['msg']}") from error
    if found is None:
        raise MissingError(f"there is no package {name!r}")
    return Terms(found.document, found.version)


async def _newest(redis: Redis, package: str) -> Terms:
    try:
        found = await documents.get(redis, Package, package)
    except ValidationError as error:
        raise MissingError(f"package {package!r} cannot be read: {error.errors()[0]['msg']}") from error
    if found is None:
        raise MissingError(f"there is no package {package!r}")
    return Terms(found.document, found.version)
