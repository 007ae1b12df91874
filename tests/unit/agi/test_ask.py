"""Asking a company's own system, and what the call does with the answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from redis.asyncio import Redis

from agi import systems
from agi.channel import CallerGone
from agi.journey import Journey
from agi.room import Room
from agi.systems import Http, Systems, UnreachableError
from services.billing.metering import Metering
from services.domain.check import check
from services.domain.nodes.ask import LONGEST, Ask
from services.domain.reading import read
from services.domain.webhook import signature
from services.store.due import now
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import HOTLINE, OTHERS
from tests.unit.agi.test_journey import RECORDINGS, SOUNDS, apply

SECRET = "a-secret-for-tests-only"
ASK = f"""{{kind: ask, url: "http://crm.example/level", secret: {SECRET}, keep: {{level: vip, debt: owes}}, tries: 2,
      timeout: 1, next: which, failed: three}}
    which: {{kind: switch, variable: level, cases: {{gold: one, "true": two, 7: two}}, otherwise: three}}"""


class Patient(FakeChannel):
    async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
        async with asyncio.timeout(seconds):
            return await event.wait()


class Scripted:
    """``answers``: status and body of each request in turn; an exception is raised, None never answers."""

    def __init__(self, *answers: tuple[int, bytes] | Exception | None) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []

    async def ask(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append((method, url, body, headers))
        answer = self._answers.pop(0)
        if answer is None:
            await asyncio.Event().wait()
            raise AssertionError
        if isinstance(answer, Exception):
            raise answer
        return answer


async def walk(redis: Redis, asked: Systems, channel: FakeChannel, first: str = ASK) -> list[str]:
    await apply(redis, OTHERS, HOTLINE.replace("FIRST", first))
    journey = Journey(redis, SOUNDS, RECORDINGS, Room(redis), Metering(redis), systems=asked)
    await journey(channel)  # type: ignore[arg-type]
    return [mark["node"] for mark in channel.said("NODE")][1:]


def said(value: Any) -> tuple[int, bytes]:
    return 200, json.dumps(value).encode()


@pytest.mark.parametrize(
    ("answer", "goes", "kept"),
    [
        ({"vip": "gold", "owes": 3.5, "more": [1]}, ["which", "one"], ("gold", "3.5")),
        ({"vip": True, "owes": None}, ["which", "two"], ("true", "")),
        ({"vip": 7}, ["which", "two"], ("7", "")),
        ({}, ["which", "three"], ("", "")),
    ],
)
async def test_an_answer_is_kept(redis: Redis, answer: Any, goes: list[str], kept: tuple[str, str]) -> None:
    channel = Patient(FLOW_level="old")
    assert await walk(redis, Scripted(said(answer)), channel) == goes
    assert (channel.variables["FLOW_level"], channel.variables["FLOW_debt"]) == kept
    [mark] = channel.said("ASK")
    assert (mark["node"], mark["outcome"]) == ("first", "answered")
    assert channel.music
    assert not channel.answered


@pytest.mark.parametrize(
    ("answers", "outcome", "tries"),
    [
        ([None, None], "timeout", 2),
        ([UnreachableError("x"), UnreachableError("x")], "unreachable", 2),
        ([(503, b""), (429, b"")], "refused", 2),
        ([(404, b"")], "refused", 1),
        ([(302, b"{}")], "refused", 1),
        ([(200, b"<html>")], "garbage", 1),
        ([(200, b"[1]")], "garbage", 1),
        ([(200, b"")], "garbage", 1),
        ([(200, b"\xff")], "garbage", 1),
        ([(200, b'{"vip": NaN}')], "garbage", 1),
        ([(200, b'{"vip": 1e999}')], "garbage", 1),
        ([(200, b'{"vip": ["gold"]}')], "garbage", 1),
        ([(200, b'{"vip": "a\\nb"}')], "garbage", 1),
        ([(200, b'{"vip": "\\ud800"}')], "garbage", 1),
        ([(200, b'{"vip": "' + b"x" * 201 + b'"}')], "garbage", 1),
        ([(200, b"[" * LONGEST)], "garbage", 1),
        ([(200, b"{}" + b" " * LONGEST)], "garbage", 1),
        ([(200, b'{"vip": ' + b"1" * 5000 + b"}")], "garbage", 1),
    ],
)
async def test_what_is_no_answer(redis: Redis, answers: list[Any], outcome: str, tries: int) -> None:
    channel, asked = Patient(FLOW_level="old"), Scripted(*answers)
    assert await walk(redis, asked, channel) == ["three"]
    assert [mark["outcome"] for mark in channel.said("ASK")] == [outcome]
    assert len(asked.asked) == tries
    assert channel.variables["FLOW_level"] == "old"


async def test_a_second_try_may_be_answered(redis: Redis) -> None:
    asked = Scripted(None, said({"vip": "gold"}))
    assert await walk(redis, asked, Patient()) == ["which", "one"]


async def test_what_is_asked_is_signed_and_has_what_is_kept(redis: Redis) -> None:
    asked = Scripted(said({}))
    channel = Patient(FLOW_level="金卡")
    channel.headers["agi_callerid"] = "13800138000"
    await walk(redis, asked, channel)
    [(method, url, body, headers)] = asked.asked
    assert (method, url, headers["X-Hotline-Id"]) == ("POST", "http://crm.example/level", "ask:pbx1-1.0:first")
    assert json.loads(body) == {
        "call_id": "pbx1-1.0", "hotline": "4001234567", "caller": "13800138000", "node": "first",
        "values": {"level": "金卡", "debt": ""},
    }  # fmt: skip
    seconds = int(headers["X-Hotline-Signature"].removeprefix("t=").partition(",")[0])
    assert headers["X-Hotline-Signature"] == signature(SECRET, seconds, body)
    assert abs(seconds - now() / 1000) < 60


@pytest.mark.parametrize("url", ["http://crm.example/level", "http://crm.example/level?a=b%2Fc"])
async def test_a_get_is_signed_by_its_query(redis: Redis, url: str) -> None:
    asked = Scripted(said({}))
    get = ASK.replace("http://crm.example/level", url).replace("keep:", "method: GET, keep:")
    await walk(redis, asked, Patient(FLOW_level="a&b"), get)
    [(method, address, body, headers)] = asked.asked
    query = address.partition("?")[2]
    assert (method, body, parse_qs(query)["values.level"]) == ("GET", b"", ["a&b"])
    seconds = int(headers["X-Hotline-Signature"].removeprefix("t=").partition(",")[0])
    assert headers["X-Hotline-Signature"] == signature(SECRET, seconds, query.encode())


async def test_a_caller_who_leaves_ends_the_asking(redis: Redis) -> None:
    class Leaves(FakeChannel):
        async def wait_for(self, event: asyncio.Event, seconds: float) -> bool:
            del event, seconds
            await asyncio.sleep(0)
            raise CallerGone

    before = asyncio.all_tasks()
    with pytest.raises(CallerGone):
        async with asyncio.timeout(5):
            await walk(redis, Scripted(None), Leaves(), ASK.replace("timeout: 1", "timeout: 10"))
    assert asyncio.all_tasks() == before


async def test_a_prompt_ends_with_the_answer(redis: Redis) -> None:
    class Slow(Patient):
        async def play(self, sound: str, interrupt: str = "", until: asyncio.Event | None = None) -> str | None:
            assert until
            async with asyncio.timeout(10):
                await until.wait()
            return await super().play(sound, interrupt, until)

    channel = Slow()
    await walk(redis, Scripted(said({})), channel, ASK.replace("tries: 2", "tries: 2, prompt: 请稍候"))
    assert len(channel.played) == 1
    assert not channel.music


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def company(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_http_neither_follows_nor_unpacks_nor_reads_on() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/here")
        if request.path == "/packed":
            return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
        return web.Response(body=b"x" * 10 * LONGEST if request.path == "/long" else request.raw_path.encode())

    async with company(answer) as url, systems.session() as session:
        http = Http(session)
        assert (await http.ask("POST", f"{url}/moved", b"{}", {}))[0] == 302
        assert await http.ask("GET", f"{url}/packed", b"", {}) == (200, b"\x1f\x8b")
        assert await http.ask("GET", f"{url}/long", b"", {}) == (200, b"x" * (LONGEST + 1))
        assert await http.ask("GET", f"{url}/?a=b%2Fc", b"", {}) == (200, b"/?a=b%2Fc")
    for gone in (url, "http://a..b/", "http://[::1"):
        async with systems.session() as session:
            with pytest.raises(UnreachableError):
                await Http(session).ask("GET", gone, b"", {})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("http://crm.example", "ftp://crm.example"), "flow.nodes.first.url"),
        ((SECRET, "short"), "flow.nodes.first.secret"),
        (("timeout: 1", "timeout: 11"), "flow.nodes.first.timeout"),
        (("variable: level", "variable: levle"), "flow.nodes.which.variable: 'levle': no node of this flow keeps"),
        (("failed: three", "failed: four"), "flow.nodes.first.failed"),
    ],
)
def test_what_makes_no_sense_is_refused(change: tuple[str, str], sentence: str) -> None:
    reading = read("x", HOTLINE.replace("FIRST", ASK.replace(*change)))
    found = [str(problem) for problem in [*reading.problems, *check(reading)]]
    assert any(sentence in problem for problem in found)
    assert not any("'short'" in problem for problem in found)


def test_a_truth_is_the_same_in_yaml_and_json() -> None:
    node = Ask.model_validate(
        {"kind": "ask", "url": "http://x.example", "secret": SECRET, "keep": {"a": "b"}, "next": "x", "failed": "y"}
    )
    assert node.kept(b'{"b": false}') == {"a": "false"}
    [hotline] = read("x", HOTLINE.replace("FIRST", ASK.replace('"true": two', "false: two"))).located
    assert hotline.document.flow.nodes["which"].cases["false"] == "two"  # type: ignore[union-attr]
