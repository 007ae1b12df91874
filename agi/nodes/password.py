from agi.call import Call
from agi.digits import enter
from services.domain.nodes.password import Password

LONGEST = 16
HIDDEN = "*"


async def handle(call: Call, name: str, node: Password) -> str:
    await call.channel.answer()
    for _ in range(node.tries):
        keys = await enter(call, node.prompt, most=LONGEST, pause=node.timeout, barge_in=node.barge_in)
        outcome = "match" if keys in node.codes else "invalid" if keys else "timeout"
        await call.channel.mark("KEYS", node=name, keys=HIDDEN * len(keys), outcome=outcome)
        if outcome == "match":
            return node.next
        if keys and node.invalid is not None:
            await call.say(node.invalid)
    return node.otherwise
