from agi.call import Call
from services.domain.nodes.switch import Switch


async def handle(call: Call, _name: str, node: Switch) -> str:
    return node.cases.get(await call.kept(node.variable), node.otherwise)
