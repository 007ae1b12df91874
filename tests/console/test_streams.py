"""Many who look, some of whom read nothing; and a Redis that goes away meanwhile. A console of its own."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from redis.asyncio import Redis

from services.archive.database import opened
from services.console import streams
from services.console.app import create_app
from services.console.context import Parts
from services.domain.documents import Account
from services.domain.people import Token
from services.domain.rights import Right
from services.settings import Settings
from services.store import agents, documents, people, queues
from services.store.distribution import Distribution
from services.store.due import end, now
from tests.harness.console import add_people, visiting
from tests.harness.redis_server import RedisServer
from tests.harness.state import STATE
from tests.harness.waiting import until
from tests.store.shop import agent, group

AGENTS, CLIENTS, DEAF = 100, 200, 40


@dataclass(frozen=True)
class Alone:
    runner: web.AppRunner
    port: int
    redis: Redis

    @property
    def most_buffered(self) -> int:
        """Bytes, for any one client."""
        connections = self.runner.server.connections if self.runner.server else []
        return max([one.transport.get_write_buffer_size() for one in connections if one.transport], default=0)


@pytest.fixture
async def alone(server: RedisServer, redis: Redis, tmp_path: Path) -> AsyncIterator[Alone]:
    settings = Settings(redis_url=server.url, assets_dir=STATE / "web")
    async with opened(f"sqlite:///{tmp_path / 'archive.db'}") as archive, Redis.from_url(server.url) as own:
        runner = web.AppRunner(create_app(Parts(own, archive, settings)), shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield Alone(runner, runner.addresses[0][1], redis)
        finally:
            await runner.cleanup()


async def a_shop(redis: Redis, members: int) -> Distribution:
    document = Account.model_validate({"kind": "account", "id": "demo", "name": "x", "tariff": "t"})
    await documents.apply(redis, [document])
    desk = Distribution(redis, "demo")
    names = [f"agent-{number}" for number in range(members)]
    for name in names:
        await agents.put(desk, agent(name, account="demo"), now())
    await queues.put(desk, group(account="demo", members=names[:50]), now())
    return desk


@dataclass
class Client:
    reader: asyncio.StreamReader
    waiting: int = -1
    """Callers, as last seen."""

    async def read(self) -> None:
        while line := await self.reader.readline():
            if found := re.search(rb'"waiting":(\d+)', line):  # the first is that of the whole
                self.waiting = int(found[1])


@asynccontextmanager
async def listening(port: int, token: str) -> AsyncIterator[Client]:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)  # noqa: FBT003
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=100_000)
    try:
        path = "/api/v1/accounts/demo/live/events"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        assert b"200" in await reader.readline()
        yield Client(reader)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def tokens(redis: Redis, count: int) -> list[str]:
    made: dict[str, Any] = {"account": "demo", "scopes": frozenset({Right.SEE_LIVE}), "by": "boss", "created": 0}
    return [await people.add_token(redis, Token(id=f"t{number}", name="x", **made)) for number in range(count)]


async def test_two_hundred_look_and_some_never_read(alone: Alone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLOW_SECONDS", 1.0)
    desk = await a_shop(alone.redis, AGENTS)
    shown = await tokens(alone.redis, CLIENTS // 10)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(listening(alone.port, shown[number // 10])) for number in range(CLIENTS)
        ]
        deaf, others = clients[:DEAF], clients[DEAF:]
        reading = [asyncio.create_task(client.read()) for client in others]
        stack.push_async_callback(end, reading)
        joined, buffered = 0, 0

        async def the_deaf_are_cut_off() -> bool:
            nonlocal joined, buffered
            joined += 1
            await queues.join(desk, f"c{joined}", "sales", now(), process="p")
            await asyncio.sleep(0.1)  # else it would be one change
            buffered = max(buffered, alone.most_buffered)
            return alone.runner.app[streams.STREAMS].count <= len(others)

        await until(the_deaf_are_cut_off, "who reads nothing to be cut off", 90)
        assert buffered < 1_000_000, "bytes for one client"

        async def all_others_see_it() -> bool:
            return {client.waiting for client in others} == {joined}

        await until(all_others_see_it, "everybody else to see the newest", 30)
        assert all(client.waiting == -1 for client in deaf)


async def test_a_page_says_that_redis_is_away_and_goes_on(alone: Alone, server: RedisServer) -> None:
    await a_shop(alone.redis, 2)
    await add_people(alone.redis)
    seen: dict[str, str] = {}

    async with (
        visiting(f"http://127.0.0.1:{alone.port}", "super@demo") as visit,
        visit.session.get("/accounts/demo/live/events") as response,
    ):
        following = asyncio.create_task(follow(response, seen))
        try:
            await sees(seen, "figures", "Waiting")
            await server.kill()
            await sees(seen, "stopped", "Redis does not answer")
            page = await visit.get("/accounts/demo/live")
            assert (page.status, "Redis" in page.text) == (503, True)
            await server.start()
            await sees(seen, "stopped", "", missing="Redis")
            async with Redis.from_url(server.url) as redis:
                await queues.join(Distribution(redis, "demo"), "c1", "sales", now(), process="p", region="四川成都")
            await sees(seen, "callers", "四川成都")
        finally:
            await end([following])


async def follow(response: aiohttp.ClientResponse, seen: dict[str, str]) -> None:
    """Keeps the newest of each event."""
    name = ""
    async for line in response.content:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name, seen[value] = value, ""
        elif field == "data":
            seen[name] += value


async def sees(seen: dict[str, str], event: str, text: str, missing: str | None = None) -> None:
    async def is_seen() -> bool:
        found = seen.get(event, "-")
        return text in found and (missing is None or missing not in found)

    await until(is_seen, f"{text!r} in {event}", 20)
