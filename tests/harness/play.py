"""Plays one of the demonstration's calls and gives its record."""

import asyncio
from collections.abc import Mapping

from services.domain.record import Record
from tests.harness.demo_calls import CALLER, HOTLINE, DemoCall
from tests.harness.sipp import Headers, Phone, Sipp
from tests.harness.stream import RatedStream

DEADLINE = 60


async def play(
    sipp: Sipp,
    stream: RatedStream,
    call: DemoCall,
    phones: Mapping[str, Phone],
    *,
    to: str = HOTLINE,
    headers: Headers | None = None,
    codec: str = "alaw",
) -> Record:
    """Raises RuntimeError when the caller or a phone did not get what its steps say."""
    before = await stream.newest()
    sides = [await behave(phones[agent]) for agent, behave in call.phones.items()]
    sides.append(await sipp.call(CALLER, to, call.steps, headers=headers, codec=codec))
    try:
        codes = await asyncio.gather(*(side.wait(DEADLINE) for side in sides))
    finally:
        await asyncio.gather(*(side.stop() for side in sides))
    for side, code in zip(sides, codes, strict=True):
        if code:
            raise RuntimeError(f"{call.title}: {side.name} exited {code}; its log is {side.log}")
    [record] = await stream.after(before)
    return record
