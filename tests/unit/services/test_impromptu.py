"""What is spoken while its caller waits."""

import asyncio
from pathlib import Path

import pytest

from services import impromptu
from services.impromptu import Impromptu
from services.programs import SoundError
from services.prompts import Sounds
from services.speech.espeak import Espeak
from tests.unit.services.test_prompts import Counting, Mute


class Slow(Espeak):
    async def speak(self, text: str, voice: str, wav: Path) -> None:
        del text, voice, wav
        await asyncio.sleep(30)


class Failing(Espeak):
    async def speak(self, text: str, voice: str, wav: Path) -> None:
        del text, voice, wav
        raise SoundError("out of breath")


async def test_a_value_is_spoken_and_kept(tmp_path: Path) -> None:
    engine = Counting()
    speaker = Impromptu(Sounds(tmp_path, engine))
    name = await speaker.sound("在路上", "cmn")
    assert name is not None
    assert (tmp_path / f"{name}.wav").exists()
    assert await speaker.sound("在路上", "cmn") == name
    assert engine.spoken == 1


async def test_only_so_many_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were needed last."""
    monkeypatch.setattr(impromptu, "KEPT", 2)
    engine = Counting()
    speaker = Impromptu(Sounds(tmp_path, engine))
    for text in ("甲", "乙", "甲", "丙"):
        await speaker.sound(text, "cmn")
    assert len(list((tmp_path / impromptu.FOLDER).iterdir())) == 2
    await speaker.sound("甲", "cmn")
    assert engine.spoken == 3
    await speaker.sound("乙", "cmn")
    assert engine.spoken == 4


@pytest.mark.parametrize(("engine", "told"), [(Slow(), "not within 0.2 s"), (Failing(), "out of breath"), (Mute(), "")])
async def test_what_cannot_be_spoken_in_time_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, engine: Espeak, told: str
) -> None:
    assert await Impromptu(Sounds(tmp_path, engine), seconds=0.2).sound("在路上", "cmn") is None
    assert f"a value could not be spoken: {told}" in caplog.text
    assert "在路上" not in caplog.text  # it may be somebody's name
    assert not list(tmp_path.rglob("*.wav"))  # noqa: ASYNC240


@pytest.mark.parametrize("text", ["x" * 201, "！", ""])
async def test_what_nobody_would_listen_to_is_left_out(tmp_path: Path, text: str) -> None:
    assert await Impromptu(Sounds(tmp_path, Counting())).sound(text, "cmn") is None
