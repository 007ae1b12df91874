from zoneinfo import ZoneInfo

from agi.call import Call
from services.domain.nodes.caps import CapsNode
from services.store.breaker import AWAY

PASSED = "CAPS_PASSED"
"""Channel variable: the nodes of this kind that the call is beyond, for a session that takes it over."""


async def handle(call: Call, name: str, node: CapsNode) -> str:
    try:
        reached = await call.room.counting.enter(call.counted, name, node, call.number, ZoneInfo(call.hotline.timezone))
    except AWAY:
        return node.next
    if reached is not None:
        await call.channel.mark("OVERFLOW", node=name, trigger=reached)
    else:
        await call.channel.set_variable(PASSED, " ".join(stay.node for stay in call.counted.stays))
    return node.way(reached)


async def take_over(call: Call) -> None:
    """What a session before this one had of the call."""
    if passed := await call.channel.get_variable(PASSED):
        await call.room.counting.take_over(call.counted, passed.split())
