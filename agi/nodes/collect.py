from agi.call import Call
from agi.digits import Wanted, asked
from services.domain.nodes.collect import Collect


async def handle(call: Call, name: str, node: Collect) -> str:
    keys = await asked(call, name, node, Wanted(node.takes, goes_on=lambda keys: len(keys) < node.most))
    if keys is None:
        return node.otherwise
    await call.keep(node.into, keys)
    return node.next
