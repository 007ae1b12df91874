from agi.call import Call
from services.domain.flow import Hangup


async def handle(call: Call, _name: str, _hangup: Hangup) -> None:
    await call.channel.mark("END", reason="hangup")
