"""What a simulated caller hears, and for how long."""

import wave
from pathlib import Path

from services.domain.documents import Hotline
from services.domain.nodes.base import SoundFile
from services.domain.prompts import prompts_of, sound_name

A_CHARACTER = {True: 0.07, False: 0.22}
"""Seconds that a letter takes, and a Chinese character."""
UNKNOWN = 2.0


class Sounds:
    """Prepared sounds have their own length, others the one that their text lets expect."""

    def __init__(self, folder: Path, hotline: Hotline) -> None:
        self._folder = folder
        self._texts = {
            sound_name(prompt, hotline): prompt.file if isinstance(prompt, SoundFile) else prompt
            for prompt in prompts_of(hotline)
        }

    def text(self, sound: str) -> str:
        """Of a sound as Asterisk is told of it; a file's name where there is no text."""
        name = str(Path(sound).relative_to(self._folder))
        return self._texts.get(name, name)

    def seconds(self, sound: str) -> float:
        try:
            with wave.open(f"{sound}.wav") as prepared:
                return float(prepared.getnframes() / prepared.getframerate())
        except (OSError, EOFError, wave.Error):
            text = self._texts.get(str(Path(sound).relative_to(self._folder)))
        return UNKNOWN if text is None else sum(A_CHARACTER[character.isascii()] for character in text)
