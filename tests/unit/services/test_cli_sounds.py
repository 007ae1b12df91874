"""What ``hotline check`` and ``hotline apply`` make of prompts, as their users run them."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from redis.asyncio import Redis

from services.domain.documents import Hotline
from services.programs import run
from services.store import documents
from tests.harness.redis_server import RedisServer
from tests.unit.services.test_cli import hotline
from tests.unit.services.test_speech import SECRET, service

TEXT = """
kind: account
id: demo
name: x
tariff: t
---
kind: tariff
id: t
name: x
bill_from: platform
prices:
- inbound: {rules: [{rule: standard, steps: [{rate: "0.12", per: 60, increment: 60}]}]}
---
kind: hotline
number: "4005200002"
account: demo
name: x
languages: {zh: cmn, en: en}
flow:
  start: a
  nodes:
    a: {kind: say, prompt: {zh: 您好, en: Hello}, next: b}
    b: {kind: say, prompt: {file: welcome.wav}, next: c}
    c: {kind: say, prompt: {zh: 再见, en: Goodbye}, next: end}
    end: {kind: hangup}
"""


@pytest.fixture
async def company(tmp_path: Path) -> Path:
    (tmp_path / "company.yaml").write_text(TEXT)
    await run("sox", "-n", str(tmp_path / "welcome.wav"), "synth", "1", "sine", "400")
    return tmp_path / "company.yaml"


def said(stderr: str, company: Path) -> list[str]:
    return [line.removeprefix(f"{company}:") for line in stderr.splitlines()]


def test_everything_is_wrong_at_once(company: Path) -> None:
    text = TEXT.replace("en: en}", "en: klingon}").replace("zh: 您好", "zh: '！'")
    company.write_text(text)
    assert said(hotline("check", company).stderr, company) == [
        "22: flow.nodes.a.prompt.zh: '！': there is nothing in it to speak; expected words"
    ]
    company.write_text(text.replace("'！'", "'{oder}'"))
    (company.parent / "welcome.wav").write_bytes(b"%PDF-1.4\n" + bytes(5_000_000))
    assert said(hotline("check", company).stderr, company) == [
        "18: languages.en: 'klingon': espeak-ng has no voice 'klingon'; espeak-ng --voices lists those it has",
        "22: flow.nodes.a.prompt.zh: '{oder}': there is no variable {oder} here; there are caller",
        "23: flow.nodes.b.prompt.file: 'welcome.wav': is no sound; expected a recording as wav, mp3 or m4a",
    ]


async def test_check_needs_no_engine(company: Path, tmp_path: Path) -> None:
    """Where documents are checked, they need not be applied."""
    (tmp_path / "bin").mkdir()
    done = await asyncio.to_thread(hotline, "check", company, PATH=str(tmp_path / "bin"))
    assert said(done.stderr, company) == [
        "23: flow.nodes.b.prompt.file: 'welcome.wav': cannot be checked: ffmpeg is not installed"
    ]


async def test_apply_tells_all_prompts_that_cannot_be_spoken_and_applies_nothing(
    company: Path, server: RedisServer, tmp_path: Path
) -> None:
    async def speechless(request: web.Request) -> web.StreamResponse:
        text = (await request.json())["text"]
        return web.Response(status=422 if text in {"您好", "Goodbye"} else 200, body=(tmp_path / "x.wav").read_bytes())

    await run("sox", "-n", str(tmp_path / "x.wav"), "synth", "0.5", "sine", "400")
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}
    async with service(speechless) as (url, _), Redis.from_url(server.url) as redis:
        env |= {"HOTLINE_SPEECH": url, "HOTLINE_SPEECH_SECRET": SECRET}
        done = await asyncio.to_thread(hotline, "apply", company, **env)
        host = url.removeprefix("http://").removesuffix("/speak")
        assert done.returncode == 1
        assert said(done.stderr, company) == [
            "nothing was applied:",
            f"22: flow.nodes.a.prompt.zh: '您好': {host} answered 422",
            f"24: flow.nodes.c.prompt.en: 'Goodbye': {host} answered 422",
        ]
        assert await documents.names(redis, Hotline) == []


async def test_a_version_of_a_document_keeps_its_recordings(company: Path, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_SOUNDS_DIR": str(tmp_path / "sounds")}
    assert "hotline  4005200002           version 1" in hotline("apply", company, **env).stdout
    assert hotline("apply", company, **env).stdout == ""
    await run("sox", "-n", str(company.parent / "welcome.wav"), "synth", "1", "sine", "800")
    assert hotline("apply", company, **env).stdout == "hotline  4005200002           version 2\n"
    assert len(list((tmp_path / "sounds" / "files").iterdir())) == 2
    diff = hotline("document", "diff", "hotline", "4005200002", **env).stdout
    assert diff.count("sha256") == 2
