from agi.call import Call
from agi.digits import Wanted, asked
from services.domain.nodes.password import Password

LONGEST = 16


async def handle(call: Call, name: str, node: Password) -> str:
    keys = await asked(call, name, node, Wanted(node.codes.__contains__, lambda keys: len(keys) < LONGEST, _hidden))
    return node.otherwise if keys is None else node.next


def _hidden(keys: str) -> str:
    return "*" * len(keys)
