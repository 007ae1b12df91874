"""Recordings that companies bring, good and bad ones, made by the real programs."""

from pathlib import Path

import pytest

from services import uploads
from services.programs import SoundError, run
from services.prompts import Sounds
from services.speech.espeak import Espeak
from tests.harness.hearing import samples

SPEECH = "您好，欢迎致电示范商店。产品销售请按一，售后服务请按二，上门维修请按三，投诉建议请按四。"


@pytest.fixture(scope="module")
async def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    await Espeak().speak(SPEECH, "cmn", path)
    return path


async def made(speech: Path, target: Path, *options: str) -> Path:
    await run("ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(speech), *options, str(target))
    return target


@pytest.mark.parametrize(("name", "gain"), [("a.wav", 0), ("a.mp3", -12), ("a.m4a", -30)])
async def test_recordings_become_telephone_sound_of_one_loudness(
    tmp_path: Path, speech: Path, name: str, gain: int
) -> None:
    source = await made(speech, tmp_path / name, "-ar", "44100", "-ac", "2", "-af", f"volume={gain}dB")
    source = source.rename(tmp_path / "recording")  # what it is is not told by its name
    assert await uploads.fault(source) is None
    path = await Sounds(tmp_path / "sounds", Espeak()).recorded(source)
    loudness, peak = await uploads._measured(path, "wav")
    assert loudness == pytest.approx(uploads.LOUDNESS, abs=1)
    assert peak <= uploads.PEAK + 0.2
    assert len(samples(path)) == pytest.approx(len(samples(speech)) * 8000 / 22050, rel=0.02)


async def test_spoken_text_is_as_loud_as_recordings(tmp_path: Path) -> None:
    path = await Sounds(tmp_path, Espeak()).spoken(SPEECH, "cmn")
    assert (await uploads._measured(path, "wav"))[0] == pytest.approx(uploads.LOUDNESS, abs=2.5)


async def test_a_click_of_a_sound_goes_by_its_peak(tmp_path: Path) -> None:
    source = tmp_path / "click.wav"
    await run("sox", "-n", str(source), "synth", "0.1", "sine", "800", "gain", "-20")
    assert await uploads.fault(source) is None
    _, peak = await uploads._measured(await Sounds(tmp_path / "sounds", Espeak()).recorded(source), "wav")
    assert peak == pytest.approx(uploads.PEAK, abs=0.5)


async def test_what_is_no_recording_is_told_in_a_sentence(
    tmp_path: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def file(name: str, content: bytes) -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    async def fault(path: Path) -> str:
        return await uploads.fault(path) or ""

    assert await fault(file("empty.wav", b"")) == "is empty; expected a recording as wav, mp3 or m4a"
    pdf = file("pdf.wav", b"%PDF-1.4\n" + bytes(5_000_000))
    assert await fault(pdf) == "is no sound; expected a recording as wav, mp3 or m4a"
    playlist = file("list.wav", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    assert (await fault(playlist)).startswith("is no sound;")
    broken = file("broken.wav", b"RIFF\0\0\0\0WAVE" + b"\xff" * 1000)
    assert (await fault(broken)).startswith("cannot be read as wav")
    cut = file("cut.m4a", (await made(speech, tmp_path / "whole.m4a")).read_bytes()[:3000])
    assert (await fault(cut)).startswith("cannot be read as mp4")
    video = tmp_path / "video.mp4"
    await run(
        *("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64"),
        *("-i", str(speech), "-shortest", str(video)),
    )
    assert await fault(video.rename(tmp_path / "video.wav")) == "is a video; expected a recording as wav, mp3 or m4a"
    await run("sox", "-n", str(tmp_path / "silence.wav"), "trim", "0", "2")
    assert await fault(tmp_path / "silence.wav") == "is silent from begin to end"
    await run("sox", "-n", "-r", "8000", str(tmp_path / "long.wav"), "synth", "660", "sine", "400")
    assert await fault(tmp_path / "long.wav") == "lasts 11.0 minutes; 10 at most"
    monkeypatch.setattr(uploads, "LARGEST_MB", 4)
    assert await fault(pdf) == "has 5 MB; 4 MB at most"


async def test_a_cover_picture_is_no_video(tmp_path: Path, speech: Path) -> None:
    cover = tmp_path / "cover.png"
    await run("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:size=16x16", "-frames:v", "1", str(cover))
    options = ("-i", str(cover), "-map", "0:a", "-map", "1:v", "-disposition:v:0", "attached_pic")
    assert await uploads.fault(await made(speech, tmp_path / "a.mp3", *options)) is None


async def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_text("this is no sound")
    with pytest.raises(SoundError, match=r"noise.wav: expected a recording"):
        await Sounds(tmp_path / "sounds", Espeak()).recorded(tmp_path / "noise.wav")
    assert not (tmp_path / "sounds").exists()
