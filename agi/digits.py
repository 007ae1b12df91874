"""Keys that callers are asked for."""

from collections.abc import Callable, Container
from dataclasses import dataclass

from agi.call import Call
from services.domain.nodes.asking import Asking
from services.domain.nodes.base import Prompt

DIGITS = "0123456789"


@dataclass(frozen=True)
class Wanted:
    takes: Callable[[str], bool]
    """Whether these keys are right."""
    goes_on: Callable[[str], bool] = lambda _: False
    """Whether more may follow these."""
    shown: Callable[[str], str] = str
    """What records have of them."""
    keys: Container[str] = DIGITS
    """Those that mean something; of keys pressed ahead others are forgotten."""
    pause: int | None = None
    """Seconds to wait for more; None: as for the first."""


async def asked(call: Call, name: str, node: Asking, wanted: Wanted) -> str | None:
    """What is keyed in at last that is right; None after as many tries as the node gives."""
    await call.channel.answer()
    call.forget(unless=wanted.keys)
    for _ in range(node.tries):
        first = await first_key(call, node.prompt, node.timeout, barge_in=node.barge_in)
        keys = await more_keys(call, first, wanted.goes_on, wanted.pause or node.timeout)
        outcome = "match" if wanted.takes(keys) else "invalid" if keys else "timeout"
        await call.mark_keys(name, wanted.shown(keys), outcome)
        if outcome == "match":
            return keys
        if keys and node.invalid is not None:
            await call.say(node.invalid)  # a key that cuts it short begins the next try
    return None


async def first_key(call: Call, prompt: Prompt, seconds: int, *, barge_in: bool = True) -> str:
    """Pressed during the prompt or so long after it; empty: none."""
    return await call.play(prompt, barge_in=barge_in) or await call.channel.wait_key(seconds) or ""


async def more_keys(call: Call, keys: str, goes_on: Callable[[str], bool], pause: int) -> str:
    """These and what follows them while ``goes_on`` says so: to ``#``, or a pause of so many seconds."""
    while keys not in {"", "#"} and goes_on(keys):
        key = call.ahead.pop(0) if call.ahead else await call.channel.wait_key(pause)
        if key is None or key == "#":
            break
        keys += key
    return keys
