from collections.abc import Mapping

from agi.call import Call
from services.domain.distribution import rounds
from services.domain.documents import Agent, Group
from services.domain.flow import GroupNode
from services.store import documents

OPTIONS = "rb(dial^s^1)"
"""Of Dial: the caller hears ringing; each phone's channel first runs the dialplan's ``dial``."""


async def handle(call: Call, name: str, node: GroupNode) -> str | None:
    found = await documents.get(call.redis, Group, node.group)
    if found is None:
        return node.otherwise
    group = found.document
    agents = [agent.document for agent in await documents.get_many(call.redis, Agent, group.members) if agent]
    for together in rounds(group.strategy, agents):
        offered = {dial_of(agent, call.trunk): agent for agent in together}
        await call.channel.mark("OFFER", offer_pairs(name, group.id, offered))
        status = await call.channel.dial([f"PJSIP/{dial}" for dial in offered], group.ring_seconds, OPTIONS)
        if status == "ANSWER":
            return None
    return node.otherwise


def dial_of(agent: Agent, trunk: str) -> str:
    """What Dial is told: the agent's SIP endpoint, or its number on the trunk."""
    return f"{agent.bound}@{trunk}" if agent.bound else agent.id


def offer_pairs(node: str, group: str, offered: Mapping[str, Agent]) -> list[tuple[str, str]]:
    """What the event ``OFFER`` says; ``offered``: who is rung by what."""
    pairs = [("node", node), ("group", group)]
    for dial, agent in offered.items():
        pairs += [("agent", agent.id), ("dial", dial)]
    return pairs
