"""What somebody does to an account's book: the same by the command line and by the console.

All raise CommandError, TakenError of ``services.store.books``, pydantic.ValidationError of a book or document that
cannot be read, and redis.exceptions.RedisError.
"""

from collections.abc import Callable
from datetime import date

from redis.asyncio import Redis

from services.domain import book, money
from services.domain.book import Agreed, Book, NoPackageError, Shelf, Step
from services.domain.documents import Account
from services.domain.statement import day_of
from services.store import books, documents, shelf
from services.store.books import Changed, Once
from services.store.due import now
from services.store.shelf import MissingError

Take = Callable[[Book, Shelf, Agreed, date], Step]


class CommandError(Exception):
    """Says in one sentence why it cannot be done."""


async def owner(redis: Redis, name: str) -> Account:
    found = await documents.get(redis, Account, name)
    if found is None:
        raise CommandError(f"there is no account {name!r}")
    if not book.keeps_book(found.document):
        raise CommandError(f"account {name!r} keeps no book: it has no 'packages' and is not 'prepaid'")
    return found.document


async def top_up(redis: Redis, name: str, amount: int, reason: str, key: str) -> Changed:
    """``amount``: millionths; negative takes back. ``key``: a second one with the same does nothing; may be empty."""
    await owner(redis, name)
    once = _once(key, f"a top-up of {money.text(amount)}")
    return await books.change(redis, name, lambda book_: book.top_up(book_, amount, today(), reason), once)


async def renew(redis: Redis, name: str, package: str, key: str) -> Changed:
    """The package's cycle begins anew today."""

    def take(now_: Book, known: Shelf, agreed: Agreed, day: date) -> Step:
        return book.renew(now_, known, agreed, package, day)

    return await _change(redis, name, take, _once(key, f"a renewal of {package}"))


async def settle(redis: Redis, name: str) -> Changed:
    """The days pass until today."""
    return await _change(redis, name, book.settle, None)


def today() -> date:
    """In China."""
    return day_of(now())


async def _change(redis: Redis, name: str, take: Take, once: Once | None) -> Changed:
    try:
        agreed = await shelf.agreed(redis, await owner(redis, name))
        known = await shelf.shelf(redis, (await books.get(redis, name)).book, agreed)
        return await books.change(redis, name, lambda now_: take(now_, known, agreed, today()), once)
    except (NoPackageError, MissingError) as error:
        raise CommandError(str(error)) from error


def _once(key: str, what: str) -> Once | None:
    return Once(key, what) if key else None
