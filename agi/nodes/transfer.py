from agi import recording
from agi.call import Call
from agi.callee import Outside
from agi.ringing import Terms, ring
from services.domain.nodes.transfer import TransferNode


async def handle(call: Call, name: str, node: TransferNode) -> str | None:
    await recording.prepare(call, None)
    terms = Terms(ring_seconds=node.ring_seconds, drop_seconds=0)
    rung = await ring(call, name, terms, [Outside(node.number)])
    return node.after if rung.talked else node.otherwise
