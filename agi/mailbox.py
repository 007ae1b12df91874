"""An agent hears, at its own phone, what callers left for its groups: docs/agents.md."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agi.channel import Channel, RefusedError
from agi.sound import hear
from services import recordings
from services.domain import mailbox
from services.domain.prompts import MANDARIN, spoken_name
from services.domain.voicemail import Voicemail
from services.store import agents, audit, voicemails
from services.store.audit import Act
from services.store.distribution import Distribution
from services.store.due import now

KEYS = mailbox.AGAIN + mailbox.NEXT + mailbox.DELETE
KEY_SECONDS = 5
TRIES = 3
"""How often the keys are told to an agent who presses none; then nobody is taken to be there."""

log = logging.getLogger(__name__)


class _NobodyThere(Exception):  # noqa: N818 - no error
    pass


@dataclass(frozen=True)
class Mailbox:
    """Of one agent, while it is on the phone. All raise what the channel and Redis raise."""

    channel: Channel
    distribution: Distribution
    sounds: Path
    recordings: Path
    agent: str

    async def open(self) -> None:
        found = await self._news()
        await self._say(mailbox.news(len(found)))
        try:
            for voicemail in found:
                await self._present(voicemail)
        except _NobodyThere:
            return
        if found:
            await self._say([mailbox.OVER])

    async def _news(self) -> list[Voicemail]:
        """Of all groups, oldest first."""
        redis, account = self.distribution.redis, self.distribution.account
        found = [
            voicemail
            for group in await agents.groups(self.distribution, self.agent)
            for voicemail in await voicemails.unheard(redis, account, group)
        ]
        return sorted(found, key=lambda voicemail: voicemail.at)

    async def _present(self, voicemail: Voicemail) -> None:
        """Until the agent wants the next one."""
        key: str | None = mailbox.AGAIN
        while key != mailbox.NEXT:
            if key == mailbox.AGAIN:
                key = await self._say(mailbox.about(voicemail, now())) or await self._play(voicemail)
            elif key == mailbox.DELETE:
                if await self._asked(mailbox.SURE) == mailbox.DELETE:
                    await self._delete(voicemail)
                    return
                key = await self._say([mailbox.KEPT])
            else:
                key = await self._asked(mailbox.HELP)

    async def _play(self, voicemail: Voicemail) -> str | None:
        """It is heard when it was played to its end, or to a key; not when the agent hung up before."""
        path = self.recordings / voicemail.file
        try:
            key = await self.channel.play(str(path.with_suffix("")), interrupt=KEYS)
        except RefusedError:
            log.warning("voicemail %s of %s is not at %s", voicemail.id, voicemail.pbx, path)
            return await self._say([mailbox.ELSEWHERE])
        await voicemails.heard(self.distribution.redis, self.distribution.account, voicemail.id, self.agent, now())
        return key

    async def _delete(self, voicemail: Voicemail) -> None:
        act = Act(voicemail.account, self.agent, "delete_voicemail", voicemail.call)
        async with audit.kept(self.distribution.redis, act):
            await voicemails.delete(self.distribution.redis, voicemail.account, [voicemail.id], now())
            await asyncio.to_thread(recordings.delete, self.recordings, [voicemail.file])
        await self._say([mailbox.DELETED])

    async def _asked(self, question: str) -> str:
        for _ in range(TRIES):
            key = await self._say([question]) or await self.channel.wait_key(KEY_SECONDS)
            if key is not None and key in KEYS:
                return key
        raise _NobodyThere

    async def _say(self, pieces: Iterable[str]) -> str | None:
        """To the end or to the first key, which is returned."""
        for piece in pieces:
            if key := await hear(self.channel, str(self.sounds / spoken_name(piece, MANDARIN)), KEYS):
                return key
        return None
