import asyncio
import wave
from pathlib import Path

import pytest

from services import prompts
from services.domain.documents import Hotline
from services.domain.prompts import prompts_of, sound_name
from services.prompts import Espeak, SoundError, Sounds
from tests.harness.hearing import samples

TEXT = "您好，欢迎致电。"


class Counting(Espeak):
    def __init__(self) -> None:
        self.spoken = 0

    async def speak(self, text: str, voice: str, wav: Path) -> None:
        self.spoken += 1
        await super().speak(text, voice, wav)


async def test_text_becomes_telephone_sound_of_a_known_level(tmp_path: Path) -> None:
    path = await Sounds(tmp_path, Espeak()).spoken(TEXT, "cmn")
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert 0.5 < sound.getnframes() / 8000 < 5
    assert max(map(abs, samples(path))) == pytest.approx(32767 * 10 ** (-3 / 20), rel=0.02)


async def test_a_text_is_spoken_once(tmp_path: Path) -> None:
    engine = Counting()
    sounds = Sounds(tmp_path, engine)
    first, again = await sounds.spoken(TEXT, "cmn"), await sounds.spoken(TEXT, "cmn")
    assert first == again
    assert engine.spoken == 1
    assert await sounds.spoken(TEXT, "en") != first
    assert engine.spoken == 2


async def test_a_text_is_never_read_as_an_option(tmp_path: Path) -> None:
    path = await Sounds(tmp_path, Espeak()).spoken("--version", "en")
    assert len(samples(path)) > 4000


async def test_a_companys_own_sound_is_converted_and_levelled(tmp_path: Path) -> None:
    source = await Sounds(tmp_path / "a", Espeak()).spoken(TEXT, "cmn")
    loud = tmp_path / "welcome.wav"
    await prompts._run("sox", str(source), "-r", "44100", "-c", "2", str(loud), "gain", "-12")
    hotline = Hotline.model_validate(
        {
            "kind": "hotline",
            "number": "4001234567",
            "account": "demo",
            "name": "x",
            "flow": {"start": "a", "nodes": {"a": {"kind": "say", "prompt": {"file": "welcome.wav"}, "next": "a"}}},
        }
    )
    [path] = await Sounds(tmp_path / "b", Espeak()).prepare(hotline, tmp_path)
    node = hotline.flow.nodes["a"]
    [(_, prompt)] = node.prompts()
    assert path == (tmp_path / "b" / sound_name(prompt, hotline)).with_suffix(".wav")
    assert max(map(abs, samples(path))) == pytest.approx(32767 * 10 ** (-3 / 20), rel=0.02)


async def test_a_failure_says_what_the_program_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_text("this is no sound")
    with pytest.raises(SoundError, match=r"sox failed with 2: .*noise.wav"):
        await prompts._convert(tmp_path / "noise.wav", tmp_path / "made" / "noise.wav")
    assert not (tmp_path / "made" / "noise.wav").exists()


async def test_a_voice_that_the_engine_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="espeak-ng has no voice 'no-such'"):
        await Sounds(tmp_path, Espeak()).spoken(TEXT, "no-such")


async def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompts, "PROGRAM_DEADLINE", 0.1)
    began = asyncio.get_running_loop().time()
    with pytest.raises(SoundError, match="sleep took more than"):
        await prompts._run("sleep", "30")
    assert asyncio.get_running_loop().time() - began < 5


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(SoundError, match="no-such-program is not installed"):
        await prompts._run("no-such-program")


async def test_hold_music_is_quiet_and_made_once(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path, Espeak())
    path = await sounds.hold_music()
    made = path.stat().st_mtime_ns
    assert 1000 < max(map(abs, samples(path))) < 8000
    assert (await sounds.hold_music()).stat().st_mtime_ns == made


def test_what_a_queue_announces_is_prepared() -> None:
    def heard(announcements: object, voice: str = "cmn") -> set[object]:
        node = {"kind": "queue", "group": "g", "announcements": announcements, "otherwise": "a"}
        hotline = Hotline.model_validate(
            {
                "kind": "hotline",
                "number": "4001234567",
                "account": "demo",
                "name": "x",
                "voice": voice,
                "flow": {"start": "a", "nodes": {"a": node}},
            }
        )
        return set(prompts_of(hotline))

    assert heard(None) == set()
    assert {"您是下一位。", "预计等待", "按一"} <= heard({"hint": "按一"})
    assert "您是下一位。" not in heard({"position": False})
    assert "预计等待" not in heard({"wait": False})
    assert "You are next." in heard({}, "en-gb")


async def test_a_groups_own_music_lies_apart_from_the_platforms(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path, Espeak())
    platforms = await sounds.hold_music()
    own = await sounds.music("desk", platforms)
    assert own == tmp_path / "group-music" / "desk.wav"
    assert own.parent != platforms.parent
