"""How long the link waits for what, and how much may wait."""

import asyncio
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times are in seconds. A peer that falls silent is given up ``ping_every + ping`` after its last answer."""

    connect: float = 5.0
    login: float = 5.0
    """Asterisk takes a second to say that a password is wrong."""
    boot: float = 60.0
    """From the login until Asterisk says that it is fully booted."""
    ping_every: float = 2.0
    ping: float = 2.5
    first_pause: float = 0.1
    longest_pause: float = 5.0
    first_refused_pause: float = 20.0
    longest_refused_pause: float = 60.0
    """Pauses are halved at most, by chance: a wrong password is tried every 10 s at the most."""
    handler: float = 10.0
    """For one subscriber to take one event."""
    hook: float = 30.0
    """For each hook that asks for the true state."""
    events: int = 10_000
    """That wait for their handlers."""
    in_flight: int = 100
    """Actions that wait for their answers."""


class Pauses:
    """How long to wait after each of a row of failures: twice as long each time, and never the same as others."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._whole = first
        self._last = float("-inf")

    def next(self) -> float:
        """Begins anew when the last failure lies further back than two of the longest pauses."""
        now = asyncio.get_running_loop().time()
        in_a_row = now - self._last < 2 * self._longest
        self._whole = min(2 * self._whole, self._longest) if in_a_row else self._first
        self._last = now
        return self._whole * random.uniform(0.5, 1)  # noqa: S311 - spreads reconnections, guards nothing
