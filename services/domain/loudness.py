"""How loud a sound is along its time, for a picture of it."""

import sys
from array import array
from collections.abc import Iterable, Iterator

FULL = 32_768
"""The loudest sample of 16 bits."""


def peaks(pieces: Iterable[bytes]) -> Iterator[float]:
    """The loudest sample of each piece of 16-bit little-endian sound, from 0 to 1, to three digits."""
    for piece in pieces:
        samples = array("h", piece[: len(piece) // 2 * 2])
        if sys.byteorder == "big":
            samples.byteswap()
        yield round(max(abs(max(samples)), abs(min(samples))) / FULL, 3) if samples else 0.0
