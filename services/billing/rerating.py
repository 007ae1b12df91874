"""Prices records again, by the documents as they are now; what has changed is added, nothing is edited."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from services.billing.pricing import Pricing
from services.domain.correction import Correction, correction, total
from services.domain.record import Charge, Record
from services.store import corrections, keys, records

_DAY_MS = 24 * 3600 * 1000
"""Clocks differ: a call may be on the stream before it has ended."""


@dataclass(frozen=True, slots=True)
class Rerated:
    record: Record
    before: Charge | None
    """None: it was unrated."""
    after: Charge | None
    """None: it still has no price."""
    reason: str | None = None
    """Why it has none, or is left as it is."""
    last: Correction | None = None
    """Its newest correction."""

    @property
    def changed(self) -> bool:
        if self.reason is not None or self.after is None:
            return False
        return self.before is None or total(self.before) != total(self.after)


async def rerate(
    redis: Redis, since: int, until: int, account: str | None, done: Callable[[], None]
) -> AsyncIterator[Rerated]:
    """Each call that ended in the period. Raises RedisError, UnreadableError."""
    last = {one.call_id: one async for one in corrections.written(redis)}
    pricing = Pricing(redis, books=False)
    rated: set[str] = set()
    async for one in records.written(redis, max(0, since - _DAY_MS)):
        call = one.record
        done()
        if _is_in(call, since, until, account) and call.charge is not None:
            rated.add(call.call_id)
            yield await _again(pricing, call, last.get(call.call_id))
    async for one in records.written(redis, max(0, since - _DAY_MS), stream=keys.UNRATED_STREAM):
        call = one.record
        done()
        if _is_in(call, since, until, account) and call.call_id not in rated:
            rated.add(call.call_id)
            entry = await pricing.entry(call)
            yield Rerated(call, None, entry.record.charge, entry.unrated)


async def apply(redis: Redis, one: Rerated) -> bool:
    """False when it stood there already. Raises OutrunError, RedisError."""
    if one.after is None:
        return False
    if one.before is None:
        return await corrections.write_late(redis, replace(one.record, charge=one.after))
    number = 1 if one.last is None else one.last.number + 1
    new = correction(one.record, one.record.account or "", one.before, one.after, number)
    return await corrections.write(redis, new, "" if one.last is None else one.last.id)


async def _again(pricing: Pricing, call: Record, last: Correction | None) -> Rerated:
    before = call.charge if last is None else last.charge
    if before is not None and any(segment.drawn for segment in before.segments):
        return Rerated(call, before, before, "packages cover some of it, and their minutes are not given back", last)
    entry = await pricing.entry(replace(call, charge=None))
    after = entry.record.charge
    reason = entry.unrated
    if before is not None and after is not None and before.currency != after.currency:
        reason = f"it was charged in {before.currency} and would be in {after.currency}"
    return Rerated(call, before, after, reason, last)


def _is_in(call: Record, since: int, until: int, account: str | None) -> bool:
    return call.account is not None and since <= call.ended < until and account in {None, call.account}
