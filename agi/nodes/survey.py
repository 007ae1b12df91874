from agi.call import Call
from agi.digits import DIGITS, Wanted, asked
from services.domain.nodes.survey import Survey


async def handle(call: Call, name: str, node: Survey) -> str | None:
    if score := await asked(call, name, node, Wanted(node.takes, keys=DIGITS[1 : node.scale + 1])):
        await call.channel.mark("SURVEY", node=name, score=score)
        if node.thanks is not None:
            await call.say(node.thanks)
    if node.next is None:
        await call.channel.mark("END", reason="hangup")
    return node.next
