"""What a caller meets while it waits: music, announcements, keys. All of it ends the moment an agent is reserved."""

import asyncio
import logging
from dataclasses import replace
from math import inf

from redis.exceptions import RedisError

from agi.call import Call
from agi.room import Held
from services.domain.announcements import language_of, of_position, of_wait, sayable
from services.domain.nodes.queue import Announcements, Queue
from services.domain.prompts import parts_of, spoken_name
from services.domain.spoken import AHEAD, Variable
from services.domain.waiting import Band
from services.store import queues
from services.store.due import now
from services.store.queues import Outlook

log = logging.getLogger(__name__)


class Waiting:
    """One caller at one queue node, from its entering on, whatever happens to its place meanwhile."""

    def __init__(self, call: Call, name: str, node: Queue) -> None:
        # Speaking takes a while, and may not delay an agent: here only what is prepared is said.
        self._call = replace(call, speaker=None)
        self._channel = call.channel
        self._name = name
        self._node = node
        begun = _time()
        self._until = begun + node.max_wait_seconds
        self._announce_at = begun + node.announcements.first_seconds if node.announcements else inf

    async def enter(self, held: Held) -> str | None:
        """Puts the place on record. Gives the trigger ``predicted`` when the wait is expected to be too long."""
        outlook = await self._outlook(held)
        if outlook is None:
            return None
        await self._channel.mark("QUEUED", node=self._name, group=self._node.group, position=str(outlook.position))
        limit = self._node.predicted_wait_seconds
        if limit is None or held.kept or outlook.wait is None or not outlook.trusted:
            return None
        return "predicted" if outlook.wait.middle > limit * 1000 else None

    async def until_offered(self, held: Held) -> str | None:
        """Waits for an offer. Gives the trigger that leads elsewhere instead, ``waited`` or ``keys.<key>``."""
        music = False
        while not held.woken.is_set():
            at = _time()
            if at >= self._until:
                return "waited"
            if self._call.ahead:
                key: str | None = self._call.ahead.pop(0)
            elif self._node.announcements and at >= self._announce_at:
                self._announce_at = at + self._node.announcements.every_seconds
                key = await self._announce(held, self._node.announcements)
                music = False
            else:
                if not music:
                    await self._channel.start_music()
                    music = True
                key = await self._listen(held, min(self._until, self._announce_at) - at)
            if key in self._node.keys:
                await self._call.mark_keys(self._name, key or "", "match")
                return f"keys.{key}"
        return None

    async def _listen(self, held: Held, seconds: float) -> str | None:
        if self._node.keys:
            return await self._channel.wait_key(seconds, until=held.woken)
        await self._channel.wait_for(held.woken, seconds)
        return None

    async def _announce(self, held: Held, announcements: Announcements) -> str | None:
        for sound in await self._sounds(held, announcements):
            if held.woken.is_set():
                return None
            if key := await self._call.hear(sound, "".join(self._node.keys), until=held.woken):
                return key
        return None

    async def _sounds(self, held: Held, announcements: Announcements) -> list[str]:
        language = await self._call.language()
        outlook = await self._outlook(held) if self._tells_outlook(announcements, language) else None
        position, wait = await self._told(held, announcements, outlook)
        texts: list[str] = []
        voice = self._call.hotline.voices[language]
        if grammar := language_of(voice):
            texts += [of_position(position, grammar)] if position else []
            texts += of_wait(wait, grammar) if wait else ()
        sounds = [str(self._call.sounds / spoken_name(text, voice)) for text in texts]
        if announcements.hint:
            ahead = str(outlook.position - 1) if outlook else ""
            sounds += await self._call.sounds_of(announcements.hint, **{AHEAD: ahead})
        return sounds

    def _tells_outlook(self, announcements: Announcements, language: str) -> bool:
        if announcements.position or announcements.wait:
            return True
        parts = parts_of(announcements.hint, self._call.hotline, language) if announcements.hint else ()
        return any(isinstance(part, Variable) and part.name == AHEAD for part in parts)

    async def _told(
        self, held: Held, announcements: Announcements, outlook: Outlook | None
    ) -> tuple[int | None, Band | None]:
        """Position and waiting time, each if it is to be said; put on record."""
        if outlook is None:
            return None, None
        position = outlook.position if announcements.position else None
        wait = sayable(outlook.wait) if announcements.wait and outlook.wait else None
        if wait is not None:
            await self._score(held, wait)
        if not outlook.trusted:
            wait = None
        said = {"position": str(position)} if position else {}
        said |= {"least": str(wait.least), "most": str(wait.most)} if wait else {}
        if said:
            await self._channel.mark("ANNOUNCE", node=self._name, **said)
        return position, wait

    async def _outlook(self, held: Held) -> Outlook | None:
        """None also when Redis cannot be asked: the caller waits on and is told nothing."""
        try:
            return await queues.outlook(held.distribution, held.call, now())
        except RedisError as error:
            log.warning("a caller's place is not known: %r", error)
            return None

    async def _score(self, held: Held, wait: Band) -> None:
        try:
            await queues.announce(held.distribution, held.call, wait, now())
        except RedisError as error:
            log.warning("an announcement will not be scored: %r", error)


def _time() -> float:
    return asyncio.get_running_loop().time()
