"""Numbers that callers key in."""

from agi.call import Call
from services.domain.nodes.base import Prompt


async def enter(call: Call, prompt: Prompt, *, most: int, pause: int, barge_in: bool = True) -> str:
    """What is keyed in during the prompt or after it: to ``#``, to a pause of ``pause`` seconds, or so many keys."""
    call.forget(unless="0123456789")
    keys, key = "", await call.play(prompt, barge_in=barge_in) or await call.channel.wait_key(pause)
    while key is not None and key != "#":
        keys += key
        if len(keys) == most:
            break
        key = await call.channel.wait_key(pause)
    return keys
