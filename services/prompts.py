"""Makes the sounds that prompts need: once, before any caller waits for them."""

import asyncio
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from services.domain.documents import Group, Hotline
from services.domain.lists import NumberList
from services.domain.nodes.base import SoundFile
from services.domain.prompts import (
    BEEP,
    HOLD_MUSIC,
    announcement_name,
    music_name,
    prompts_of,
    reason_name,
    sound_name,
    spoken_name,
)

PROGRAM_DEADLINE = 60.0
"""Seconds that one run of a speech engine or of sox may take."""

TELEPHONE = ("-r", "8000", "-c", "1", "-b", "16")
LEVEL = ("norm", "-3")
"""Peaks at −3 dB: engines and recordings come in at every level."""


class SoundError(Exception):
    """A sound could not be made; says which and what the program said."""


class Engine(Protocol):
    async def speak(self, text: str, voice: str, wav: Path) -> None:
        """Write the spoken text into ``wav``, at any rate. Raises SoundError."""


class Espeak:
    async def speak(self, text: str, voice: str, wav: Path) -> None:
        # It would speak an unknown voice's text in another one and say nothing of it.
        if not re.search(rf"[ (]{re.escape(voice.partition('+')[0])} ", await _run("espeak-ng", "--voices")):
            raise SoundError(f"espeak-ng has no voice {voice!r}; espeak-ng --voices lists those it has")
        await _run("espeak-ng", "-v", voice, "-s", "180", "-w", str(wav), "--", text)


@dataclass(frozen=True)
class Sounds:
    """The folder of prepared sounds, 8 kHz mono 16 bit WAV, as agi and Asterisk see it."""

    folder: Path
    engine: Engine

    async def spoken(self, text: str, voice: str) -> Path:
        """The sound of a text; made only when there is none yet."""
        path = self._path(spoken_name(text, voice))
        if not path.exists():
            with tempfile.TemporaryDirectory() as work:
                raw = Path(work) / "spoken.wav"
                await self.engine.speak(text, voice, raw)
                await _convert(raw, path)
        return path

    async def hold_music(self) -> Path:
        """A quiet chord that comes and goes, for companies that have no music of their own."""
        path = self.folder / HOLD_MUSIC
        if not path.exists():
            notes = [part for note in ("C4", "E4", "G4", "C5") for part in ("pluck", note)]
            await _into_place(
                path,
                "-n",
                *TELEPHONE,
                "-c",
                "1",
                "{out}",
                "synth",
                "4",
                *notes,
                "remix",
                "-",
                "fade",
                "0",
                "4",
                "2",
                "gain",
                "-n",
                "-18",
            )
        return path

    async def beep(self) -> Path:
        path = self.folder / BEEP
        if not path.exists():
            await _into_place(path, "-n", *TELEPHONE, "{out}", "synth", "0.3", "sine", "1000", "gain", "-n", "-12")
        return path

    async def prepare(self, hotline: Hotline, documents: Path) -> list[Path]:
        """Every sound of a hotline; files are looked for relative to ``documents``. Raises SoundError."""
        return [
            await self._file(hotline, prompt, documents)
            if isinstance(prompt, SoundFile)
            else await self.spoken(prompt, hotline.voice)
            for prompt in prompts_of(hotline)
        ]

    async def prepare_announcement(self, group: Group, documents: Path) -> None:
        """What the group's callers hear before they are recorded. As ``prepare``."""
        name, recording = announcement_name(group), group.recording
        if name is None or recording is None or recording.announce is None:
            return
        if isinstance(recording.announce, SoundFile):
            await _convert(documents / recording.announce.file, self._path(name))
        else:
            await self.spoken(recording.announce, recording.voice)

    async def prepare_reasons(self, document: NumberList, documents: Path) -> None:
        """What callers on the list are told. As ``prepare``."""
        for name, prompt in document.reasons.items():
            if isinstance(prompt, SoundFile):
                await _convert(documents / prompt.file, self._path(reason_name(document, name)))
            else:
                await self.spoken(prompt, document.voice)

    async def music(self, group: str, recording: Path) -> Path:
        """A group's own music. Raises SoundError."""
        path = self._path(music_name(group))
        await _convert(recording, path)
        return path

    async def _file(self, hotline: Hotline, prompt: SoundFile, documents: Path) -> Path:
        path = self._path(sound_name(prompt, hotline))
        await _convert(documents / prompt.file, path)
        return path

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.wav"


async def _convert(source: Path, target: Path) -> None:
    await _into_place(target, str(source), *TELEPHONE, "{out}", *LEVEL)


async def _into_place(target: Path, *sox: str) -> None:
    """Run sox with ``{out}`` as its output and rename that: a caller never hears half a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f"new-{target.name}")
    await _run("sox", *(str(new) if part == "{out}" else part for part in sox))
    new.chmod(0o644)
    new.replace(target)


async def _run(*command: str) -> str:
    """What the program prints. Raises SoundError."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as missing:
        raise SoundError(f"{command[0]} is not installed") from missing
    try:
        async with asyncio.timeout(PROGRAM_DEADLINE):
            printed, said = await process.communicate()
    except TimeoutError as late:
        process.kill()
        await process.wait()
        raise SoundError(f"{command[0]} took more than {PROGRAM_DEADLINE:.0f} s: {command}") from late
    if process.returncode:
        raise SoundError(f"{command[0]} failed with {process.returncode}: {said.decode(errors='replace').strip()}")
    return printed.decode(errors="replace")
