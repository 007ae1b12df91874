"""Calls back whoever it is time for: waits in the group's queue for an agent, and rings the agent's phone.

Once that was picked up, the session of that phone goes on: agi/callback_call.py.
"""

import asyncio
import contextlib
import logging
import secrets

from redis.asyncio import Redis

from agi.cards import show_callback
from agi.room import Held, LostError, Room
from services.domain.callbacks import CallbackTerms, closes, opens
from services.domain.documents import Agent, Group
from services.store import callbacks, documents, keys, requests
from services.store.breaker import AWAY
from services.store.callbacks import Callback
from services.store.due import end, keep, now
from services.store.queues import Offer
from services.store.requests import AwayError, Originate, RefusedError

LOOK_SECONDS = 60.0
"""After so long without a word it is asked what is due: the connection may have been away when it was said."""
AWAY_MS = 30_000
"""How long a callback waits when no Asterisk can be asked to ring anybody."""
SPARE_SECONDS = 10
"""More than a phone rings, until nothing will be heard of it."""

log = logging.getLogger(__name__)


class Callbacks:
    """Every agi process runs one; each callback is held by one of them."""

    def __init__(self, redis: Redis, room: Room) -> None:
        self._redis = redis
        self._room = room
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; what is held then goes to other processes."""
        listening = asyncio.create_task(keep(self._listen))
        try:
            await stop.wait()
        finally:
            await end([listening, *self._tasks])

    async def _listen(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(keys.CALLBACKS)
            await self._claim_all()  # what was published before stands in Redis
            while True:
                message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LOOK_SECONDS)
                if message is None:
                    await self._claim_all()
                else:
                    await self._claim(message["data"].decode())

    async def _claim_all(self) -> None:
        for account in await callbacks.accounts(self._redis):
            await self._claim(account)

    async def _claim(self, account: str) -> None:
        """By the way this process learns when the account's next callback is due."""
        distribution = self._room.distribution(account)
        stay = secrets.token_hex(4)
        for name in await callbacks.claim(distribution, self._room.process, stay, now()):
            task = asyncio.create_task(self._serve(account, name, stay), name=f"{name} of {account}")
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed, and will be tried again", task.get_name(), exc_info=error)

    async def _serve(self, account: str, name: str, stay: str) -> None:
        distribution = self._room.distribution(account)
        async with self._room.keep(distribution, name, stay, "closed") as held:
            callback = await callbacks.get(distribution, name)
            if callback is None:
                return
            group = await documents.get(self._redis, Group, callback.group)
            if group is None or group.document.callback is None:
                await callbacks.cancel(distribution, name, "no_terms", now())
                return
            # Cancelled, or another process has it; or Redis is away, and whoever claims it then goes on.
            with contextlib.suppress(LostError, *AWAY):
                await self._wait(callback, group.document, group.document.callback, held)

    async def _wait(self, callback: Callback, group: Group, terms: CallbackTerms, held: Held) -> None:
        until = opens(terms.windows, now())
        closing = closes(terms.windows, until)
        while until <= now() and await _woken(held, closing):
            offer = await held.offer()
            while offer is not None:
                if await self._picked_up(callback, group, terms, offer, held):
                    held.handed_over = True
                    return
                offer = await held.missed(offer)
        opening = opens(terms.windows, now())
        await callbacks.postpone(held.distribution, callback.id, opening, "window", now(), stay=held.stay)

    async def _picked_up(
        self, callback: Callback, group: Group, terms: CallbackTerms, offer: Offer, held: Held
    ) -> bool:
        """Whether the agent has picked up. Raises LostError when nobody can be asked to ring it."""
        found = await documents.get(self._redis, Agent, offer.agents[0])
        if found is None:
            return False
        agent = found.document
        await show_callback(held.distribution, callback, agent.id)
        rings = Originate(
            dial=agent.dial(terms.trunk),
            context="callback",
            extension="s",
            caller_id=terms.show if agent.bound else callback.number,
            seconds=group.ring_seconds,
            variables={
                "ACCOUNT": held.distribution.account,
                "CALLBACK": callback.id,
                "OFFER": str(offer.number),
                "AGENT": agent.id,
            },
        )
        try:
            pbx = await requests.alive(self._redis, callback.pbx)
            await requests.ask(self._redis, pbx, rings, group.ring_seconds + SPARE_SECONDS)
        except RefusedError as error:
            log.info("%s: %s did not pick up: %s", callback.id, agent.id, error)
            return False
        except AwayError as error:
            log.warning("%s: nobody can be rung: %s", callback.id, error)
            until = now() + AWAY_MS
            await callbacks.postpone(held.distribution, callback.id, until, "away", now(), stay=held.stay)
            raise LostError(callback.id) from error
        return True


async def _woken(held: Held, closing: int | None) -> bool:
    """False when the window closed before."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(None if closing is None else max(0, closing - now()) / 1000):
            await held.woken.wait()
            return True
    return False
