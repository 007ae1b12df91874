"""A block of ports for one node, so that several checkouts run side by side."""

import itertools
import os
import random
import socket
from collections.abc import Iterable

BLOCK = 1000
NAMED = 8
"""Ports behind the first that are used by name."""
FIRST_BLOCKS = range(20000, 32000, BLOCK)
"""Below the ports that Linux gives to outgoing connections."""


class Ports:
    """A thousand ports. Whoever listens on the first of them owns the block."""

    def __init__(self) -> None:
        given = os.environ.get("HOTLINE_PORTS")
        bases = [int(given)] if given else random.sample(FIRST_BLOCKS, len(FIRST_BLOCKS))
        self.base, self._claim = _claim(bases)
        named = range(self.base + 1, self.base + 1 + NAMED)
        self.sip, self.ami, self.agi, self.redis, self.carrier, self.second_agi, self.console, self.web = named
        self.rtp_first, self.rtp_last = self.base + 100, self.base + 499
        self._kept = itertools.count(self.base + 10, 2)
        self._taken = itertools.cycle(range(self.base + 500, self.base + BLOCK, 4))

    def keep(self) -> int:
        """A port for good: where a phone has registered."""
        return next(self._kept)

    def take(self) -> int:
        """A port for one call; even, as RTP wants it, with three more behind it."""
        return next(self._taken)

    def release(self) -> None:
        self._claim.close()


def _nobody_is_left(ports: Iterable[int]) -> None:
    """Raises OSError when a program listens there whose tests were killed: it would be taken for ours."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def _claim(bases: list[int]) -> tuple[int, socket.socket]:
    for base in bases:
        claim = socket.socket()
        try:
            claim.bind(("127.0.0.1", base))
            _nobody_is_left(range(base + 1, base + 1 + NAMED))
        except OSError:
            claim.close()
        else:
            claim.listen(1)
            return base, claim
    raise OSError(f"all port blocks of {bases} are taken; set HOTLINE_PORTS to the first of {BLOCK} free ports")
