"""Follows the phones of one Asterisk and has done there what others ask for."""

import asyncio

from services.ami import Link
from services.pbx.phones import Phones
from services.pbx.provisioning import Provisioning
from services.pbx.requests import Requests
from services.pbx.transfers import Transfers
from services.settings import Settings
from services.store.connection import connected
from services.store.due import Due, end, keep


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Until ``stop`` is set."""
    link = Link(settings.ami_host, settings.ami_port, settings.ami_user, settings.ami_secret.get_secret_value())
    async with connected(settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
        due, requests = Due(redis), Requests(redis, link, settings.pbx)
        Phones(redis, link, settings.pbx, due)
        Transfers(redis, link, due)
        works = [due.run, requests.run]
        if settings.asterisk_state is not None:
            provisioning = Provisioning(redis, link, settings.asterisk_state)
            works += [provisioning.listen, provisioning.follow]
        # An agent's wrap-up may begin as its phone is put down, and must end.
        tasks = [asyncio.create_task(keep(work)) for work in works]
        try:
            await link.run(stop)
        finally:
            await end(tasks)
