"""Recorded RTP of keys being pressed (RFC 4733), for SIPp to play."""

import itertools
import struct
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

EVENT_TYPE = 101
"""RTP payload type of telephone events, as the scenarios offer it."""
FRAME_MS, TONE_MS, KEY_MS = 20, 120, 200
CLOCK = 8  # per millisecond

_folder = tempfile.TemporaryDirectory(prefix="hotline-rtp-")
_ssrc = itertools.count(0x40000000)


def keys_pcap(keys: str) -> Path:
    """A capture of the keys; each is a stream of its own, since a repeated time stamp passes for a repeated packet."""
    ssrc = next(_ssrc)
    sequence = itertools.count(1)
    path = Path(_folder.name) / f"{ssrc:x}.pcap"
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for index, key in enumerate(keys):
            began = index * KEY_MS
            for at, event in _events(key):
                marker = 0x80 if at == 0 else 0
                rtp = (
                    struct.pack("!BBHII", 0x80, EVENT_TYPE | marker, next(sequence), began * CLOCK + 8000, ssrc) + event
                )
                _write(out.write, began + at, rtp)
    return path


def _events(key: str) -> Iterator[tuple[int, bytes]]:
    """Milliseconds since the key was pressed, and the event: its duration grows, its end is said three times."""
    number = "0123456789*#".index(key)
    for at in range(0, TONE_MS, FRAME_MS):
        yield at, struct.pack("!BBH", number, 10, (at + FRAME_MS) * CLOCK)
    for _ in range(3):
        yield TONE_MS, struct.pack("!BBH", number, 0x80 | 10, TONE_MS * CLOCK)


def _write(write: Callable[[bytes], object], at: int, rtp: bytes) -> None:
    """As an Ethernet frame with IP and UDP headers, whose addresses SIPp replaces."""
    udp = struct.pack("!HHHH", 10000, 10000, 8 + len(rtp), 0) + rtp
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
    frame = bytes(12) + b"\x08\x00" + ip
    write(struct.pack("<IIII", at // 1000, at % 1000 * 1000, len(frame), len(frame)) + frame)
