"""A company's program that takes messages over HTTP, and answers as a test says."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "a-secret-for-tests-only"


@dataclass
class Receiver:
    """``answers``: status and headers, one for each request in turn; when they are used up, 200."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    hangs: bool = False
    """Takes requests and answers none, until it is let go."""
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    messages: list[dict[str, Any]] = field(default_factory=list)
    """Of every request, also of those that were refused."""
    url: str = ""

    @property
    def ids(self) -> list[str]:
        return [message["id"] for message in self.messages]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        message = json.loads(body)
        assert request.headers["X-Hotline-Id"] == message["id"]
        time, signature = request.headers["X-Hotline-Signature"].removeprefix("t=").split(",v1=")
        signed = hmac.new(SECRET.encode(), time.encode() + b"." + body, hashlib.sha256).hexdigest()
        assert signature == signed
        self.messages.append(message)
        if self.hangs:
            await self.let_go.wait()
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving(
    answers: Iterable[tuple[int, dict[str, str]]] = (), *, hangs: bool = False
) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers), hangs)
    app = web.Application()
    app.router.add_post("/hook", receiver._take)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver
    finally:
        receiver.let_go.set()
        await runner.cleanup()
