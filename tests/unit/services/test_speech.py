"""Engines: the web's against a real server that fails in all the ways there are; piper's by a stand-in program."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from services.programs import SoundError, run
from services.prompts import Sounds
from services.settings import Settings, SettingsError
from services.speech import engine_of
from services.speech import web as speech_web
from services.speech.espeak import Espeak
from services.speech.piper import Piper
from services.speech.web import Web
from tests.harness.hearing import samples

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRET = "an-open-secret"


@asynccontextmanager
async def service(*answers: Answer) -> AsyncIterator[tuple[str, list[dict[str, str]]]]:
    """Its address, and what it was asked; the last answer is given again and again."""
    asked: list[dict[str, str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {SECRET}"
        asked.append(await request.json())
        return await answers[min(len(asked), len(answers)) - 1](request)

    application = web.Application()
    application.router.add_post("/speak", handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/speak", asked
    finally:
        await runner.cleanup()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_web, "PAUSES", (0.01, 0.01))
    monkeypatch.setattr(speech_web, "SECONDS_A_TRY", 0.5)


@pytest.fixture(scope="module")
async def recording(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("speech")
    await Espeak().speak("您好", "cmn", folder / "a.wav")
    await run("ffmpeg", "-v", "error", "-i", str(folder / "a.wav"), str(folder / "a.mp3"))
    return {kind: (folder / f"a.{kind}").read_bytes() for kind in ("wav", "mp3")}


def sound(body: bytes) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    return answer


def status(number: int) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=number, text="no")

    return answer


async def elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPTemporaryRedirect(request.path)


async def hangs(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


@pytest.mark.parametrize("kind", ["wav", "mp3"])
async def test_the_web_speaks(tmp_path: Path, recording: dict[str, bytes], kind: str) -> None:
    async with service(sound(recording[kind])) as (url, asked):
        path = await Sounds(tmp_path, Web(url, SECRET)).spoken("您好", "any-voice")
    assert asked == [{"text": "您好", "voice": "any-voice"}]
    assert len(samples(path)) > 2000


@pytest.mark.parametrize("passing", [status(500), status(429), hangs])
async def test_what_passes_is_asked_again(tmp_path: Path, recording: dict[str, bytes], passing: Answer) -> None:
    async with service(passing, passing, sound(recording["wav"])) as (url, asked):
        await Web(url, SECRET).speak("您好", "v", tmp_path / "a.wav")
    assert len(asked) == 3
    assert (tmp_path / "a.wav").exists()


@pytest.mark.parametrize(
    ("answer", "times", "sentence"),
    [
        (status(503), 3, "answered 503, 3 times"),
        (hangs, 3, "did not answer within 0.5 s, 3 times"),
        (status(403), 1, "answered 403"),
        (elsewhere, 1, "answered 307"),
        (sound(b"<html>hello</html>"), 1, "answered with no sound: expected a recording as wav, mp3 or m4a"),
        (sound(b"RIFF\0\0\0\0WAVE" + b"\xff" * 99), 1, "answered with no sound: ffmpeg failed"),
        (sound(bytes(speech_web.LARGEST + 1)), 1, "answered with more than 20 MB"),
    ],
)
async def test_what_does_not_is_told(tmp_path: Path, answer: Answer, times: int, sentence: str) -> None:
    async with service(answer) as (url, asked):
        with pytest.raises(SoundError, match=rf"^127\.0\.0\.1:\d+ {sentence}"):
            await Web(url, SECRET).speak("您好", "v", tmp_path / "a.wav")
    assert len(asked) == times
    assert not (tmp_path / "a.wav").exists()


async def test_nobody_is_there(tmp_path: Path) -> None:
    async with service(hangs) as (url, _):
        pass
    with pytest.raises(SoundError, match=r"could not be asked .*, 3 times"):
        await Web(url, SECRET).speak("您好", "v", tmp_path / "a.wav")


async def test_an_answer_without_an_end_is_given_up(tmp_path: Path) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.05)

    began = time.monotonic()
    async with service(endless) as (url, asked):
        with pytest.raises(SoundError, match="did not answer within"):
            await Web(url, SECRET).speak("您好", "v", tmp_path / "a.wav")
    assert len(asked) == 3
    assert time.monotonic() - began < 10


PIPER = """#!/bin/sh
# What piper's command line takes and does, spoken by another.
while [ $# -gt 0 ]; do case $1 in --model) model=$2;; --output_file) out=$2;; esac; shift 2; done
[ -f "$model" ] || exit 1
exec espeak-ng -v cmn -w "$out" --stdin
"""


async def test_piper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "piper").write_text(PIPER)
    (tmp_path / "piper").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "cmn.onnx").touch()
    engine = engine_of(Settings(speech="piper", speech_models=tmp_path))
    assert isinstance(engine, Piper)
    assert await engine.why_not("cmn") is None
    assert await engine.why_not("en") == f"piper has no voice 'en'; the models in {tmp_path} are cmn"
    assert len(samples(await Sounds(tmp_path / "sounds", engine).spoken("您好\n欢迎", "cmn"))) > 4000


@pytest.mark.parametrize(
    ("speech", "sentence"),
    [
        ("piper", "HOTLINE_SPEECH is piper, and there is no program of that name on this machine"),
        ("festival", "HOTLINE_SPEECH is 'festival'; expected espeak-ng, piper, or an address"),
    ],
)
def test_an_engine_that_there_is_not(speech: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SettingsError, match=sentence):
        engine_of(Settings(speech=speech))


def test_piper_without_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "piper").write_text(PIPER)
    (tmp_path / "piper").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for models in (None, tmp_path):
        with pytest.raises(SettingsError, match="expected a folder with piper's models"):
            engine_of(Settings(speech="piper", speech_models=models))


def test_each_service_s_sounds_are_its_own() -> None:
    one, other = (engine_of(Settings(speech=f"https://{host}/speak")) for host in ("a.example", "b.example"))
    assert one.name != other.name
    assert SECRET not in Web("https://a.example/speak", SECRET).name
