"""Keeps reserved what each running call of a prepaid or capped account may cost, and ends it when nothing is left.

docs/ledger.md has the rules.

Every process that takes calls runs one. What is known of a call stands in Redis: when the process that took it dies,
another goes on.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from redis.asyncio import Redis
from redis.exceptions import WatchError

from services.billing.pricing import Pricing
from services.domain import reservation
from services.domain.reservation import FINISHED_MS, SPARE_MS, Act, Ticket, next_look
from services.domain.tariff import Metering as Terms
from services.store import requests, reservations
from services.store.due import end, keep, now
from services.store.requests import AnyRequest, AwayError, Hangup, RefusedError, Tone
from services.store.reservations import Reservation
from services.store.supervision import pbx_of

ATTEMPTS, PAUSE = 20, 0.02
"""Others change the account's book and reservations meanwhile; seconds to wait then, at most and for each attempt."""
LOOK_SECONDS = 5.0
"""How long after it is due a call is looked at whose process has died."""
LOST_MS = FINISHED_MS // 2
"""A call that nobody has renewed for so long is one that is over, looked at a last time."""
GIVEN_UP_MS = 600_000
"""How long it is tried to end a call whose Asterisk cannot be asked."""

Change = Callable[[Ticket | None], Ticket | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A call, and whose."""

    account: str
    call: str
    hotline: str
    version: int


@dataclass(frozen=True, slots=True)
class Reserved:
    until: int | None
    """None: nothing."""
    spent: bool
    """Whether nothing more can be."""
    terms: Terms


class SpentError(Exception):
    """The account cannot pay for the call."""


class Metering:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._sooner = asyncio.Event()
        self._one_by_one: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By account: calls of this process need not get in each other's way."""
        self._looks: set[asyncio.Task[None]] = set()

    async def reserve(self, running: Running, change: Change) -> None:
        """``change``: what is known of the call now, from what was before. Without anything known nothing happens.

        Raises SpentError, UnratableError and RedisError; what was reserved before then stays so.
        """
        found = await self._reserve(running, change)
        if found is not None and found.until is None:
            raise SpentError(f"account {running.account!r} has nothing left for call {running.call}")
        self._sooner.set()

    async def over(self, running: Running) -> None:
        """What the call holds is kept until its record has been written. Raises RedisError."""
        await reservations.put_off(self._redis, running.account, running.call, now() + FINISHED_MS)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await keep(self._watch)
        finally:
            await end(self._looks)

    async def _watch(self) -> None:
        while True:
            self._sooner.clear()
            for account, call in await reservations.claim(self._redis, now(), SPARE_MS):
                look = asyncio.create_task(self._look(account, call), name=f"metering of {call}")
                self._looks.add(look)
                look.add_done_callback(self._looked)
            due = await reservations.next_due(self._redis)
            wait = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0.0, (due - now()) / 1000))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._sooner.wait()

    def _looked(self, look: asyncio.Task[None]) -> None:
        self._looks.discard(look)
        if not look.cancelled() and (error := look.exception()):
            log.warning("%s failed, and will be tried again: %r", look.get_name(), error)

    async def _look(self, account: str, call: str) -> None:
        own = (await reservations.standing(self._redis, account, call)).own
        if own is None:  # its record has been written
            return
        if own.until < now() - LOST_MS:
            log.warning("no record of call %s has come: what it held is free again", call)
            await reservations.give_back(self._redis, account, call)
            return
        found = await self._reserve(Running(account, call, own.hotline, own.version), _same)
        if found is None:
            return
        until = own.until if found.until is None else found.until
        act, due = next_look(until, found.terms, now(), spent=found.spent)
        try:
            if act is not None:
                await self._do(act, call)
        except RefusedError:  # the call is no more
            due = now() + FINISHED_MS
        except AwayError as error:
            log.warning("call %s cannot be told that nothing is left for it: %s", call, error)
            due = now() + (SPARE_MS if now() < until + GIVEN_UP_MS else FINISHED_MS)
        await reservations.put_off(self._redis, account, call, due)
        self._sooner.set()

    async def _do(self, act: Act, call: str) -> None:
        log.info("nothing is left for call %s: %s", call, act)
        request: AnyRequest = Tone(call=call) if act == "warn" else Hangup(channel=call)
        await requests.ask(self._redis, pbx_of(call), request)

    async def _reserve(self, running: Running, change: Change) -> Reserved | None:
        async with self._one_by_one.setdefault(running.account, asyncio.Lock()):
            for attempt in range(ATTEMPTS):
                with contextlib.suppress(WatchError):
                    return await self._attempt(running, change)
                await asyncio.sleep(PAUSE * random.random() * (attempt + 1))  # noqa: S311 - others go on first
        raise WatchError(f"others changed the book of {running.account!r} {ATTEMPTS} times meanwhile")

    async def _attempt(self, running: Running, change: Change) -> Reserved | None:
        """Raises WatchError when somebody else was faster."""
        account, call, hotline, version = running.account, running.call, running.hotline, running.version
        standing = await reservations.standing(self._redis, account, call)
        ticket = change(standing.own.ticket if standing.own else None)
        if ticket is None:
            return None
        means = await Pricing(self._redis).means(account, hotline, version, standing.book, standing.others)
        terms, at = means.rater.tariff.metering, now()
        wanted = at + terms.slice_seconds * 1000
        found = reservation.reserve(means, ticket, at, wanted)
        if found is None:
            return Reserved(None, spent=True, terms=terms)
        until, hold = found
        act, due = next_look(until, terms, at, spent=until < wanted)
        new = Reservation(account, call, hotline, version, ticket, hold, until)
        if not await reservations.reserve(self._redis, new, at if act else due, standing.state):
            raise WatchError
        return Reserved(until, until < wanted, terms)


def _same(known: Ticket | None) -> Ticket | None:
    return known
