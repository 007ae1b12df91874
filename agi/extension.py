"""An operator's phone dials: rings whom it reaches, or refuses."""

import logging
from collections.abc import Sequence

from redis.asyncio import Redis

from agi.call import CAUSE
from agi.channel import Channel
from agi.journey import DONE, UNALLOCATED_NUMBER
from agi.ringing import dial_of, dial_phones, offer_pairs
from services.domain.distribution import rounds
from services.domain.documents import Agent, Group
from services.store import documents

RING_SECONDS = 60
"""For a colleague; the operator hears it ring and may give up at any time."""

CAUSES = {"BUSY": "17", "NOANSWER": "19"}
UNREACHABLE = "20"

log = logging.getLogger(__name__)


class Extension:
    """The dialplan's context ``extension`` has the arguments; the phone's account and agent are its endpoint's own."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def __call__(self, channel: Channel) -> None:
        trunk, account, agent, number = (channel.headers.get(f"agi_arg_{index}", "") for index in range(1, 5))
        found = await documents.reached_by(self._redis, account, number)
        if found is None:
            log.warning("the phone of agent %r of account %r dialled %r: refused", agent, account, number)
            cause = UNALLOCATED_NUMBER
        else:
            cause = await self._ring(channel, found, trunk)
        await channel.set_variable(CAUSE, cause)
        await channel.set_variable(DONE, "done")

    async def _ring(self, channel: Channel, found: Agent | Group, trunk: str) -> str:
        """Rings until somebody talks; gives the Q.850 cause when nobody did."""
        group, seconds = (found.id, found.ring_seconds) if isinstance(found, Group) else ("", RING_SECONDS)
        status = ""
        for together in await self._rounds(found):
            offered = {dial_of(agent, trunk): agent for agent in together}
            await channel.mark("OFFER", offer_pairs("", group, offered))
            status = await dial_phones(channel, offered, seconds)
            if status == "ANSWER":
                return "16"
        return CAUSES.get(status, UNREACHABLE)

    async def _rounds(self, found: Agent | Group) -> Sequence[tuple[Agent, ...]]:
        if isinstance(found, Agent):
            return [(found,)]
        members = await documents.get_many(self._redis, Agent, found.members)
        return rounds(found.strategy, [agent.document for agent in members if agent])
