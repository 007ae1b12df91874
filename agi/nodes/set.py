from agi.call import Call
from services.domain.nodes.set import SetVariable


async def handle(call: Call, _name: str, node: SetVariable) -> str:
    await call.keep(node.name, node.value)
    return node.next
