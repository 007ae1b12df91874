"""Attended transfers, as Asterisk tells of them: the caller's own session only knows that the talk goes on."""

import logging

from redis.asyncio import Redis

from services.ami import Link, Message
from services.domain.agents import IllegalTransition
from services.domain.documents import Agent
from services.store import documents, queues
from services.store.due import Due, now

CALLER, OTHER = "Transferee", "TransferTarget"

log = logging.getLogger(__name__)


class Transfers:
    """Raises what Redis raises into the link. What is missed while the link is down is made good at the call's end."""

    def __init__(self, redis: Redis, link: Link, due: Due) -> None:
        self._redis = redis
        self._due = due
        link.subscribe("AttendedTransfer", self._attended)

    async def _attended(self, event: Message) -> None:
        # The channel of a phone is named after its endpoint: "PJSIP/1001-0000000a".
        endpoint = event["OrigTransfererChannel"].removeprefix("PJSIP/").rpartition("-")[0]
        transferer = await documents.get(self._redis, Agent, endpoint)
        if event["Result"] != "Success" or transferer is None:
            return
        account = transferer.document.account
        # The operator may have called the caller's side or the other one last; only a caller's is a call of ours.
        for caller, other in ((CALLER, OTHER), (OTHER, CALLER)):
            if call := event.get(f"{caller}Uniqueid"):
                await self._hand(account, call, await self._agent(account, event.get(f"{other}AccountCode", "")))

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
