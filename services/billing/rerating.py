"""Prices records again, by the documents as they are now; what has changed is added, nothing is edited."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from redis.asyncio import Redis

from services.billing.pricing import Pricing
from services.domain import clock
from services.domain.charge import Charge
from services.domain.correction import Correction, correction, total
from services.domain.rating import CHINA_TIME
from services.domain.record import Record
from services.domain.usage import UnratableError
from services.store import corrections, keys, records
from services.store.books import Change
from services.store.corrections import BookChangedError, OutrunError
from services.store.records import Found

T = TypeVar("T")
_DAY_MS = 24 * 3600 * 1000
"""Clocks differ: a call may be on the stream before it has ended."""
ATTEMPTS = 10
"""At one call while others change its account's book."""
PAUSE = 0.1
"""Seconds, at most, between the first two."""


@dataclass(frozen=True, slots=True)
class Rerated:
    record: Record
    before: Charge | None
    """None: it was unrated."""
    after: Charge | None
    """None: it still has no price."""
    reason: str | None = None
    """Why it has none, or is left as it is."""

    @property
    def changed(self) -> bool:
        if self.reason is not None or self.after is None:
            return False
        return self.before is None or total(self.before) != total(self.after)


async def rerate(  # noqa: PLR0913  # which calls, and what is done with them
    redis: Redis,
    since: int,
    until: int,
    account: str | None,
    done: Callable[[], None],
    *,
    now: int,
    apply: bool,
) -> AsyncIterator[Rerated]:
    """Each call that ended in the period, as it is once its change is written, which ``apply`` does.

    Raises RedisError, UnreadableError, OutrunError.
    """
    last = {one.correction.call_id: one.correction async for one in corrections.written(redis)}
    rerating = _Rerating(redis, now, apply=apply)
    rated: set[str] = set()
    async for one in records.written(redis, max(0, since - _DAY_MS)):
        done()
        if _is_in(one.record, since, until, account) and one.record.charge is not None:
            rated.add(one.record.call_id)
            yield await rerating.again(one, one.record.charge, last.get(one.record.call_id))
    async for one in records.written(redis, max(0, since - _DAY_MS), stream=keys.UNRATED_STREAM):
        done()
        if _is_in(one.record, since, until, account) and one.record.call_id not in rated:
            rated.add(one.record.call_id)
            yield await rerating.late(one.record)


class _Rerating:
    def __init__(self, redis: Redis, now: int, *, apply: bool) -> None:
        self._redis = redis
        self._now = now
        self._apply = apply
        self._pricing = Pricing(redis)

    async def again(self, found: Found, charge: Charge, last: Correction | None) -> Rerated:
        """A rated call; ``charge`` is its record's."""
        call, account = found.record, found.record.account or ""
        before = charge if last is None else last.charge
        try:
            after = await self._pricing.again(call, account, charge)
            one = Rerated(call, before, after, _other_currency(before, after))
            if self._apply and one.changed:
                new = correction(call, account, before, after, 1 if last is None else last.number + 1)
                last_id = "" if last is None else last.id
                await self._until_written(
                    account, lambda: self._correct(new, last_id, in_book=found.number is not None)
                )
        except UnratableError as error:
            return Rerated(call, before, None, str(error))
        return one

    async def late(self, call: Record) -> Rerated:
        """One that has had no price."""
        return await self._until_written(call.account or "", lambda: self._late(call))

    async def _late(self, call: Record) -> Rerated:
        entry = await self._pricing.entry(call, self._now)
        one = Rerated(call, None, entry.record.charge, entry.unrated)
        if self._apply and one.changed:
            change = None if entry.number is None else Change(entry.number, entry.state, entry.along)
            await corrections.write_late(self._redis, entry.record, clock.moment(self._now, CHINA_TIME).day, change)
        return one

    async def _correct(self, new: Correction, last: str, *, in_book: bool) -> None:
        """A correction is where its call is: a call that stands in no book does not change one later."""
        change = None
        if in_book:
            book = await self._pricing.book(new.account)
            change = book.correct(new.micros, new.ended, self._now)
        await corrections.write(self._redis, new, last, change)

    async def _until_written(self, account: str, write: Callable[[], Awaitable[T]]) -> T:
        """Again with the account's present book, when somebody else has changed it."""
        for attempt in range(ATTEMPTS):
            try:
                return await write()
            except BookChangedError:
                self._pricing.reopen(account)
                await asyncio.sleep(PAUSE * random.random() * (attempt + 1))  # noqa: S311 - others go on first
        raise OutrunError(f"others changed the book of account {account!r} {ATTEMPTS} times meanwhile: rerate again")


def _other_currency(before: Charge, after: Charge) -> str | None:
    if before.currency == after.currency:
        return None
    return f"it was charged in {before.currency} and would be in {after.currency}"


def _is_in(call: Record, since: int, until: int, account: str | None) -> bool:
    return call.account is not None and since <= call.ended < until and account in {None, call.account}
