"""Lets days pass in the books of accounts that nobody calls: fees, minimums and forfeits are booked after midnight."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.domain import book, clock
from services.domain.book import keeps_book
from services.domain.documents import Account
from services.domain.rating import CHINA_TIME
from services.store import books, documents, due, settlement, shelf
from services.store.shelf import MissingError

AGAIN_SECONDS = 60.0
"""Until it is looked again whether another process has settled the day, or Redis is back."""

log = logging.getLogger(__name__)


async def keep_settling(
    redis: Redis, now: Callable[[], int] = due.now, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Until cancelled. Books are settled when it begins, and then soon after each midnight in China."""
    while True:
        day = clock.moment(now(), CHINA_TIME).day
        try:
            settled = await settle_all(redis, day)
        except (RedisError, OSError) as error:
            log.warning("books are not settled yet: %r", error)
            settled = False
        await sleep(_until(day + timedelta(1), now()) if settled else AGAIN_SECONDS)


async def settle_all(redis: Redis, day: date) -> bool:
    """Whether all books have been settled up to ``day``, by this process or another. Raises RedisError."""
    if await settlement.is_done(redis, day):
        return True
    if not await settlement.take(redis):
        return False
    for name in await documents.names(redis, Account):
        try:
            await settle(redis, name, day)
        except KeyError:
            log.info("the book of account %r got another package just now: it is settled", name)
        except (MissingError, ValidationError) as error:
            log.error("the book of account %r cannot be settled: %s", name, error)  # noqa: TRY400  # whose cause it says
    await settlement.done(redis, day)
    return True


async def settle(redis: Redis, name: str, day: date) -> None:
    """Raises MissingError, ValidationError, RedisError."""
    found = await documents.get(redis, Account, name)
    if found is None or not keeps_book(found.document):
        return
    agreed = await shelf.agreed(redis, found.document)
    known = await shelf.shelf(redis, (await books.get(redis, name)).book, agreed)
    await books.change(redis, name, lambda now: book.settle(now, known, agreed, day))


def _until(day: date, now: int) -> float:
    """Seconds."""
    begin = int(datetime.combine(day, time(), CHINA_TIME).timestamp()) * 1000
    return max(0, begin - now) / 1000
