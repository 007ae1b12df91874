"""Which calls count at nodes of kind ``caps``. Times are milliseconds since 1970.

A call in progress is held under a lease by the session that leads it, so that no death of a process or host makes it
count for ever. All raise redis.exceptions.RedisError.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from redis.asyncio import Redis

from services.domain.clock import moment
from services.domain.nodes.caps import Cap, CapsNode
from services.store import keys
from services.store.scripts import Script

LEASE_MS = 15_000
HOUR_MS = 3_600_000

_ENTER = Script("enter_caps.lua")
_LEAVE = Script("leave_caps.lua")


class Stay(NamedTuple):
    """A call in progress beyond a node, and who leads it."""

    hotline: str
    node: str
    call: str
    session: str
    """One that has taken the call over is told from the one before."""

    @property
    def keys(self) -> list[str]:
        return [keys.capped_running(self.hotline, self.node), keys.capped_holders(self.hotline, self.node)]


async def enter(  # noqa: PLR0913 - what is known of a call
    redis: Redis, stay: Stay, node: CapsNode, caller: str, *, now: int, zone: ZoneInfo
) -> Cap | None:
    """The cap that is reached; None: the call may go on, and counts. One round trip.

    ``caller``: as it is dialled; empty when withheld, and never beyond ``per_caller`` then.
    """
    day = moment(now, zone).day
    counts = [keys.capped(stay.hotline, stay.node, of) for of in (f"caller:{caller}", f"{day}", f"{day:%Y-%m}")]
    of_caller = node.per_caller if caller else None
    window = of_caller.hours * HOUR_MS if of_caller else None
    caps = [node.concurrent, of_caller.calls if of_caller else None, window, node.per_day, node.per_month]
    args: list[str | bytes | int] = [now, stay.call, stay.session, now + LEASE_MS]
    args += ["" if cap is None else cap for cap in caps]
    reached: bytes = await _ENTER.run(redis, [*stay.keys, *counts], args)
    return cast("Cap", reached.decode()) or None


async def take_over(redis: Redis, stays: Sequence[Stay], now: int) -> None:
    """From now on these sessions lead the calls, which count whether they had been given up or not."""
    async with redis.pipeline(transaction=False) as pipe:
        for stay in stays:
            running, holders = stay.keys
            pipe.zadd(running, {stay.call: now + LEASE_MS})
            pipe.hset(holders, stay.call, stay.session)
        await pipe.execute()


async def renew(redis: Redis, stays: Sequence[Stay], now: int) -> list[Stay]:
    """Those that had been given up meanwhile, and still are."""
    async with redis.pipeline(transaction=False) as pipe:
        for stay in stays:
            pipe.zadd(stay.keys[0], {stay.call: now + LEASE_MS}, xx=True, ch=True)
        changed = await pipe.execute()
    return [stay for stay, known in zip(stays, changed, strict=True) if not known]


async def leave(redis: Redis, stays: Sequence[Stay]) -> None:
    """The calls are over."""
    for stay in stays:
        await _LEAVE.run(redis, stay.keys, [stay.call, stay.session])
