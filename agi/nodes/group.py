from agi import recording
from agi.call import Call
from agi.ringing import Terms, ring
from services.domain.distribution import rounds
from services.domain.documents import Agent, Group
from services.domain.nodes.group import GroupNode


async def handle(call: Call, name: str, node: GroupNode) -> str | None:
    found = await call.room.documents.get(Group, node.group)
    if found is None:
        return node.otherwise
    group = found.document
    await recording.prepare(call, group)
    agents = [agent.document for agent in await call.room.documents.get_many(Agent, group.members) if agent]
    for together in rounds(group.strategy, agents):
        if await _talks(call, name, group, list(together)):
            return node.after
    return node.otherwise


async def _talks(call: Call, name: str, group: Group, agents: list[Agent]) -> bool:
    """Ring these together; when one drops the call, the others again."""
    while agents:
        rung = await ring(call, name, Terms.of(group), agents)
        if rung.talked or not rung.dropped:
            return rung.talked
        agents = [agent for agent in agents if agent.id != rung.dropped]
    return False
