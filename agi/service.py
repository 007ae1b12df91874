"""Everything that one process needs to take calls."""

import asyncio
import logging
from pathlib import Path

from redis.asyncio import Redis

from agi import server, systems
from agi.answered import Answered
from agi.call import Speaker
from agi.callback_call import CallbackCall, Customer
from agi.callbacks import Callbacks
from agi.extension import Extension
from agi.features import Features
from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain import region
from services.impromptu import Impromptu
from services.prompts import Sounds
from services.settings import Settings
from services.speech import engine_of
from services.store.breaker import Breaker, client
from services.store.due import end

log = logging.getLogger(__name__)


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Takes calls until ``stop`` is set. Raises SettingsError."""
    speaker = Impromptu(Sounds(settings.sounds_dir, engine_of(settings)))
    async with client(settings.redis_url) as redis, systems.session() as session:
        room, metering = Room(redis, Breaker()), Metering(redis)
        async with room.running():
            works = [
                asyncio.create_task(Callbacks(redis, room).run(stop)),
                asyncio.create_task(metering.run()),
                # Takes some seconds, in which no caller is to wait.
                asyncio.create_task(_load_places()),
            ]
            try:
                folders, asked = (settings.sounds_dir, settings.recordings_dir), systems.Http(session)
                handlers = routes(redis, *folders, room, metering, speaker, asked)
                await server.serve(handlers, host=settings.agi_host, port=settings.agi_port, stop=stop)
            finally:
                await end(works)


async def _load_places() -> None:
    await asyncio.to_thread(region.load)
    log.info("the places of numbers are loaded")


def routes(  # noqa: PLR0913, PLR0917 - all that any of them needs
    redis: Redis,
    sounds: Path,
    recordings: Path,
    room: Room,
    metering: Metering,
    speaker: Speaker | None,
    asked: systems.Systems,
) -> server.Routes:
    """What the dialplan may ask for, by name."""
    return {
        "journey": Journey(redis, sounds, recordings, room, metering, speaker, asked),
        "answered": Answered(room),
        "feature": Features(redis, sounds, recordings, room),
        "extension": Extension(redis),
        "callback": CallbackCall(redis, sounds, room, metering),
        "customer": Customer(room),
    }
