from hashlib import blake2b

from agi.call import Call
from services.domain.nodes.percent import PercentNode


async def handle(call: Call, name: str, node: PercentNode) -> str:
    return node.way(_drawn(call.id, name))


def _drawn(call: str, name: str) -> int:
    """By chance, but the same for a session that takes the call over, and when it is replayed."""
    return int.from_bytes(blake2b(f"{call} {name}".encode(), digest_size=8).digest()) % 100
