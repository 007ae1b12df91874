"""Sounds that are played whatever becomes of them: no caller is lost for one that is missing."""

import asyncio
import logging

from agi.channel import Channel, RefusedError

log = logging.getLogger(__name__)


async def hear(channel: Channel, sound: str, keys: str = "", until: asyncio.Event | None = None) -> str | None:
    """As ``Channel.play``; a sound that cannot be played is over at once, and a line in the log."""
    try:
        return await channel.play(sound, keys, until)
    except RefusedError as error:
        log.warning("not heard, apply its document again: %s", error)
        return None
