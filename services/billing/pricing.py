"""Prices records by what their accounts have agreed to, as it stands in Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from services.billing.books import OpenBook, known_packages
from services.domain import region
from services.domain.book import Book, keeps_book
from services.domain.calendar import CHINA, Calendar
from services.domain.correction import covered_again
from services.domain.documents import Account, Hotline
from services.domain.package import Package
from services.domain.rating import Home, Rater
from services.domain.record import Charge, Record
from services.domain.region import Numbering
from services.domain.reservation import Hold, Means
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError, usage_of
from services.store import documents
from services.store.documents import Versioned
from services.store.ledger import Entry

D = TypeVar("D", Account, Calendar, Hotline, Numbering, Package, Tariff)
K = TypeVar("K")
V = TypeVar("V")


async def price(redis: Redis, records: Sequence[Record]) -> list[Entry]:
    """An entry for each record, in their order; one that cannot be priced says why."""
    pricing = Pricing(redis)
    return [await pricing.entry(record) for record in records]


class Pricing:
    """Documents and books of one batch of records, each read once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._books: dict[str, OpenBook | UnratableError] = {}
        self._accounts: dict[str, Account | UnratableError] = {}
        self._raters: dict[tuple[str, bool], Rater | UnratableError] = {}
        self._homes: dict[tuple[str, int | None], Home | UnratableError] = {}

    async def entry(self, record: Record, at: int | None = None) -> Entry:
        """``at``: when it is priced, in milliseconds since 1970, where that is long after its end."""
        if record.account is None:
            return Entry(record)
        try:
            account = await _once(self._accounts, record.account, self._account)
            kept = None
            if keeps_book(account):
                kept = await self.book(account.id)
            places = kept is not None and kept.needs_places
            rater = await _once(self._raters, (account.tariff, places), self._rater)
            home = await _once(self._homes, (record.hotline, record.hotline_version), self._home)
            if kept is not None:
                return kept.enter(record, rater, home, at)
            return Entry(replace(record, charge=rater.rate(usage_of(record), home)))
        except UnratableError as error:
            return Entry(record, unrated=str(error))

    async def means(self, account: str, hotline: str, version: int, book: Book, others: Hold) -> Means:
        """What a call of the account is paid from, as its book stands. Raises UnratableError."""
        owner = await _once(self._accounts, account, self._account)
        known, agreed = await known_packages(self._redis, owner, book)
        places = any(terms.needs_places for terms in known.values())
        rater = await _once(self._raters, (owner.tariff, places), self._rater)
        home = await _once(self._homes, (hotline, version), self._home)
        return Means(owner, book, others, known, agreed, rater, home)

    async def again(self, record: Record, account: str, before: Charge) -> Charge:
        """What a rated call costs now; the minutes that ``before`` says were drawn for it cover it again, no others.

        Raises UnratableError.
        """
        owner = await _once(self._accounts, account, self._account)
        rater = await _once(self._raters, (owner.tariff, False), self._rater)
        home = await _once(self._homes, (record.hotline, record.hotline_version), self._home)
        return rater.charge(covered_again(rater.price(usage_of(record), home), before))

    async def book(self, account: str) -> OpenBook:
        """As it is once what was entered there is written. Raises UnratableError."""
        return await _once(self._books, account, self._book)

    def reopen(self, account: str) -> None:
        """Has the book read anew: somebody else has changed it."""
        self._books.pop(account, None)

    async def _account(self, name: str) -> Account:
        return (await _get(self._redis, Account, name)).document

    async def _book(self, name: str) -> OpenBook:
        return await OpenBook.read(self._redis, await _once(self._accounts, name, self._account))

    async def _rater(self, which: tuple[str, bool]) -> Rater:
        name, places = which
        found = await _get(self._redis, Tariff, name)
        tariff = found.document
        calendar, numbering = CHINA, None
        if tariff.calendar is not None:
            calendar = (await _get(self._redis, Calendar, tariff.calendar)).document
        if tariff.numbering is not None:
            numbering = (await _get(self._redis, Numbering, tariff.numbering)).document
        rater = Rater(tariff, found.version, calendar=calendar, numbering=numbering, places=places)
        if rater.places:
            await asyncio.to_thread(region.load)
        return rater

    async def _home(self, which: tuple[str, int | None]) -> Home:
        number, version = which
        if version is None:
            return Home.of((await _get(self._redis, Hotline, number)).document)
        return Home.of(await _get_version(self._redis, number, version))


async def _once(known: dict[K, V | UnratableError], key: K, get: Callable[[K], Awaitable[V]]) -> V:
    """What ``get`` gives or raises, the same for all records."""
    if key not in known:
        try:
            known[key] = await get(key)
        except UnratableError as error:
            known[key] = error
    found = known[key]
    if isinstance(found, UnratableError):
        raise found
    return found


async def _get(redis: Redis, kind: type[D], name: str) -> Versioned[D]:
    """The newest version; raises UnratableError."""
    found = (await find(redis, kind, {name}))[name]
    if isinstance(found, str):
        raise UnratableError(found)
    return found


async def _get_version(redis: Redis, name: str, version: int) -> Hotline:
    """As it led the call; raises UnratableError."""
    try:
        found = await documents.get_version(redis, Hotline, name, version)
    except ValidationError as error:
        raise UnratableError(_unreadable(Hotline, name, error)) from error
    if found is None:
        raise UnratableError(f"{_missing(Hotline, name)} version {version}")
    return found.document


async def find(redis: Redis, kind: type[D], names: set[str]) -> dict[str, Versioned[D] | str]:
    """Each document, or why it cannot be had."""
    ordered = sorted(names)
    try:
        found = await documents.get_many(redis, kind, ordered)
    except ValidationError:
        return {name: await _find_one(redis, kind, name) for name in ordered}
    return {name: document or _missing(kind, name) for name, document in zip(ordered, found, strict=True)}


async def _find_one(redis: Redis, kind: type[D], name: str) -> Versioned[D] | str:
    try:
        return await documents.get(redis, kind, name) or _missing(kind, name)
    except ValidationError as error:
        return _unreadable(kind, name, error)


def _missing(kind: type[D], name: str) -> str:
    return f"there is no {kind.__name__.lower()} {name!r}"


def _unreadable(kind: type[D], name: str, error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{kind.__name__.lower()} {name!r} cannot be read: {where}: {problem['msg']}"
