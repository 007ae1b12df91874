"""Everything that one process needs to take calls."""

import asyncio

from agi import server
from agi.answered import Answered
from agi.callback_call import CallbackCall, Customer
from agi.callbacks import Callbacks
from agi.extension import Extension
from agi.features import Features
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain import region
from services.settings import Settings
from services.store.breaker import Breaker, client
from services.store.due import end


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Takes calls until ``stop`` is set."""
    async with client(settings.redis_url) as redis:
        room, metering = Room(redis, Breaker()), Metering(redis)
        routes: server.Routes = {
            "journey": Journey(redis, settings.sounds_dir, settings.recordings_dir, room, metering),
            "answered": Answered(room),
            "feature": Features(redis, settings.sounds_dir, settings.recordings_dir, room),
            "extension": Extension(redis),
            "callback": CallbackCall(redis, settings.sounds_dir, room, metering),
            "customer": Customer(room),
        }
        async with room.running():
            works = [
                asyncio.create_task(Callbacks(redis, room).run(stop)),
                asyncio.create_task(metering.run()),
                # Takes some seconds, in which no caller is to wait.
                asyncio.create_task(asyncio.to_thread(region.load)),
            ]
            try:
                await server.serve(routes, host=settings.agi_host, port=settings.agi_port, stop=stop)
            finally:
                await end(works)
