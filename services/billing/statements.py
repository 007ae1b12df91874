"""Gathers an account's statement: calls from the streams, packages from its documents."""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import TypeVar

from redis.asyncio import Redis

from services.billing.pricing import find
from services.domain import statement
from services.domain.cycle import add_months
from services.domain.documents import Account
from services.domain.package import Package
from services.domain.packages import Terms
from services.domain.rating import CHINA_TIME
from services.domain.record import Record
from services.domain.statement import Statement
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError
from services.store import corrections, keys, records
from services.store.documents import Versioned

D = TypeVar("D", Account, Package, Tariff)
_DAY_MS = 24 * 3600 * 1000
"""Clocks differ: a call may be on the stream before it has ended."""


async def gather(redis: Redis, account: str, begin: date, read: Callable[[int], None]) -> Statement:
    """For the month that begins on this day, in China's time; ``read`` is told how many records it has seen.

    Raises UnratableError when a document is missing, RedisError, UnreadableError.
    """
    end = add_months(begin, 1)
    owner = _found((await find(redis, Account, {account}))[account]).document
    known = await _terms(redis, owner)
    calls = await _calls(redis, account, statement.first_needed(owner, known, begin), end, read)
    inside = tuple(call for call in calls if statement.day_of(call) >= begin)
    corrected = [
        one.correction
        async for one in corrections.written(redis, _ms(begin), _ms(end))
        if one.correction.account == account
    ]
    rated = {call.call_id for call in calls}
    unrated = [
        one.record.call_id
        async for one in records.written(redis, _ms(begin) - _DAY_MS, stream=keys.UNRATED_STREAM)
        if one.record.account == account and begin <= statement.day_of(one.record) < end
    ]
    return Statement(
        account=account,
        name=owner.name,
        begin=begin,
        end=end,
        currency=await _currency(redis, owner, inside),
        calls=inside,
        sums=statement.sums_of(inside),
        drawn=statement.drawn_of(inside),
        postings=statement.postings_of(owner, known, calls, begin, end),
        corrections=tuple(corrected),
        unrated=len(set(unrated) - rated),
    )


async def _calls(redis: Redis, account: str, since: date, until: date, read: Callable[[int], None]) -> list[Record]:
    """In the order of their ends."""
    found: list[Record] = []
    count = 0
    async for one in records.written(redis, max(0, _ms(since) - _DAY_MS)):
        count += 1
        if count % records.PAGE == 0:
            read(count)
        if one.record.account == account and since <= statement.day_of(one.record) < until:
            found.append(one.record)
    return sorted(found, key=lambda call: (call.ended, call.call_id))


async def _terms(redis: Redis, owner: Account) -> dict[str, Terms]:
    names = {one.package for one in owner.packages}
    found = await find(redis, Package, names)
    return statement.terms_of((one.document, one.version) for one in map(_found, found.values()))


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
