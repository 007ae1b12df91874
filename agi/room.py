"""The calls of this process that wait, ring or talk by way of a queue: kept alive in Redis, each woken by its offer."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from services.store import keys, queues
from services.store.distribution import Distribution
from services.store.due import Due, keep, now
from services.store.queues import LEASE_MS, Offer

RENEW_SECONDS = LEASE_MS / 1000 / 4
LISTEN_SECONDS = 60.0


class Held:
    """One caller of this process. ``woken`` is set when there may be an offer to look at."""

    def __init__(self, distribution: Distribution, call: str, process: str) -> None:
        self.distribution = distribution
        self.call = call
        self.woken = asyncio.Event()
        self.stay = secrets.token_hex(4)
        """Tells it from an earlier and a later stay of the same call."""
        self.reason: queues.Reason = "abandoned"
        """Why the caller leaves: that is what it does unless somebody says otherwise."""
        self.joined = 0
        """When its age began, milliseconds since 1970."""
        self.kept = False
        """Whether that was before it came."""
        self._process = process

    async def offer(self) -> Offer | None:
        """The caller's present offer. Raises RedisError, and LostError when Redis does not know the caller any more."""
        self.woken.clear()
        held = await queues.renew(self.distribution, self._process, [self.call], now())
        if self.call not in held:
            raise LostError(self.call)
        return held[self.call]


class LostError(Exception):
    """Redis has given the caller up, after nobody had renewed it for too long: it must join again."""


class Room:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._process = secrets.token_hex(8)
        self._held: dict[tuple[str, str], Held] = {}
        self._due = Due(redis)
        self.distribution = self._due.distribution

    @contextlib.asynccontextmanager
    async def hold(  # noqa: PLR0913 - what is known of a caller
        self, distribution: Distribution, call: str, group: str, *, number: str, priority: int, joined: int | None
    ) -> AsyncIterator[Held | None]:
        """Joins the group's queue and leaves it; None when the queue is full. ``joined``: the age it brings along."""
        held = Held(distribution, call, self._process)
        at = now()
        place = await queues.join(
            distribution,
            call,
            group,
            at,
            process=self._process,
            stay=held.stay,
            number=number,
            priority=priority,
            joined=joined,
        )
        if place is None:
            yield None
            return
        held.joined, held.kept = place.joined, place.joined < at
        if place.offer is not None:
            held.woken.set()
        async with self._staying(held):
            yield held

    @contextlib.asynccontextmanager
    async def claim(
        self, distribution: Distribution, call: str, group: str, agent: str
    ) -> AsyncIterator[tuple[Held, Offer] | None]:
        """Reserves this agent, on the group's terms; None when it has a call already."""
        held = Held(distribution, call, self._process)
        offer = await queues.claim(distribution, call, group, agent, now(), process=self._process, stay=held.stay)
        if offer is None:
            yield None
            return
        async with self._staying(held):
            yield held, offer

    @contextlib.asynccontextmanager
    async def _staying(self, held: Held) -> AsyncIterator[None]:
        key = held.distribution.account, held.call
        self._held[key] = held
        try:
            yield
        finally:
            if self._held[key] is held:  # the session of a call that was transferred may begin before the old one ends
                del self._held[key]
            # Cancellation must not keep an agent reserved; should it fail, the lease runs out.
            await asyncio.shield(queues.leave(held.distribution, held.call, held.reason, now(), stay=held.stay))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listens, renews and lets time pass for as long as the block lasts."""
        tasks = [asyncio.create_task(keep(work)) for work in (self._listen, self._renew, self._due.run)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(keys.wake(self._process))
            self._wake_all()  # what was published before is kept with the callers
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
                if message is not None:
                    wake = queues.wake_of(message["data"])
                    if held := self._held.get((wake.account, wake.call)):
                        held.woken.set()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            by_account: dict[str, list[str]] = {}
            for account, call in self._held:
                by_account.setdefault(account, []).append(call)
            for account, calls in by_account.items():
                found = await queues.renew(self.distribution(account), self._process, calls, now())
                for call in calls:
                    if (found.get(call) or call not in found) and (held := self._held.get((account, call))):
                        held.woken.set()

    def _wake_all(self) -> None:
        for held in self._held.values():
            held.woken.set()
