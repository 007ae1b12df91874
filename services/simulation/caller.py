"""A simulated caller: presses the next key a while after it is asked, and hangs up when its patience is over."""

import asyncio

from services.simulation.scene import ASKED, SILENCE

REACTS = 1.0
"""Seconds from the begin of a prompt, or of a wait for a key, to the key."""
TYPES = 0.8
"""Seconds between two keys."""


class Caller:
    def __init__(self, keys: str) -> None:
        self._keys = list(keys)
        self._due: float | None = None
        self._pressed = -TYPES
        self.presses: list[tuple[float, str]] = []
        """When, by the loop's time, and which."""

    def presses_at(self) -> float | None:
        """When it will press; None: not now. Asked for by whoever listens."""
        if not self._keys or self._keys[0] in {SILENCE, ASKED}:
            return None
        if self._due is None:
            time = asyncio.get_running_loop().time()
            typing = time < self._pressed + TYPES
            self._due = self._pressed + TYPES if typing else time + REACTS
        return self._due

    def press(self) -> str:
        self._pressed, self._due = asyncio.get_running_loop().time(), None
        key = self._keys.pop(0)
        self.presses.append((self._pressed, key))
        return key

    def is_asked(self) -> None:
        """A prompt begins."""
        if self._keys and self._keys[0] == ASKED:
            del self._keys[0]

    def was_asked_in_vain(self) -> None:
        """A wait for a key is over."""
        if self._keys and self._keys[0] in {SILENCE, ASKED}:
            del self._keys[0]
