"""What a caller meets while it waits: music, announcements, keys. All of it ends the moment an agent is reserved."""

import asyncio
import logging
from math import inf

from redis.exceptions import RedisError

from agi.call import Call
from agi.channel import RefusedError
from agi.room import Held
from services.domain.announcements import language_of, of_position, of_wait, sayable
from services.domain.nodes.base import Prompt
from services.domain.nodes.queue import Announcements, Queue
from services.domain.waiting import Band
from services.store import queues
from services.store.due import now
from services.store.queues import Outlook

log = logging.getLogger(__name__)


class Waiting:
    """One caller at one queue node, from its entering on, whatever happens to its place meanwhile."""

    def __init__(self, call: Call, name: str, node: Queue) -> None:
        self._call = call
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
            if self._node.announcements and at >= self._announce_at:
                self._announce_at = at + self._node.announcements.every_seconds
                key = await self._announce(held, self._node.announcements)
                music = False
            else:
                if not music:
                    await self._channel.start_music()
                    music = True
                key = await self._listen(held, min(self._until, self._announce_at) - at)
            if key in self._node.keys:
                await self._channel.mark("KEYS", node=self._name, keys=key or "", outcome="match")
                return f"keys.{key}"
        return None

    async def _listen(self, held: Held, seconds: float) -> str | None:
        if self._node.keys:
            return await self._channel.wait_key(seconds, until=held.woken)
        await self._channel.wait_for(held.woken, seconds)
        return None

    async def _announce(self, held: Held, announcements: Announcements) -> str | None:
        for prompt in await self._prompts(held, announcements):
            if held.woken.is_set():
                return None
            try:
                key = await self._channel.play(self._call.sound(prompt), "".join(self._node.keys), until=held.woken)
            except RefusedError as error:
                log.warning("an announcement is not heard: %s", error)
                continue
            if key is not None:
                return key
        return None

    async def _prompts(self, held: Held, announcements: Announcements) -> list[Prompt]:
        position, wait = await self._told(held, announcements)
        prompts: list[Prompt] = []
        if language := language_of(self._call.hotline.voice):
            prompts += [of_position(position, language)] if position else []
            prompts += of_wait(wait, language) if wait else ()
        return [*prompts, announcements.hint] if announcements.hint else prompts

    async def _told(self, held: Held, announcements: Announcements) -> tuple[int | None, Band | None]:
        """Position and waiting time, each if it is to be said; put on record."""
        if not (announcements.position or announcements.wait) or (outlook := await self._outlook(held)) is None:
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
