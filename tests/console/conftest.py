"""The console alone, over a real Redis and an archive in SQLite; and a whole installation with a browser."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, async_playwright
from pydantic import SecretStr
from redis.asyncio import Redis
from ruamel.yaml import YAML
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.database import opened, prepare
from services.cli.files import documents_in
from services.console.app import create_app
from services.console.context import Parts
from services.settings import Settings
from services.store import documents, staff
from tests.harness import redis_server
from tests.harness.browser import CHROMIUM, FLAGS
from tests.harness.console import ACCOUNT, Visit, add_people, visiting
from tests.harness.node import DEMO, PHONES, Node, running
from tests.harness.state import STATE

DOCUMENTS = Path(__file__).parent / "documents"


@dataclass(frozen=True)
class Console:
    url: str
    redis: Redis
    archive: AsyncEngine
    settings: Settings

    def visiting(self, login: str | None = None) -> AbstractAsyncContextManager[Visit]:
        return visiting(self.url, login)


@pytest.fixture(scope="session")
async def console(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """Without Asterisk: the demo's documents, another account ``other``, and the people of both."""
    folder = tmp_path_factory.mktemp("console")
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(redis_server.running())
        redis = await stack.enter_async_context(Redis.from_url(server.url))
        settings = Settings(
            redis_url=server.url,
            archive_url=SecretStr(f"sqlite:///{folder / 'archive.db'}"),
            assets_dir=STATE / "web",
            recordings_dir=folder / "recordings",
            sounds_dir=folder / "sounds",
        )
        archive = await stack.enter_async_context(opened(settings.archive_url.get_secret_value()))
        await prepare(archive)
        await _apply(redis, folder)
        await add_people(redis)
        runner = web.AppRunner(create_app(Parts(redis, archive, settings)))
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Console(f"http://127.0.0.1:{runner.addresses[0][1]}", redis, archive, settings)


async def _apply(redis: Redis, folder: Path) -> None:
    phones = [
        {"kind": "agent", "id": name, "account": ACCOUNT, "name": name, "sip": {"password": f"password-of-{name}"}}
        for name in PHONES
    ]
    YAML(typ="safe").dump_all(phones, folder / "phones.yaml")
    found = await asyncio.to_thread(documents_in, [DEMO, DOCUMENTS, folder / "phones.yaml"])
    every = [document for _, document in found]
    await documents.apply(redis, every)
    await staff.put(redis, every)


@pytest.fixture(scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """Asterisk and all services, the archive and the console among them."""
    async with running(Node(tmp_path_factory.mktemp("office"), documents=[DEMO, DOCUMENTS])) as node:
        await add_people(node.redis)
        await node.start_back_office()
        yield node


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A new context of it is a new person at a new machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()
