import random

from agi.call import Call
from services.domain.nodes.percent import PercentNode


async def handle(_call: Call, _name: str, node: PercentNode) -> str:
    return node.way(random.randrange(100))  # noqa: S311 - no secret
