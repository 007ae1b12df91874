"""Sounds that are made by the real programs."""

import asyncio
import os
import wave
from pathlib import Path

import pytest

from services import programs
from services.domain.nodes.base import SoundFile
from services.domain.prompts import Sound, music_name, sound_name, spoken_name
from services.programs import SoundError, run
from services.prompts import Sounds
from services.speech.espeak import Espeak
from services.uploads import sha256
from tests.harness.hearing import samples

TEXT = "您好，欢迎致电。"


class Counting(Espeak):
    def __init__(self, name: str = "espeak-ng") -> None:
        super().__init__()
        self.name = name
        self.spoken = 0

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        self.spoken += 1
        await super().speak(text, voice, wav)


class Mute(Counting):
    """Has no words for anything, as engines for scripts that they do not know."""

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        del text, voice
        await run("sox", "-n", "-r", "22050", "-c", "1", "-b", "16", str(wav), "trim", "0", "1")


async def test_text_becomes_telephone_sound_of_a_known_level(tmp_path: Path) -> None:
    path = await Sounds(tmp_path, Espeak()).spoken(TEXT, "cmn")
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert 0.5 < sound.getnframes() / 8000 < 5
    assert max(map(abs, samples(path))) == pytest.approx(32767 * 10 ** (-3 / 20), rel=0.02)


async def test_a_text_is_spoken_once_by_each_engine(tmp_path: Path) -> None:
    engine, other = Counting(), Counting("another")
    sounds = Sounds(tmp_path, engine)
    first, again = await sounds.spoken(TEXT, "cmn"), await sounds.spoken(TEXT, "cmn")
    assert first == again == (tmp_path / spoken_name(TEXT, "cmn")).with_suffix(".wav")
    assert engine.spoken == 1
    assert await sounds.spoken(TEXT, "en") != first
    assert engine.spoken == 2
    assert await Sounds(tmp_path, other).spoken(TEXT, "cmn") == first
    assert first.resolve().parent.name == "another"
    await sounds.spoken(TEXT, "cmn")
    assert (engine.spoken, other.spoken, first.resolve().parent.name) == (2, 1, "espeak-ng")
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".new")]  # noqa: ASYNC240


async def test_pieces_have_no_silence_around_them(tmp_path: Path) -> None:
    """What ends with a punctuation mark keeps the pause that is meant."""
    sounds = Sounds(tmp_path, Espeak())
    piece, sentence = samples(await sounds.spoken("位", "cmn")), samples(await sounds.spoken("位。", "cmn"))
    assert len(sentence) - len(piece) > 1500
    for sound in (piece[:400], piece[-400:], sentence[:400]):
        assert max(map(abs, sound)) > 100


async def test_a_text_is_never_read_as_an_option(tmp_path: Path) -> None:
    path = await Sounds(tmp_path, Espeak()).spoken("--version", "en")
    assert len(samples(path)) > 3000


async def test_a_text_that_nothing_is_heard_of_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="espeak-ng has no words for it"):
        await Sounds(tmp_path, Mute()).spoken("ⴰⵣⵓⵍ", "cmn")
    assert not list(tmp_path.rglob("*.wav"))  # noqa: ASYNC240


@pytest.mark.parametrize(("voice", "why"), [("no-such", "no voice 'no-such'"), ("en+nosuch", "no variant 'nosuch'")])
async def test_a_voice_that_the_engine_does_not_have_is_refused(tmp_path: Path, voice: str, why: str) -> None:
    with pytest.raises(SoundError, match=f"espeak-ng has {why}"):
        await Sounds(tmp_path, Espeak()).spoken(TEXT, voice)


async def test_the_engine_s_voices() -> None:
    espeak = Espeak()
    assert [await espeak.why_not(voice) for voice in ("cmn", "en", "en-gb", "en+f3", "en-us+whisper")] == [None] * 5


async def test_a_recording_under_the_same_name_is_another_sound(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path / "sounds", Espeak())
    file = tmp_path / "welcome.wav"
    await run("sox", "-n", str(file), "synth", "1", "sine", "400")
    first = Sound("x", SoundFile(file="welcome.wav", sha256=sha256(file)), "cmn")
    await sounds.recorded(file)
    made = (tmp_path / "sounds" / first.name).with_suffix(".wav")
    before = made.stat().st_mtime_ns
    await sounds.recorded(file)
    assert made.stat().st_mtime_ns == before  # not converted again
    await run("sox", "-n", str(file), "synth", "1", "sine", "800")
    again = Sound("x", SoundFile(file="welcome.wav", sha256=sha256(file)), "cmn")
    await sounds.recorded(file)
    assert sound_name(again.said, "cmn") != first.name
    assert made.stat().st_mtime_ns == before  # callers who are in the old version hear the old sound


async def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "PROGRAM_DEADLINE", 0.1)
    began = asyncio.get_running_loop().time()
    with pytest.raises(SoundError, match="sleep took more than"):
        await run("sleep", "30")
    assert asyncio.get_running_loop().time() - began < 5


async def test_a_program_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    told = tmp_path / "told"
    task = asyncio.create_task(run("sh", "-c", f"echo $$ > {told}; exec sleep 30"))
    while not told.exists() or not told.read_text().strip():
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(SoundError, match="no-such-program is not installed"):
        await run("no-such-program")


async def test_hold_music_is_quiet_and_made_once(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path, Espeak())
    path = await sounds.hold_music()
    made = path.stat().st_mtime_ns
    assert 1000 < max(map(abs, samples(path))) < 8000
    assert (await sounds.hold_music()).stat().st_mtime_ns == made


async def test_a_groups_own_music_lies_apart_from_the_platforms(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path, Espeak())
    platforms = await sounds.hold_music()
    own = await sounds.music("desk", platforms)
    assert own == (tmp_path / music_name("desk")).with_suffix(".wav")
    assert own.parent != platforms.parent
    assert samples(own)
