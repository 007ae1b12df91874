"""The calls of this process that wait, ring or talk by way of a queue: kept alive in Redis, each woken by its offer."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from redis.asyncio import Redis

from agi.counting import Counting
from agi.owed import Owed
from services.store import keys, queues
from services.store.breaker import AWAY, UNGUARDED, AwayError, Guard
from services.store.distribution import Distribution
from services.store.due import Due, end, keep, now
from services.store.queues import LEASE_MS, Offer, Place
from services.store.remembered import Remembered

RENEW_SECONDS = LEASE_MS / 1000 / 4
LISTEN_SECONDS = 60.0

T = TypeVar("T")


class Held:
    """One caller of this process. ``woken`` is set when there may be an offer to look at."""

    def __init__(  # noqa: PLR0913 - what is known of a caller
        self,
        distribution: Distribution,
        call: str,
        group: str,
        *,
        process: str,
        number: str,
        priority: int,
        joined: int | None,
        owed: Owed,
        hotline: str = "",
        region: str = "",
    ) -> None:
        self.distribution = distribution
        self.call = call
        self.woken = asyncio.Event()
        self.stay = secrets.token_hex(4)
        """Tells it from an earlier and a later stay of the same call."""
        self.reason: queues.Reason = "abandoned"
        """Why the caller leaves: that is what it does unless somebody says otherwise."""
        self.joined = joined
        """When its age began, milliseconds since 1970; None before it joined and brought none along."""
        self.kept = False
        """Whether that was before it came."""
        self.handed_over = False
        """Somebody else keeps the caller now: it does not leave when this ends."""
        self._process = process
        terms: dict[str, Any] = {"process": process, "stay": self.stay, "number": number, "priority": priority}
        self._join = partial(queues.join, distribution, call, group, hotline=hotline, region=region, **terms)
        self._owed = owed

    async def join(self) -> Place | None:
        """The caller's place, at the age it had if it had one; None when the queue is full."""
        place = await self._join(now=now(), joined=self.joined)
        if place is not None:
            self.joined = place.joined
        return place

    async def offer(self) -> Offer | None:
        """The caller's present offer; a caller whom Redis has given up joins again. Raises RedisError."""
        self.woken.clear()
        if self._owed:
            raise AwayError("Redis does not know yet what happened meanwhile")
        held = await queues.renew(self.distribution, self._process, [self.call], now())
        if self.call in held:
            return held[self.call]
        place = await self.join()
        return place.offer if place else None

    async def missed(self, offer: Offer, dropped: str = "") -> Offer | None:
        """Nobody took the offer. Gives the caller's next one, if there is one already.

        ``dropped``: who took it and dropped it at once. The others' phones stopped ringing for that: they have missed
        nothing, even if the drop came before the queue was told of the answer.
        """
        who = [dropped] if dropped else []
        return await self._owed.tell(partial(queues.missed, self.distribution, self.call, offer.number, now(), who))


class LostError(Exception):
    """Redis has given the callback up, after nobody had renewed it for too long, or it was cancelled."""


class HeldCallback(Held):
    """One that is given up does not join again: whatever process claims it has it."""

    async def join(self) -> Place | None:
        raise LostError(self.call)


class Room:
    def __init__(self, redis: Redis, guard: Guard = UNGUARDED) -> None:
        self._redis = redis
        self.process = secrets.token_hex(8)
        """Name of this process, by which it is woken."""
        self._held: dict[tuple[str, str], Held] = {}
        self.guard = guard
        """Entered around whatever is asked of Redis."""
        self._due = Due(redis, guard)
        self.documents = Remembered(redis, guard)
        self._owed = Owed()
        self.counting = Counting(redis, guard, self._owed)
        self.distribution = self._due.distribution

    @contextlib.asynccontextmanager
    async def hold(  # noqa: PLR0913 - what is known of a caller
        self,
        distribution: Distribution,
        call: str,
        group: str,
        *,
        number: str,
        priority: int,
        joined: int | None,
        hotline: str = "",
        region: str = "",
    ) -> AsyncIterator[Held | None]:
        """Joins the group's queue and leaves it; None when the queue is full. ``joined``: the age it brings along.

        Raises RedisError only at first.
        """
        if self._owed:
            raise AwayError("Redis does not know yet what happened meanwhile")
        own: dict[str, Any] = {"process": self.process, "owed": self._owed, "hotline": hotline, "region": region}
        held, at = Held(distribution, call, group, number=number, priority=priority, joined=joined, **own), now()
        place = await self._enter(held, held.join)
        if place is None:
            yield None
            return
        held.kept = place.joined < at
        if place.offer is not None:
            held.woken.set()
        async with self._staying(held):
            yield held

    @contextlib.asynccontextmanager
    async def claim(
        self, distribution: Distribution, call: str, group: str, agent: str
    ) -> AsyncIterator[tuple[Held, Offer] | None]:
        """Reserves this agent, on the group's terms; None when it has a call already."""
        held = Held(
            distribution, call, group, process=self.process, number="", priority=0, joined=None, owed=self._owed
        )
        claim = partial(queues.claim, distribution, call, group, agent, now(), process=self.process, stay=held.stay)
        offer = await self._enter(held, claim)
        if offer is None:
            yield None
            return
        async with self._staying(held):
            yield held, offer

    @contextlib.asynccontextmanager
    async def keep(
        self, distribution: Distribution, callback: str, stay: str, reason: queues.Reason
    ) -> AsyncIterator[Held]:
        """One that stays already, for ``process``; it leaves for ``reason`` unless somebody says otherwise."""
        own: dict[str, Any] = {"process": self.process, "owed": self._owed}
        held = HeldCallback(distribution, callback, "", number="", priority=0, joined=None, **own)
        held.stay, held.reason = stay, reason
        held.woken.set()
        async with self._staying(held):
            yield held

    @contextlib.asynccontextmanager
    async def _staying(self, held: Held) -> AsyncIterator[None]:
        key = held.distribution.account, held.call
        self._held[key] = held
        try:
            yield
        finally:
            # The session of a call that was transferred, or is to be called back, may begin before the old one ends.
            if self._held.get(key) is held:
                del self._held[key]
            if not held.handed_over:
                # Cancellation must not keep an agent reserved; should it fail, the lease runs out.
                await asyncio.shield(self._leave(held, held.reason))

    async def answered(self, distribution: Distribution, call: str, offer: int, agent: str, *, channel: str) -> bool:
        """Whether the agent who has picked up has the caller; it does when there is no Redis to ask."""
        told = await self.tell(partial(queues.answered, distribution, call, offer, agent, now(), channel=channel))
        return told is not False

    async def tell(self, operation: Callable[[], Awaitable[T]]) -> T | None:
        """What Redis says to it; None when Redis is away and will be told later."""
        return await self._owed.tell(operation)

    async def _leave(self, held: Held, reason: queues.Reason) -> None:
        await self.tell(partial(queues.leave, held.distribution, held.call, reason, now(), stay=held.stay))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens, renews and lets time pass for as long as the block lasts."""
        works = (self._listen, self._owed.pay, self._renew, self._due.run, self.counting.renew)
        tasks = [asyncio.create_task(keep(work)) for work in works]
        try:
            yield
        finally:
            await end(tasks)

    async def _enter(self, held: Held, operation: Callable[[], Awaitable[T]]) -> T:
        try:
            return await operation()
        except AwayError:
            raise
        # Redis may have heard it, or hear it later: nobody is to ring for a caller who went elsewhere, or is gone.
        except AWAY:
            await self._leave(held, "closed")
            raise
        except asyncio.CancelledError:
            await asyncio.shield(self._leave(held, held.reason))
            raise

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(keys.wake(self.process))
            self._wake_all()  # what was published before is kept with the callers
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
                if message is not None:
                    wake = queues.wake_of(message["data"])
                    if held := self._held.get((wake.account, wake.call)):
                        held.woken.set()

    async def _renew(self) -> None:
        while True:
            by_account: dict[str, list[str]] = {}
            for account, call in self._held:
                by_account.setdefault(account, []).append(call)
            for account, calls in by_account.items():
                found = await queues.renew(self.distribution(account), self.process, calls, now())
                for call in calls:
                    if (found.get(call) or call not in found) and (held := self._held.get((account, call))):
                        held.woken.set()
            await asyncio.sleep(RENEW_SECONDS)

    def _wake_all(self) -> None:
        for held in self._held.values():
            held.woken.set()
