"""Prices records by what their accounts have agreed to, as it stands in Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from redis.asyncio import Redis

from services.billing.books import OpenBook, known_packages
from services.billing.library import Library
from services.domain import region
from services.domain.book import Book, keeps_book
from services.domain.calendar import CHINA, Calendar
from services.domain.charge import Charge
from services.domain.correction import covered_again
from services.domain.documents import Account, Hotline
from services.domain.rating import Home, Rater
from services.domain.record import Record
from services.domain.region import Numbering
from services.domain.reservation import Hold, Means
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError, usage_of
from services.store import reservations
from services.store.documents import Versioned
from services.store.ledger import Entry

K = TypeVar("K")
V = TypeVar("V")

RATERS = 1000
"""Kept for as long as their documents stand unchanged."""


async def price(redis: Redis, records: Sequence[Record]) -> list[Entry]:
    """An entry for each record, in their order; one that cannot be priced says why."""
    pricing = Pricing(redis)
    await pricing.read_ahead(records)
    return [await pricing.entry(record) for record in records]


class Pricing:
    """Documents and books of one batch of records, each read once."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._library = Library(redis)
        self._rows: dict[str, reservations.Row] = {}
        self._books: dict[str, OpenBook | UnratableError] = {}
        self._raters: dict[tuple[str, bool], Rater | UnratableError] = {}
        self._homes: dict[tuple[str, int | None], Home | UnratableError] = {}

    async def read_ahead(self, records: Sequence[Record]) -> None:
        """What the records' prices ask for, in the few round trips that it takes; ``entry`` reads one by one."""
        accounts = {record.account for record in records if record.account is not None}
        hotlines = {(Hotline, record.hotline, record.hotline_version) for record in records}
        await self._library.read_on([*((Account, name, None) for name in accounts), *hotlines])
        owners = [await self._library.find(Account, name) for name in accounts]
        known = [owner.document for owner in owners if not isinstance(owner, str)]
        await self._read_books([owner.id for owner in known if keeps_book(owner)])

    async def entry(self, record: Record, at: int | None = None) -> Entry:
        """``at``: when it is priced, in milliseconds since 1970, where that is long after its end."""
        if record.account is None:
            return Entry(record)
        try:
            account = (await self._library.get(Account, record.account)).document
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
        owner = (await self._library.get(Account, account)).document
        known, agreed = await known_packages(self._library, owner, book)
        places = any(terms.needs_places for terms in known.values())
        rater = await _once(self._raters, (owner.tariff, places), self._rater)
        home = await _once(self._homes, (hotline, version), self._home)
        return Means(owner, book, others, known, agreed, rater, home)

    async def again(self, record: Record, account: str, before: Charge) -> Charge:
        """What a rated call costs now; the minutes that ``before`` says were drawn for it cover it again, no others.

        Raises UnratableError.
        """
        owner = (await self._library.get(Account, account)).document
        rater = await _once(self._raters, (owner.tariff, False), self._rater)
        home = await _once(self._homes, (record.hotline, record.hotline_version), self._home)
        return rater.charge(covered_again(rater.price(usage_of(record), home), before))

    async def book(self, account: str) -> OpenBook:
        """As it is once what was entered there is written. Raises UnratableError."""
        return await _once(self._books, account, self._book)

    def reopen(self, account: str) -> None:
        """Has the book read anew: somebody else has changed it."""
        self._books.pop(account, None)
        self._rows.pop(account, None)

    async def _book(self, name: str) -> OpenBook:
        if name not in self._rows:
            await self._read_books([name])
        return await OpenBook.of((await self._library.get(Account, name)).document, self._rows[name], self._library)

    async def _read_books(self, names: list[str]) -> None:
        self._rows |= zip(names, await reservations.rows(self._redis, names), strict=True)

    async def _rater(self, which: tuple[str, bool]) -> Rater:
        name, places = which
        tariff = await self._library.get(Tariff, name)
        calendar, numbering = None, None
        if tariff.document.calendar is not None:
            calendar = await self._library.get(Calendar, tariff.document.calendar)
        if tariff.document.numbering is not None:
            numbering = await self._library.get(Numbering, tariff.document.numbering)
        rater = _rater(tariff, calendar, numbering, places=places)
        if rater.places:
            await asyncio.to_thread(region.load)
        return rater

    async def _home(self, which: tuple[str, int | None]) -> Home:
        return Home.of((await self._library.get(Hotline, *which)).document)


@lru_cache(maxsize=RATERS)
def _rater(
    tariff: Versioned[Tariff],
    calendar: Versioned[Calendar] | None,
    numbering: Versioned[Numbering] | None,
    *,
    places: bool,
) -> Rater:
    return Rater(
        tariff.document,
        tariff.version,
        calendar=calendar.document if calendar else CHINA,
        numbering=numbering.document if numbering else None,
        places=places,
    )


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
