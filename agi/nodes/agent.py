from agi.call import Call
from agi.reaching import reach_agent
from services.domain.agents import State
from services.domain.documents import Agent, Group
from services.domain.nodes.agent import AgentNode
from services.store import agents
from services.store.breaker import AWAY

OFF_DUTY = {State.OFFLINE, State.PAUSED}


async def handle(call: Call, name: str, node: AgentNode) -> str | None:
    trigger = await _rings(call, name, node)
    return node.after if trigger is None else dict(node.nexts()).get(trigger, node.otherwise)


async def _rings(call: Call, name: str, node: AgentNode) -> str | None:
    """The trigger that leads the call elsewhere; None when it talked."""
    found = await call.room.documents.get(Agent, node.agent)
    if found is None or await _off_duty(call, node.agent):
        return "off_duty"
    group = await call.room.documents.get(Group, node.group) if node.group else None
    outcome = await reach_agent(call, name, found.document, group.document if group else None)
    return None if outcome == "talked" else outcome


async def _off_duty(call: Call, agent: str) -> bool:
    """Nobody is while Redis is away."""
    try:
        standing = await agents.get(call.distribution, agent)
    except AWAY:
        return False
    return standing is not None and standing.state in OFF_DUTY
