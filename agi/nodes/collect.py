from agi.call import Call
from agi.digits import enter
from services.domain.nodes.collect import Collect


async def handle(call: Call, name: str, node: Collect) -> str:
    await call.channel.answer()
    for _ in range(node.tries):
        keys = await enter(call, node.prompt, most=node.most, pause=node.timeout, barge_in=node.barge_in)
        outcome = "match" if node.takes(keys) else "invalid" if keys else "timeout"
        await call.channel.mark("KEYS", node=name, keys=keys, outcome=outcome)
        if outcome == "match":
            await call.keep(node.into, keys)
            return node.next
        if keys and node.invalid is not None:
            await call.say(node.invalid)
    return node.otherwise
