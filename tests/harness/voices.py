"""People who speak on the phone: each one tone, so that it can be told who hears whom."""

import asyncio
import math
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from tests.harness.hearing import Ear, alaw_of
from tests.harness.waiting import until

RATE = 8000
SAMPLES_A_PIECE = 160
PIECE_SECONDS = SAMPLES_A_PIECE / RATE
WINDOW = 4000
"""Samples that are listened to: half a second."""
LOUDNESS = 8000
AUDIBLE = 800
ALAW = 8
"""RTP payload type."""


class Voice(Ear):
    """Speaks, once it has heard anybody, to whom it heard last."""

    def __init__(self, hertz: int) -> None:
        super().__init__()
        self.hertz = hertz
        self.spoken = 0
        """Pieces of 20 ms."""
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: Any = None

    @property
    def port(self) -> int:
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, peer: object) -> None:
        if data[1] & 0x7F == ALAW:
            super().datagram_received(data, peer)
            begins, self._peer = self._peer is None, peer
            if begins:
                self._speak()

    def hears(self, hertz: int) -> bool:
        """Whether the tone is in what was heard last (Goertzel)."""
        window = self.samples[-WINDOW:]
        if len(window) < WINDOW:
            return False
        turn = 2 * math.pi * hertz / RATE
        real = sum(sample * math.cos(turn * at) for at, sample in enumerate(window))
        imaginary = sum(sample * math.sin(turn * at) for at, sample in enumerate(window))
        return 2 * math.hypot(real, imaginary) / WINDOW > AUDIBLE

    def _speak(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        at = self.spoken * SAMPLES_A_PIECE
        header = struct.pack("!BBHII", 0x80, ALAW, self.spoken & 0xFFFF, at, self.hertz)
        turn = 2 * math.pi * self.hertz / RATE
        sound = bytes(alaw_of(round(LOUDNESS * math.sin(turn * (at + n)))) for n in range(SAMPLES_A_PIECE))
        self._transport.sendto(header + sound, self._peer)
        self.spoken += 1
        asyncio.get_running_loop().call_later(PIECE_SECONDS, self._speak)


@asynccontextmanager
async def speaking(host: str, hertz: int) -> AsyncIterator[Voice]:
    transport, voice = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Voice(hertz), (host, 0))
    try:
        yield voice
    finally:
        transport.close()


async def hear(voices: Mapping[str, Voice], expected: Mapping[str, set[str]]) -> None:
    """Waits until each hears those, and nobody else, for as long as a window; all must have spoken meanwhile."""

    def now() -> dict[str, set[str]]:
        return {
            who: {other for other in voices if other != who and voices[who].hears(voices[other].hertz)}
            for who in expected
        }

    async def so() -> bool:
        return now() == expected

    try:
        await until(so, f"{expected} to hear")
    except TimeoutError as late:
        raise TimeoutError(f"{late}; they hear {now()}") from None
    spoken = {who: voices[who].spoken for who in expected}

    async def window_passed() -> bool:
        return all(voices[who].spoken > spoken[who] + 2 * WINDOW / SAMPLES_A_PIECE for who in expected)

    await until(window_passed, "everybody to speak")
    assert now() == expected
