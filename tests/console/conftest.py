"""The console alone, over a real Redis and an archive in SQLite; and a whole installation with a browser."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest
from aiohttp import web
from playwright.async_api import Browser, async_playwright
from pydantic import SecretStr
from redis.asyncio import Redis
from ruamel.yaml import YAML
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.database import opened, prepare
from services.cli.files import documents_in
from services.console import news
from services.console.app import create_app
from services.console.context import Parts
from services.settings import Settings
from services.store import documents, people, staff
from tests.harness import redis_server, traffic
from tests.harness.browser import CHROMIUM, FLAGS
from tests.harness.company import COMPANY, had_calls
from tests.harness.company import PEOPLE as COMPANYS_PEOPLE
from tests.harness.console import HASH, Visit, add_people, visiting
from tests.harness.node import DEMO, PHONES, Node, running
from tests.harness.state import STATE

DOCUMENTS = Path(__file__).parent / "documents"
COMPANY_DAYS = 5
STANDSTILL_SECONDS = 3600.0
"""The loop of consoles that many tests share stands still while others run: Redis is there all the same."""


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
    async with alone(
        tmp_path_factory.mktemp("console"), "demo", dict(zip(PHONES, PHONES, strict=True)), [DEMO, DOCUMENTS]
    ) as console:
        await add_people(console.redis)
        yield console


@pytest.fixture(scope="session")
async def company(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """The company of ``make run``, with calls of some days in its archive. Its people are ``tests.run.PEOPLE``."""
    folder = tmp_path_factory.mktemp("company")
    async with alone(folder, traffic.ACCOUNT, traffic.AGENTS, [COMPANY]) as console:
        for person in COMPANYS_PEOPLE:
            await people.add(console.redis, person, HASH)
        await had_calls(console.redis, console.archive, folder, COMPANY_DAYS)
        yield console


@asynccontextmanager
async def alone(folder: Path, account: str, phones: Mapping[str, str], files: Sequence[Path]) -> AsyncIterator[Console]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(redis_server.running())
        redis = await stack.enter_async_context(Redis.from_url(server.url))
        settings = Settings(
            redis_url=server.url,
            archive_url=SecretStr(f"sqlite:///{folder / 'archive.db'}"),
            assets_dir=STATE / "web",
            recordings_dir=folder / "recordings",
            sounds_dir=folder / "sounds",
            console_proxies=frozenset({"127.0.0.1"}),
        )
        archive = await stack.enter_async_context(opened(settings.archive_url.get_secret_value()))
        await prepare(archive)
        await _apply(redis, [*files, _phones(folder / "phones.yaml", account, phones)])
        with patch.object(news, "SILENCE_SECONDS", STANDSTILL_SECONDS):
            url = await stack.enter_async_context(serving(Parts(redis, archive, settings)))
        yield Console(url, redis, archive, settings)


@asynccontextmanager
async def serving(parts: Parts) -> AsyncIterator[str]:
    """The console's address."""
    runner = web.AppRunner(create_app(parts))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _phones(path: Path, account: str, phones: Mapping[str, str]) -> Path:
    agents = [
        {"kind": "agent", "id": agent, "account": account, "name": name, "sip": {"password": f"password-of-{agent}"}}
        for agent, name in phones.items()
    ]
    YAML(typ="safe").dump_all(agents, path)
    return path


async def _apply(redis: Redis, files: Sequence[Path]) -> None:
    found = await asyncio.to_thread(documents_in, [*files])
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
