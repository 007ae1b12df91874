"""Attended transfers, as Asterisk tells of them: the caller's own session only knows that the talk goes on.

One to a colleague whose phone still rings goes on as a blind one (dialplan: ``transferred``).
"""

import asyncio
import logging

from redis.asyncio import Redis

from services import ami
from services.ami import Link, Message
from services.domain.agents import IllegalTransition
from services.domain.documents import Agent
from services.store import documents, queues
from services.store.due import Due, now

TAKEN_SECONDS = 2.0
LOOK_SECONDS = 0.05
"""Asterisk tells of the transfer just before the caller's channel takes the other's place, and of that not at all."""

CALLER, OTHER = "Transferee", "TransferTarget"

log = logging.getLogger(__name__)


class Transfers:
    """Raises what Redis raises into the link. What is missed while the link is down is made good at the call's end."""

    def __init__(self, redis: Redis, link: Link, due: Due) -> None:
        self._redis = redis
        self._link = link
        self._due = due
        link.subscribe("AttendedTransfer", self._attended)

    async def _attended(self, event: Message) -> None:
        # The channel of a phone is named after its endpoint: "PJSIP/1001-0000000a".
        endpoint = event["OrigTransfererChannel"].removeprefix("PJSIP/").rpartition("-")[0]
        transferer = await documents.get(self._redis, Agent, endpoint)
        if event["Result"] != "Success" or transferer is None:
            return
        if event.get("DestType") == "App":
            await self._go_on_blind(event)
            return
        account = transferer.document.account
        # The operator may have called the caller's side or the other one last; only a caller's is a call of ours.
        for caller, other in ((CALLER, OTHER), (OTHER, CALLER)):
            if call := event.get(f"{caller}Uniqueid"):
                await self._hand(account, call, await self._agent(account, event.get(f"{other}AccountCode", "")))

    async def _go_on_blind(self, event: Message) -> None:
        """The caller has taken the transferer's place in the dial, where nobody would know of it."""
        channel = event[f"{CALLER}Channel"]
        try:
            async with asyncio.timeout(TAKEN_SECONDS):
                while not await self._has_taken(channel):  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(LOOK_SECONDS)
            await self._link.action("Redirect", Channel=channel, Context="transferred", Exten="ringing", Priority="1")
        except (ami.RefusedError, OSError) as error:  # it hung up; else the dialplan does it when nobody answers
            log.warning("%s was not sent on: %r", channel, error)

    async def _has_taken(self, channel: str) -> bool:
        """Whether it has the variables of the channel that dialled. Before that a Redirect would be lost.

        While it takes the other's place, Asterisk for a moment knows no channel of its name.
        """
        try:
            return bool((await self._link.action("Getvar", Channel=channel, Variable="DIALLED")).get("Value"))
        except ami.RefusedError:
            return False

    async def _hand(self, account: str, call: str, agent: str) -> None:
        try:
            await queues.handed(self._due.distribution(account), call, agent, now())
        except IllegalTransition as error:
            log.warning("call %s was handed on: %s", call, error)

    async def _agent(self, account: str, dial: str) -> str:
        """Whose phone it is, by what was dialled: an endpoint, or ``number@trunk``; empty when it is nobody's."""
        number, at, _ = dial.partition("@")
        if at:
            found = await documents.reached_by(self._redis, account, number)
            return found.id if isinstance(found, Agent) else ""
        agent = await documents.get(self._redis, Agent, dial)
        return dial if agent and agent.document.account == account else ""
