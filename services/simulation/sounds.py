"""What a simulated caller hears, and for how long."""

import hashlib
import wave
from collections.abc import Iterable
from pathlib import Path

from services.domain.documents import Document, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.prompts import BEEP, sounds_of

A_CHARACTER = {True: 0.07, False: 0.22}
"""Seconds that a letter takes, and a Chinese character."""
UNKNOWN = 2.0


class Sounds:
    """Prepared sounds have their own length, others the one that their text lets expect."""

    def __init__(self, folder: Path, hotline: Hotline, documents: Iterable[Document]) -> None:
        self._folder = folder
        spoken: list[Document] = [hotline, *(document for document in documents if isinstance(document, NumberList))]
        self._texts = {BEEP.removesuffix(".wav"): "a tone"} | {
            sound.name: sound.said.file if isinstance(sound.said, SoundFile) else sound.said
            for document in spoken
            for sound in sounds_of(document)
        }

    async def sound(self, text: str, voice: str) -> str:  # noqa: ARG002 - in every voice the same
        """Spoken without an engine: as ``agi.call.Speaker``."""
        name = f"impromptu/{hashlib.sha256(text.encode()).hexdigest()}"
        self._texts[name] = text
        return name

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
