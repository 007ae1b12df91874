from agi.call import CAUSE, Call
from services.domain.nodes.hangup import Q850, Hangup


async def handle(call: Call, _name: str, node: Hangup) -> None:
    await call.channel.mark("END", reason="hangup")
    if node.cause != "normal":
        await call.channel.set_variable(CAUSE, str(Q850[node.cause]))
