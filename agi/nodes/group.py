from agi.call import Call
from agi.ringing import dial_of, offer_pairs
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
