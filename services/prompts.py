"""Makes the sounds that prompts need: once, before any caller waits for them."""

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services import uploads
from services.domain.prompts import BEEP, HOLD_MUSIC, file_name, music_name, spoken_name
from services.programs import SoundError, run
from services.speech import Engine

TELEPHONE = ("-r", "8000", "-c", "1", "-b", "16")
LEVEL = ("norm", "-3")
"""Peaks at −3 dB: engines speak at every level."""
TRIM = ("silence", "1", "0.01", "0.5%")
"""Engines put silence around what they speak, and between the pieces of a sentence it would be heard."""
PAUSES = tuple("。．.！!？?，,、；;：:…")
"""What a text ends with that wants a pause after it, the engine's own."""
QUIETEST = 200
"""The highest sample of a sound that is none: of a text that the engine has no words for."""
WAV_HEADER = 44


@dataclass(frozen=True)
class Sounds:
    """The folder of prepared sounds, 8 kHz mono 16 bit WAV, as agi and Asterisk see it."""

    folder: Path
    engine: Engine

    async def spoken(self, text: str, voice: str) -> Path:
        """The sound of a text: of this engine, and a link to it of the name that agi knows."""
        name = spoken_name(text, voice)
        path, own = self.path(name), self.path(f"by/{self.engine.name}/{Path(name).name}")
        if not own.exists():
            await self.speak_into(own, text, voice)
        await asyncio.to_thread(_link, path, own)
        return path

    async def speak_into(self, path: Path, text: str, voice: str) -> None:
        """Raises SoundError, also when nothing is heard."""
        if why := await self.engine.why_not(voice):
            raise SoundError(why)
        with tempfile.TemporaryDirectory() as work:
            raw, plain, made = [Path(work) / f"{name}.wav" for name in ("raw", "plain", "made")]
            await self.engine.speak(text, voice, raw)
            await run("sox", str(raw), *TELEPHONE, str(plain))
            if not await asyncio.to_thread(_is_heard, plain):  # levelling would make noise of silence
                raise SoundError(f"{self.engine.name} has no words for it: nothing would be heard")
            end = () if text.rstrip().endswith(PAUSES) else ("reverse", *TRIM, "reverse")
            await run("sox", str(plain), str(made), *LEVEL, *TRIM, *end)
            await asyncio.to_thread(_into_place, made, path)

    async def recorded(self, recording: Path) -> Path:
        """A company's own recording, converted and levelled. Raises SoundError."""
        path = self.path(file_name(await asyncio.to_thread(uploads.sha256, recording)))
        if not path.exists():
            with tempfile.TemporaryDirectory() as work:
                raw, made = Path(work) / "raw.wav", Path(work) / "made.wav"
                try:
                    await uploads.to_telephone(recording, raw)
                    await uploads.level(raw, made)
                except SoundError as error:
                    raise SoundError(f"{recording}: {error}") from error
                await asyncio.to_thread(_into_place, made, path)
        return path

    async def music(self, group: str, recording: Path) -> Path:
        """A group's own music. Raises SoundError."""
        return await self.play(group, await self.recorded(recording))

    async def play(self, group: str, recorded: Path) -> Path:
        """Makes a recording that was prepared a group's music."""
        path = self.path(music_name(group))
        await asyncio.to_thread(_link, path, recorded)
        return path

    async def hold_music(self) -> Path:
        """A quiet chord that comes and goes, for companies that have no music of their own."""
        notes = [part for note in ("C4", "E4", "G4", "C5") for part in ("pluck", note)]
        fading = ("remix", "-", "fade", "0", "4", "2", "gain", "-n", "-18")
        return await self._synthesised(HOLD_MUSIC, "synth", "4", *notes, *fading)

    async def beep(self) -> Path:
        return await self._synthesised(BEEP, "synth", "0.3", "sine", "1000", "gain", "-n", "-12")

    async def _synthesised(self, name: str, *effects: str) -> Path:
        path = self.folder / name
        if not path.exists():
            with tempfile.TemporaryDirectory() as work:
                made = Path(work) / "made.wav"
                await run("sox", "-n", *TELEPHONE, str(made), *effects)
                await asyncio.to_thread(_into_place, made, path)
        return path

    def path(self, name: str) -> Path:
        """Of a name as of ``services.domain.prompts.sound_name``, made or not."""
        return self.folder / f"{name}.wav"


def is_prepared(recording: Path, folder: Path) -> bool:
    """Whether the folder of sounds has one of its content."""
    return (folder / f"{file_name(uploads.sha256(recording))}.wav").exists()


def _is_heard(wav: Path) -> bool:
    data = wav.read_bytes()[WAV_HEADER:]
    samples = memoryview(data[: len(data) // 2 * 2]).cast("h")
    return any(abs(sample) > QUIETEST for sample in samples)


def _into_place(made: Path, path: Path) -> None:
    """By renaming: a caller never hears half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, new = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "wb") as file:
        file.write(made.read_bytes())
    Path(new).chmod(0o644)
    Path(new).replace(path)


def _link(path: Path, to: Path) -> None:
    """Relative: containers see the folder elsewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(to, path.parent)
    if path.is_symlink() and path.readlink() == Path(target):
        return
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-") as new:
        link = Path(new) / "link"
        link.symlink_to(target)
        link.replace(path)
