"""A callback as a call: the agent's phone was picked up, now the customer is dialled.

The agent's channel is the first of the call. docs/cel-events.md has what is written about it.
"""

import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from agi.call import KEYS
from agi.channel import CallerGone, Channel
from agi.journey import DONE
from agi.meter import Meter, metered
from agi.ringing import RINGS
from agi.room import Held, Room
from agi.sound import hear
from services.billing.metering import Metering, Running, SpentError
from services.domain.callbacks import CallbackTerms
from services.domain.documents import Account, Agent, Group, Hotline
from services.domain.nodes.base import Prompt
from services.domain.nodes.callback import Callback as Node
from services.domain.prompts import parts_of
from services.domain.reservation import Leg, Ticket
from services.store import callbacks, documents
from services.store.breaker import AWAY
from services.store.callbacks import Callback, Offered
from services.store.distribution import Distribution
from services.store.due import now
from services.store.queues import Offer

LAST_DIGITS = 4
SPENT_MS = 600_000
"""How long a callback waits that the account cannot pay for."""
ASKED, ASK_SECONDS = 3, 3
"""How often, and how long, an agent is asked to confirm."""


log = logging.getLogger(__name__)


class CallbackCall:
    """Runs on the agent's channel; the dialplan's context ``callback`` has the arguments."""

    def __init__(self, redis: Redis, sounds: Path, room: Room, metering: Metering) -> None:
        self._redis = redis
        self._sounds = sounds
        self._room = room
        self._metering = metering

    async def __call__(self, channel: Channel) -> None:
        distribution, offered = _arguments(channel, self._room)
        dialled = await channel.get_variable("DIALSTATUS")
        if dialled == "ANSWER":  # the talk outlived the session that had begun it
            await callbacks.reached(distribution, offered.callback, now())
        elif not dialled:
            process, stay = self._room.process, secrets.token_hex(4)
            if await callbacks.take(distribution, offered, now(), process=process, stay=stay):
                async with self._room.keep(distribution, offered.callback, stay, "closed") as held:
                    await self._call(channel, held, offered)
        await channel.set_variable(DONE, "done")

    async def _call(self, channel: Channel, held: Held, offered: Offered) -> None:
        callback = await callbacks.get(held.distribution, held.call)
        group = callback and await documents.get(self._redis, Group, callback.group)
        terms = group.document.callback if group else None
        found = await documents.get(self._redis, Agent, offered.agent)
        if callback is None or terms is None or found is None:
            return
        await _mark(channel, held.distribution.account, callback, found.document, terms)
        try:
            async with await self._metered(channel, held, callback, found.document):
                await self._connect(channel, held, offered, callback, found.document, terms)
        except SpentError as spent:
            log.info("%s: %s", callback.id, spent)
            await callbacks.postpone(held.distribution, callback.id, now() + SPENT_MS, "spent", now(), stay=held.stay)

    async def _metered(
        self, channel: Channel, held: Held, callback: Callback, agent: Agent
    ) -> AbstractAsyncContextManager[Meter | None]:
        """Both legs may be over a trunk."""
        account, at = held.distribution.account, now()
        owner = await self._room.documents.get(Account, account)
        hotline = await self._room.documents.get(Hotline, callback.hotline)
        legs = [Leg(agent.id, agent.bound, at)] if agent.bound else []
        ticket = Ticket(None, None, at, inbound=False, outbound=(*legs, Leg(agent.id, callback.number, at)))
        running = Running(account, channel.headers["agi_uniqueid"], callback.hotline, hotline.version if hotline else 0)
        return metered(self._metering, owner.document if owner else None, running, ticket)

    async def _connect(  # noqa: PLR0913, PLR0917 - all that is known of the callback
        self, channel: Channel, held: Held, offered: Offered, callback: Callback, agent: Agent, terms: CallbackTerms
    ) -> None:
        try:
            taken = await self._announce(channel, callback, agent)
        except CallerGone:
            await held.missed(Offer(offered.offer, (offered.agent,)))
            raise
        if not taken:
            await held.missed(Offer(offered.offer, (offered.agent,)))
        elif await callbacks.ring(held.distribution, offered, terms, now()):
            await self._dial(channel, held, offered, callback.number, terms)

    async def _dial(self, channel: Channel, held: Held, offered: Offered, number: str, terms: CallbackTerms) -> None:
        dial = f"{number}@{terms.trunk}"
        await channel.mark("CUSTOMER", dial=dial)
        await channel.set_variable("CALLERID(num)", terms.show)
        of_customer = "^".join((held.distribution.account, offered.callback, str(offered.offer), offered.agent))
        held.reason = "unanswered"
        try:
            status = await channel.dial(f"PJSIP/{dial}", terms.ring_seconds, f"{RINGS}U(customer^{of_customer})")
        except CallerGone:
            with contextlib.suppress(*AWAY):
                if await callbacks.get(held.distribution, offered.callback) is None:
                    held.reason = "ended"  # it was the agent who ended the talk
            raise
        if status == "ANSWER":
            held.reason = "ended"
            await self._room.tell(partial(callbacks.reached, held.distribution, offered.callback, now()))

    async def _announce(self, channel: Channel, callback: Callback, agent: Agent) -> bool:
        """Says to the agent whom it is about to talk to. Whether it takes the call."""
        hotline = await documents.get(self._redis, Hotline, callback.hotline)
        node = hotline and hotline.document.flow.nodes.get(callback.node)
        if hotline is None or not isinstance(node, Node):  # the flow was changed since: nothing can be said
            return not agent.confirm

        async def play(prompt: Prompt) -> str | None:
            """In the hotline's first language; variables are the caller's, and not known on this channel."""
            [language, *_] = hotline.document.voices
            for part in parts_of(prompt, hotline.document, language):
                if isinstance(part, str) and (key := await hear(channel, str(self._sounds / part), KEYS)):
                    return key
            return None

        for prompt in (node.announce, *(node.digits[int(digit)] for digit in callback.number[-LAST_DIGITS:])):
            await play(prompt)
        return not agent.confirm or await _confirmed(channel, partial(play, node.confirm))


async def _confirmed(channel: Channel, ask: Callable[[], Awaitable[str | None]]) -> bool:
    """Whether somebody presses 1: a mailbox does not."""
    await channel.mark("CONFIRM", outcome="asked")
    for _ in range(ASKED):
        if key := await ask() or await channel.wait_key(ASK_SECONDS):
            await channel.mark("CONFIRM", outcome="match" if key == "1" else "invalid")
            return key == "1"
    await channel.mark("CONFIRM", outcome="timeout")
    return False


async def _mark(channel: Channel, account: str, callback: Callback, agent: Agent, terms: CallbackTerms) -> None:
    await channel.mark(
        "CALLBACK",
        callback=callback.id,
        asked_in=callback.asked_in,
        account=account,
        hotline=callback.hotline,
        caller=callback.number,
        node=callback.node,
        group=callback.group,
        agent=agent.id,
        dial=agent.dial(terms.trunk),
        attempt=str(callback.attempts + 1),
    )


class Customer:
    """The customer has answered: says so to the queue before the two are connected. Runs on the customer's channel."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def __call__(self, channel: Channel) -> None:
        distribution, (callback, offer, agent) = _arguments(channel, self._room)
        own = channel.headers["agi_arg_5"]
        if not await self._room.answered(distribution, callback, offer, agent, channel=own):
            await callbacks.reached(distribution, callback, now())


def _arguments(channel: Channel, room: Room) -> tuple[Distribution, Offered]:
    account, callback, offer, agent = (channel.headers[f"agi_arg_{number}"] for number in range(1, 5))
    return room.distribution(account), Offered(callback, int(offer), agent)
