"""Gathers an account's statement from the streams: calls, corrections, and the account's ledger."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar

from redis.asyncio import Redis

from services.billing.library import find
from services.domain import book, statement
from services.domain.book import Book, Line, keeps_book
from services.domain.cycle import Span, add_months
from services.domain.documents import Account
from services.domain.rating import CHINA_TIME
from services.domain.record import Record
from services.domain.statement import Change, Statement, cost, day_of
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError
from services.store import books, corrections, keys, records, shelf
from services.store.documents import Versioned
from services.store.records import Own
from services.store.shelf import MissingError

D = TypeVar("D", Account, Tariff)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_DAY_MS = 24 * 3600 * 1000
"""Clocks differ: a call may be on the stream before it has ended."""


class CycleError(Exception):
    """Says what was expected."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What the streams have of an account since a statement's begin, up to the step that its book was read at."""

    calls: list[records.Found]
    corrections: list[corrections.Found]
    lines: list[Line]

    def changes(self) -> Iterator[Change]:
        """Of the account's book."""
        yield from (Change(_day(one), -cost(one.record)) for one in self.calls if one.number is not None)
        for one in self.corrections:
            if one.number is not None:
                yield Change(day_of(one.written), -one.correction.micros)
        yield from (Change(statement.books_day(line), line.amount) for line in self.lines)


async def gather(redis: Redis, own: Own, account: str, span: Span, today: date) -> Statement:
    """``own``: the account's.

    Raises UnratableError when a document is missing, RedisError, UnreadableError, and ValueError, KeyError of a book or
    ledger that somebody else has written to.
    """
    owner = _found((await find(redis, Account, {account}))[account]).document
    stored = await books.get(redis, account)
    found = await _written(redis, own, account, span.begin, stored.book.number)
    calls = [one for one in found.calls if _day(one) in span]
    corrected = [one for one in found.corrections if day_of(one.written) in span]
    lines = [line for line in found.lines if statement.books_day(line) in span]
    rated = tuple(one.record for one in calls)
    kept = keeps_book(owner) or stored.state != books.NO_BOOK
    outside = sum(cost(one.record) for one in calls if one.number is None)
    return Statement(
        account=account,
        name=owner.name,
        span=span,
        currency=await _currency(redis, owner, rated),
        calls=rated,
        sums=statement.sums_of(rated),
        drawn=statement.drawn_of(rated),
        lines=tuple(line for line in lines if line.kind != "top_up"),
        top_ups=tuple(line for line in lines if line.kind == "top_up"),
        corrections=tuple(one.correction for one in corrected),
        balance=statement.balance_of(stored.book.balance, found.changes(), span) if kept else None,
        outside=outside + sum(one.correction.micros for one in corrected if one.number is None),
        unrated=len(await _unrated(redis, account, span) - {one.record.call_id for one in found.calls}),
        unbooked=len(await _unbooked(redis, owner, stored.book, span, today)),
    )


async def span_of(redis: Redis, account: str, cycle: str, package: str | None) -> Span:
    """``cycle``: a month, ``2026-10``, or a day of a package's cycle, ``2026-10-15``.

    Raises CycleError, and as ``gather`` does.
    """
    month = _MONTH.fullmatch(cycle) is not None
    try:
        day = date.fromisoformat(f"{cycle}-01" if month else cycle)
        end = add_months(day, 1)
    except ValueError:
        expected = "expected a month like 2026-10, or a day of a package's cycle like 2026-10-15"
        raise CycleError(f"{cycle!r}: {expected}") from None
    if not month:
        return await package_cycle(redis, account, package, day)
    if package is not None:
        raise CycleError(f"{cycle!r}: with a package, {package!r}, expected a day of its cycle, and no month")
    return Span(day, end)


async def package_cycle(redis: Redis, account: str, package: str | None, day: date) -> Span:
    """The cycle that the day is in, of this package, or of the account's only one. Raises as ``gather`` does."""
    every = await package_cycles(redis, account)
    cycles = [one for one in every if day in one[1] and package in {None, one[0]}]
    if not cycles:
        raise UnratableError(f"account {account!r} has no cycle of {package or 'a package'} that {day} is in")
    if len({span for _, span in cycles}) > 1:
        listed = ", ".join(
            f"{name} from {span.begin} to {span.end}" for name, span in sorted(cycles, key=lambda one: one[0])
        )
        raise UnratableError(f"{day} is in several packages' cycles, say which with --package: {listed}")
    return cycles[0][1]


async def package_cycles(redis: Redis, account: str) -> list[tuple[str, Span]]:
    """Each package's id and each of its cycles that has begun. Raises as ``gather`` does."""
    stored = (await books.get(redis, account)).book
    lines = [line async for line in books.lines(redis, account)]
    try:
        known = {
            name: await shelf.terms(redis, name) for name in {line.package for line in lines if line.kind == "fee"}
        }
    except MissingError as error:
        raise UnratableError(str(error)) from error
    return statement.cycles_of(lines, stored, known)


async def _written(redis: Redis, own: Own, account: str, begin: date, number: int) -> _Written:
    since = max(0, _ms(begin) - _DAY_MS)
    calls = [call async for call in own(since) if (call.number or 0) <= number]
    corrected = [
        one
        async for one in corrections.written(redis, since)
        if one.correction.account == account and (one.number or 0) <= number
    ]
    lines = [line async for line in books.lines(redis, account, since) if line.number <= number]
    return _Written(sorted(calls, key=lambda one: (one.record.ended, one.record.call_id)), corrected, lines)


async def _unrated(redis: Redis, account: str, span: Span) -> set[str]:
    return {
        one.record.call_id
        async for one in records.own(redis, account, stream=keys.UNRATED_STREAM)(max(0, _ms(span.begin) - _DAY_MS))
        if day_of(one.record.ended) in span
    }


async def _unbooked(redis: Redis, owner: Account, now: Book, span: Span, today: date) -> list[Line]:
    """What would be entered if the book were settled."""
    try:
        agreed = await shelf.agreed(redis, owner)
        known = await shelf.shelf(redis, now, agreed)
    except MissingError as error:
        raise UnratableError(str(error)) from error
    due = book.settle(now, known, agreed, min(today, span.end)).lines
    return [line for line in due if statement.books_day(line) in span]


def _day(call: records.Found) -> date:
    return day_of(call.record.ended) if call.day is None else call.day


async def _currency(redis: Redis, owner: Account, calls: tuple[Record, ...]) -> str:
    charged = {call.charge.currency for call in calls if call.charge is not None}
    if len(charged) > 1:
        raise UnratableError(f"calls of {owner.id!r} are charged in {' and '.join(sorted(charged))}")
    if charged:
        return charged.pop()
    return _found((await find(redis, Tariff, {owner.tariff}))[owner.tariff]).document.currency


def _found(one: Versioned[D] | str) -> Versioned[D]:
    if isinstance(one, str):
        raise UnratableError(one)
    return one


def _ms(day: date) -> int:
    return int(datetime.combine(day, time(), CHINA_TIME).timestamp()) * 1000
