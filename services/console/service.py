"""One of any number of processes that serve the console."""

import asyncio

from aiohttp import web

from services.archive.database import opened
from services.console.app import create_app
from services.console.context import Parts
from services.settings import Settings
from services.store.connection import connected

REDIS_SECONDS = 5.0
STOP_SECONDS = 5.0


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Raises SettingsError and OSError."""
    client = connected(settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
    async with opened(settings.archive_url.get_secret_value()) as archive, client as redis:
        runner = web.AppRunner(
            create_app(Parts(redis, archive, settings)), access_log=None, shutdown_timeout=STOP_SECONDS
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.console_host, settings.console_port).start()
            await stop.wait()
        finally:
            await runner.cleanup()
