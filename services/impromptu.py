"""Speaks what nobody could know beforehand, while its caller waits: within a deadline, and kept for the next."""

import asyncio
import hashlib
import logging
import os
from pathlib import Path

from services.programs import SoundError
from services.prompts import Sounds

SECONDS = 2.0
"""A caller takes longer for a line that has gone dead."""
AT_ONCE = 4
LONGEST = 200
"""Characters."""
KEPT = 1000
"""Sounds; those that were needed least lately are deleted."""
FOLDER = "impromptu"

log = logging.getLogger(__name__)


class Impromptu:
    """``seconds``: that who waits for it has; ``longest``: characters."""

    def __init__(self, sounds: Sounds, seconds: float = SECONDS, longest: int = LONGEST) -> None:
        self._sounds = sounds
        self._seconds = seconds
        self._longest = longest
        self._places = asyncio.Semaphore(AT_ONCE)

    async def sound(self, text: str, voice: str) -> str | None:
        """Name of the sound, as of ``sound_name``; None, and a line in the log, when there is none in time."""
        if len(text) > self._longest or not any(map(str.isalnum, text)):
            log.warning("left out of a prompt: a value of %d characters cannot be spoken", len(text))
            return None
        name = f"{FOLDER}/{_digest(self._sounds.engine.name, voice, text)}"
        path = self._sounds.folder / f"{name}.wav"
        try:
            async with asyncio.timeout(self._seconds):
                if not await asyncio.to_thread(_touched, path):
                    async with self._places:
                        await self._sounds.speak_into(path, text, voice)
                    await asyncio.to_thread(_forget_oldest, path.parent)
        except (SoundError, OSError) as error:
            why = str(error) or f"not within {self._seconds:g} s"
            log.warning("left out of a prompt: a value could not be spoken: %s", why)
            return None
        return name


def _touched(path: Path) -> bool:
    """Whether it is there; then it was needed just now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _forget_oldest(folder: Path) -> None:
    with os.scandir(folder) as entries:
        ages = sorted((entry.stat().st_mtime, entry.path) for entry in entries)
    for _, path in ages[:-KEPT]:
        Path(path).unlink(missing_ok=True)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
