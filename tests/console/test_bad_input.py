"""What a page or the API does with what no browser sends: it says so, and goes on."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from services.archive.database import opened
from services.console.context import Parts
from services.console.problems import ProblemBody
from services.console.route import Kind
from services.console.routes import ROUTES
from tests.console.conftest import Console, serving
from tests.console.test_access import GUARDED, path_of
from tests.harness import redis_server
from tests.harness.console import ACCOUNT, add_people, visiting
from tests.harness.redis_server import RedisServer

PEOPLE = "/api/v1/accounts/demo/people"
PART = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n%b\r\n\r\nz\r\n--x--\r\n'
SENT = [
    ("application/x-www-form-urlencoded", b"csrf=%ED%A0%80&name=%00&login=%FF"),
    ("application/x-www-form-urlencoded; charset=none-such", b"csrf=x"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"csrf=x&a"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=csrf\r\n"),
    ("multipart/form-data; boundary=x", b"--y\r\n\r\nz"),
    (
        "multipart/form-data; boundary=x",
        PART % b"Content-Type: text/plain; charset=none-such",
    ),
    (
        "multipart/form-data; boundary=x",
        PART % b"Content-Transfer-Encoding: none-such",
    ),
    ("text/\xff", b"csrf=x"),
]


async def raw(console: Console, lines: list[bytes], body: bytes = b"") -> bytes:
    """An answer's head and what of its body comes at once, to a request as it stands."""
    at = urlsplit(console.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        head = [*lines, b"Host: x", b"Connection: close", b"Content-Length: %d" % len(body)]
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(("media", "body"), SENT, ids=range(len(SENT)))
async def test_a_form_that_cannot_be_read_is_told(console: Console, media: str, body: bytes) -> None:
    async with console.visiting("root") as visit:
        [cookie] = [f"{one.key}={one.value}" for one in visit.session.cookie_jar if one.key == "hotline"]
        for path in ("/login", "/me", "/accounts/demo/people", "/accounts/demo/money/top-up"):
            lines = [
                f"POST {path} HTTP/1.1".encode(),
                f"Cookie: {cookie}".encode(),
                f"Content-Type: {media}".encode("latin1"),
            ]
            answer = await raw(console, lines, body)
            assert status(answer) in {400, 403, 415, 422}, answer[:300]


async def test_a_nul_is_in_no_field(console: Console) -> None:
    """Neither databases nor file names take it."""
    async with console.visiting("root") as visit:
        for route in ROUTES:
            names = getattr(route.hints.get("query"), "model_fields", {})
            if names:
                answer = await visit.get(path_of(route, ACCOUNT), params=dict.fromkeys(names, "a\0b"))
                assert answer.status in {401, 404, 422}, (route.path, answer.status)
        for route in GUARDED:
            names = getattr(route.hints.get("body"), "model_fields", {})
            if names and route.kind is Kind.API:
                answer = await visit.api(route.method, path_of(route, ACCOUNT), dict.fromkeys(names, "a\0b"))
                assert answer.status in {404, 422}, (route.path, answer.status)
            elif route.method == "POST" and route.kind is Kind.PAGE:
                answer = await visit.form(path_of(route, ACCOUNT), dict.fromkeys(names or ["a"], "a\0b"))
                assert 400 <= answer.status < 500 or not names, (route.path, answer.status)
        assert (await visit.api("GET", f"{PEOPLE}/%00")).status == 422


async def test_a_backslash_and_some_letters_are_a_name(console: Console) -> None:
    said = '{"name": "\\\\u0000", "role": "auditor", "login": "backslash"}'
    async with console.visiting("root") as visit:
        headers = {"X-CSRF-Token": visit.csrf, "Content-Type": "application/json"}
        assert (await visit.ask("POST", PEOPLE, data=said, headers=headers)).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "\\ud800"}',
        b"{\xff}",
        b"",
        b"[" * 100_000,
        b'{"a":' * 10_000,
        b"1e999999",
        b"NaN",
        b"\xef\xbb\xbf{}",
        b'{"days":' + b"9" * 100_000 + b"}",
    ],
    ids=range(9),
)
async def test_json_that_is_none_is_told(console: Console, body: bytes) -> None:
    async with console.visiting("root") as visit:
        for method, path in (("POST", PEOPLE), ("PUT", "/api/v1/me"), ("POST", "/api/v1/tokens")):
            headers = {"X-CSRF-Token": visit.csrf, "Content-Type": "application/json"}
            answer = await visit.ask(method, path, data=body, headers=headers)
            assert ProblemBody.model_validate_json(answer.text).status == answer.status == 422


async def test_what_is_too_large_is_refused_before_it_is_read(console: Console) -> None:
    large = b"a" * 10_000_000
    async with console.visiting("root") as visit:
        for path in ("/login", "/me", "/accounts/demo/people"):
            answer = await visit.ask("POST", path, data=io.BytesIO(b"name=" + large), allow_redirects=False)
            assert answer.status == 413
        headers = {"X-CSRF-Token": visit.csrf, "Content-Type": "application/json"}
        answer = await visit.ask("POST", PEOPLE, data=io.BytesIO(large), headers=headers)
        assert ProblemBody.model_validate_json(answer.text).id == "too_large"
    chunked = await raw_chunked(console)
    assert status(chunked) in {400, 413}


async def raw_chunked(console: Console) -> bytes:
    at = urlsplit(console.url)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        writer.write(
            b"POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        )
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize(
    "line",
    [
        b"GET /login?next=" + b"a" * 20_000 + b" HTTP/1.1",
        b"GET /" + b"a/" * 3000 + b" HTTP/1.1",
        b"GET /accounts/\xff\xfe/people HTTP/1.1",
        b"GET /api/v1/accounts/%ED%A0%80/people HTTP/1.1",
        b"GET /api/v1/accounts/%FF/people?a=%FF HTTP/1.1",
        b"GET /assets/..%2f..%2fpyproject.toml HTTP/1.1",
        b"GET /assets/%00 HTTP/1.1",
        b"GET //evil.example/%2e%2e HTTP/1.1",
        b"FETCH /login HTTP/1.1",
    ],
    ids=range(9),
)
async def test_a_line_that_nobody_sends_is_refused(console: Console, line: bytes) -> None:
    async with console.visiting("root") as visit:
        [cookie] = [f"{one.key}={one.value}" for one in visit.session.cookie_jar if one.key == "hotline"]
        for more in ([], [f"Cookie: {cookie}".encode()]):
            answer = await raw(console, [line, *more])
            assert 300 <= status(answer) < 500, answer[:300]


@pytest.mark.parametrize(
    "header",
    [
        b"Cookie: hotline=\xff\xfe",
        b"Cookie: hotline=" + b"a" * 4000,
        b"Cookie: language=\xff",
        b"Authorization: Bearer \xff",
        b"Authorization: Basic cm9vdDp4",
        b"Accept-Language: \xff",
        b"X-CSRF-Token: \xff",
        b"Idempotency-Key: \xff",
        b"X-Forwarded-For: \xff",
        b"Content-Type: \xff",
        b"Sec-Fetch-Site: \xff",
        b"HX-Request: \xff",
    ],
    ids=lambda header: header[:24].decode("latin1"),
)
async def test_a_header_that_nobody_sends_does_no_harm(console: Console, header: bytes) -> None:
    for line, body in (
        (b"GET /login", b""),
        (b"POST /login", b"login=root&password=x"),
        (b"GET /api/v1/me", b""),
        (b"POST " + PEOPLE.encode(), b"{}"),
    ):
        answer = await raw(console, [line + b" HTTP/1.1", header], body)
        assert status(answer) < 500, answer[:300]
    async with console.visiting("root") as visit:
        [cookie] = [f"{one.key}={one.value}" for one in visit.session.cookie_jar if one.key == "hotline"]
        known = [f"Cookie: {cookie}".encode(), f"X-CSRF-Token: {visit.csrf}".encode()]
        for line in (b"POST " + PEOPLE.encode(), b"GET /me", b"POST /me"):
            answer = await raw(console, [line + b" HTTP/1.1", *known, header], b"{}")
            assert status(answer) < 500, answer[:300]


@pytest.fixture
async def ours(console: Console) -> AsyncIterator[tuple[Console, RedisServer]]:
    """With a Redis that may be stopped."""
    async with redis_server.running() as server, Redis.from_url(server.url) as redis:
        await add_people(redis)
        async with serving(Parts(redis, console.archive, console.settings)) as url:
            yield Console(url, redis, console.archive, console.settings), server


async def test_without_redis_a_page_says_so_and_is_there_again_with_it(ours: tuple[Console, RedisServer]) -> None:
    console, server = ours
    async with console.visiting("boss@demo") as visit, console.visiting() as new:
        await server.stop()
        for path in ("/me", "/accounts/demo/people", "/accounts/demo/money", "/accounts/demo/audit"):
            page = await visit.get(path)
            assert (page.status, "Redis 没有响应" in page.text) == (503, True), path
        answer = await visit.api("GET", PEOPLE)
        assert ProblemBody.model_validate_json(answer.text).id == "away"
        assert (await new.log_in("boss@demo")).status == 503
        assert (await new.get("/login")).status == 200
        assert (await new.get("/assets/base.css")).status == 200
        await server.start()
        assert (await visit.get("/me")).status == 200


async def test_without_the_archive_what_needs_none_is_there(console: Console, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        archive = await stack.enter_async_context(opened(f"sqlite:///{tmp_path / 'nowhere' / 'archive.db'}"))
        url = await stack.enter_async_context(serving(Parts(console.redis, archive, console.settings)))
        visit = await stack.enter_async_context(visiting(url, "boss@demo"))
        for path in ("/accounts/demo/people", "/accounts/demo/money", "/accounts/demo/audit"):
            assert (await visit.get(path)).status == 200, path
        for path in ("/accounts/demo/calls", "/accounts/demo/analysis", "/accounts/demo/calls/missed"):
            page = await visit.get(path, follow=True)
            assert (page.status, "通话档案库没有响应" in page.text) == (503, True), path
