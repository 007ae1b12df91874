"""Follows the phones of one Asterisk and has done there what others ask for."""

import asyncio

from redis.asyncio import Redis

from services.ami import Link
from services.pbx.phones import Phones
from services.pbx.requests import Requests
from services.settings import Settings
from services.store.due import keep


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until ``stop`` is set."""
    link = Link(settings.ami_host, settings.ami_port, settings.ami_user, settings.ami_secret.get_secret_value())
    async with Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
        phones, requests = Phones(redis, link, settings.pbx), Requests(redis, link, settings.pbx)
        tasks = [asyncio.create_task(work) for work in (phones.let_time_pass(), keep(requests.run))]
        try:
            await link.run(stop)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
