"""Receives what Asterisk sends to a caller, to hear what the caller hears."""

import asyncio
import wave
from bisect import bisect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from statistics import correlation

RTP_HEADER = 12
PCAP_HEADER, FRAME_HEADER, ETHERNET_TO_RTP = 24, 16, 14 + 20 + 8 + 12
SAMPLES_A_PIECE = 160
"""20 ms at 8 kHz."""
SECOND = 8000
FEWEST_PIECES = 50


@asynccontextmanager
async def listening(host: str) -> AsyncIterator[tuple["Ear", str]]:
    """An ear, and the port that a caller on this host has Asterisk send to."""
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, (host, 0))
    try:
        yield ear, str(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


class Ear(asyncio.DatagramProtocol):
    """Samples of alaw RTP, as they come."""

    def __init__(self) -> None:
        self.samples: list[int] = []

    def datagram_received(self, data: bytes, _: object) -> None:
        self.samples += (_ALAW[byte] for byte in data[RTP_HEADER:])


def _alaw(byte: int) -> int:
    """ITU-T G.711."""
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 7, byte & 15
    sample = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return sample if byte & 0x80 else -sample


_ALAW = [_alaw(byte) for byte in range(256)]
_NEAREST = sorted((sample, byte) for byte, sample in enumerate(_ALAW))


def alaw_of(sample: int) -> int:
    """The nearest code from below."""
    return _NEAREST[max(0, bisect(_NEAREST, (sample, 256)) - 1)][1]


def samples(wav: Path) -> list[int]:
    with wave.open(str(wav)) as sound:
        data = sound.readframes(sound.getnframes())
    return [int.from_bytes(data[at : at + 2], "little", signed=True) for at in range(0, len(data), 2)]


def pcap_samples(pcap: Path) -> list[int]:
    """Of alaw RTP in Ethernet frames, as SIPp plays it."""
    data, at, heard = pcap.read_bytes(), PCAP_HEADER, list[int]()
    while at < len(data):
        length = int.from_bytes(data[at + 8 : at + 12], "little")
        at += FRAME_HEADER
        heard += (_ALAW[byte] for byte in data[at + ETHERNET_TO_RTP : at + length])
        at += length
    return heard


def without_lead(samples: list[int]) -> list[int]:
    """From the first sound on."""
    loudness = _loudness(samples)
    first = next(index for index, level in enumerate(loudness) if level > max(loudness) / 10)
    return samples[first * SAMPLES_A_PIECE :]


def likeness(heard: list[int], sound: list[int], begins_within: float = 0.3) -> float:
    """How well the loudness of what was heard follows the sound's, 1 at best, at the best of all begins in time."""
    left, right = _loudness(heard), _loudness(sound)
    return max(
        correlation(left[delay:][:length], right[:length])
        for delay in range(round(begins_within * SECOND / SAMPLES_A_PIECE))
        if (length := min(len(left) - delay, len(right))) > FEWEST_PIECES
    )


def _loudness(samples: list[int]) -> list[float]:
    cuts = range(0, len(samples) + 1, SAMPLES_A_PIECE)
    return [sum(map(abs, samples[begin:end])) / SAMPLES_A_PIECE for begin, end in pairwise(cuts)]
