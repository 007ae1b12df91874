"""What a call of a prepaid or capped account may cost is reserved before it is taken, and before phones ring for it."""

import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence

from redis.exceptions import RedisError

from agi.callee import Callee
from services.billing.metering import Metering, Running
from services.domain.documents import Account
from services.domain.reservation import Leg, Ticket, limited
from services.domain.usage import UnratableError
from services.store.due import now

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def metered(
    metering: Metering, owner: Account | None, running: Running, ticket: Ticket
) -> "AsyncIterator[Meter | None]":
    """As long as the block lasts; None: the account has no limit. Raises SpentError."""
    if owner is None or not limited(owner):
        yield None
        return
    meter = Meter(metering, running)
    async with meter.running(ticket):
        yield meter


class Meter:
    """One call's. While Redis is away, and when nobody can say what the call costs, it goes on unmetered."""

    def __init__(self, metering: Metering, running: Running) -> None:
        self._metering = metering
        self._running = running

    @contextlib.asynccontextmanager
    async def running(self, ticket: Ticket) -> AsyncIterator[None]:
        """Reserves for as long as the block lasts; what a session before this one knew of the call is known.

        Raises SpentError.
        """
        await self._reserve(lambda known: known or ticket)
        try:
            yield
        finally:
            with contextlib.suppress(RedisError):  # another look finds that the call is over
                await self._metering.over(self._running)

    async def rings(self, agents: Sequence[Callee]) -> None:
        """These phones are about to ring. Raises SpentError."""
        at = now()
        legs = tuple(Leg(agent.id, agent.bound, at) for agent in agents if agent.bound)
        await self._reserve(lambda known: known.rings(legs, at) if known else None)

    async def rang(self, *, picked_up: bool) -> None:
        """Nobody has talked, or nobody does any more. ``picked_up``: somebody may have picked up all the same."""
        at = now()
        await self._reserve(lambda known: known.rang(at, picked_up=picked_up) if known else None)

    async def talked(self) -> None:
        """Who talked has hung up, and the call goes on."""
        at = now()
        await self._reserve(lambda known: known.over(at) if known else None)

    async def _reserve(self, change: Callable[[Ticket | None], Ticket | None]) -> None:
        try:
            await self._metering.reserve(self._running, change)
        except (RedisError, UnratableError) as error:
            log.warning("call %s goes on unmetered: %s", self._running.call, error)
