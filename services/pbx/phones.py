"""Agents at SIP phones follow their phone: registered, in use, unreachable, as Asterisk says."""

import logging

from redis.asyncio import Redis

from services.ami import Link, Message
from services.domain.agents import IllegalTransition
from services.domain.documents import Agent
from services.store import agents, documents
from services.store.agents import Phone
from services.store.distribution import Unknown
from services.store.due import Due, now

STATES: dict[str, Phone] = {
    "NOT_INUSE": "idle",
    "INUSE": "in_use",
    "BUSY": "in_use",
    "ONHOLD": "in_use",
    "RINGING": "in_use",
    "RINGINUSE": "in_use",
    "UNAVAILABLE": "unreachable",
    "INVALID": "unreachable",
    "UNKNOWN": "unreachable",
}
"""Asterisk's states of a device."""

ENDPOINT = "PJSIP/"

log = logging.getLogger(__name__)


class Phones:
    """Raises what Redis raises into the link, which then asks for the true state again."""

    def __init__(self, redis: Redis, link: Link, pbx: str, due: Due) -> None:
        self._redis = redis
        self._link = link
        self._pbx = pbx
        self._due = due
        link.subscribe("DeviceStateChange", self._changed)
        link.on_resync(self._ask)

    async def _ask(self) -> None:
        for device in await self._link.list_action("DeviceStateList"):
            await self._changed(device)

    async def _changed(self, device: Message) -> None:
        name, state = device["Device"], STATES.get(device["State"])
        if not name.startswith(ENDPOINT) or state is None:
            return
        agent = await documents.get(self._redis, Agent, name.removeprefix(ENDPOINT))
        if agent is None or agent.document.sip is None:
            return
        distribution = self._due.distribution(agent.document.account)
        try:
            await agents.phone(distribution, agent.document.id, state, now(), self._pbx)
        except (Unknown, IllegalTransition) as error:
            log.warning("%s is %s: %s", name, state, error)
