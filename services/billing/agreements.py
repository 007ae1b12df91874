"""All documents that the price of an account's calls asks for, as they stand in Redis."""

from redis.asyncio import Redis

from services.billing.library import D, find
from services.domain.calendar import Calendar
from services.domain.documents import Account, Document, Hotline
from services.domain.region import Numbering
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError


async def agreements(redis: Redis, account: str, hotlines: set[str]) -> list[Document]:
    """Raises UnratableError when one is missing or cannot be read, and RedisError."""
    owner = await _get(redis, Account, account)
    tariff = await _get(redis, Tariff, owner.tariff)
    found: list[Document] = [owner, tariff]
    if tariff.calendar is not None:
        found.append(await _get(redis, Calendar, tariff.calendar))
    if tariff.numbering is not None:
        found.append(await _get(redis, Numbering, tariff.numbering))
    return [*found, *[await _get(redis, Hotline, hotline) for hotline in sorted(hotlines)]]


async def _get(redis: Redis, kind: type[D], name: str) -> D:
    found = (await find(redis, kind, {name}))[name]
    if isinstance(found, str):
        raise UnratableError(found)
    return found.document
