"""How phones are rung for a caller."""

from collections.abc import Mapping
from urllib.parse import urlencode

from agi.call import Call
from agi.room import Held
from services.domain.documents import Agent, Group
from services.domain.flow import Queue
from services.store import documents
from services.store.queues import Offer


async def rings_and_talks(call: Call, name: str, node: Queue, held: Held, offer: Offer) -> bool:
    """Whether the two talked: then the call is over."""
    group = await documents.get(call.redis, Group, node.group)
    agents = [agent.document for agent in await documents.get_many(call.redis, Agent, list(offer.agents)) if agent]
    if group is None or not agents:
        return False
    offered = {dial_of(agent, call.trunk): agent for agent in agents}
    await call.channel.mark("OFFER", offer_pairs(name, group.document.id, offered))
    agent_of = urlencode({dial: agent.id for dial, agent in offered.items()})
    options = f"mb(dial^s^1)U(answered^{held.distribution.account}^{offer.number}^{agent_of})"
    seconds = group.document.ring_seconds
    return await call.channel.dial([f"PJSIP/{dial}" for dial in offered], seconds, options) == "ANSWER"


def dial_of(agent: Agent, trunk: str) -> str:
    """What Dial is told: the agent's SIP endpoint, or its number on the trunk."""
    return f"{agent.bound}@{trunk}" if agent.bound else agent.id


def offer_pairs(node: str, group: str, offered: Mapping[str, Agent]) -> list[tuple[str, str]]:
    """What the event ``OFFER`` says; ``offered``: who is rung by what."""
    pairs = [("node", node), ("group", group)]
    for dial, agent in offered.items():
        pairs += [("agent", agent.id), ("dial", dial)]
    return pairs
