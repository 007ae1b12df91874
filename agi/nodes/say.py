from agi.call import Call
from services.domain.nodes.say import Say


async def handle(call: Call, _name: str, say: Say) -> str:
    await (call.channel.answer() if say.answer else call.channel.sound_unanswered())
    await call.say(say.prompt, barge_in=say.barge_in)
    return say.next
