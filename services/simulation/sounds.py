"""What a simulated caller hears, and for how long."""

import wave
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from services.domain.documents import Document, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.prompts import prompts_of, reason_name, sound_name

A_CHARACTER = {True: 0.07, False: 0.22}
"""Seconds that a letter takes, and a Chinese character."""
UNKNOWN = 2.0


class Sounds:
    """Prepared sounds have their own length, others the one that their text lets expect."""

    def __init__(self, folder: Path, hotline: Hotline, documents: Iterable[Document]) -> None:
        self._folder = folder
        own = ((sound_name(prompt, hotline), prompt) for prompt in prompts_of(hotline))
        lists = (document for document in documents if isinstance(document, NumberList))
        reasons = ((reason_name(one, name), prompt) for one in lists for name, prompt in one.reasons.items())
        self._texts = {
            name: prompt.file if isinstance(prompt, SoundFile) else prompt for name, prompt in chain(own, reasons)
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
