"""An agent dials a code at its own phone: does what it asks for, and says what came of it."""

from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from agi.channel import Channel
from agi.mailbox import Mailbox
from agi.room import Room
from agi.sound import hear
from services.domain import features
from services.domain.agents import IllegalTransition
from services.domain.documents import Account, Agent
from services.domain.features import Feature
from services.domain.prompts import MANDARIN, spoken_name
from services.store import agents, audit, documents
from services.store.audit import Act
from services.store.distribution import Distribution
from services.store.due import now


@dataclass(frozen=True)
class Features:
    """The dialplan's context ``feature`` has the arguments: whose phone it is, which feature, the digit behind it."""

    redis: Redis
    sounds: Path
    recordings: Path
    room: Room

    async def __call__(self, channel: Channel) -> None:
        name, feature, digit = (channel.headers.get(f"agi_arg_{number}", "") for number in range(1, 4))
        await channel.answer()
        found = await documents.get(self.redis, Agent, name)
        if found is None:
            await self._say(channel, features.NOBODY)
            return
        distribution = self.room.distribution(found.document.account)
        if feature == Feature.VOICEMAILS:
            await Mailbox(channel, distribution, self.sounds, self.recordings, name).open()
        else:
            await self._say(channel, await self._do(distribution, name, Feature(feature), digit))

    async def _say(self, channel: Channel, sentence: str) -> None:
        await hear(channel, str(self.sounds / spoken_name(sentence, MANDARIN)))

    async def _do(self, distribution: Distribution, name: str, feature: Feature, digit: str) -> str:
        """What the agent is told."""
        standing = await agents.get(distribution, name)
        if standing is None:
            return features.NOBODY
        account = await documents.get(self.redis, Account, distribution.account)
        reasons = account.document.pause_reasons if account else {}
        decision = features.decide(feature, standing, digit, reasons, now())
        if decision.event is None:
            return decision.says
        try:
            async with audit.kept(self.redis, Act(distribution.account, name, feature, name)):
                await agents.happen(distribution, name, decision.event, now(), decision.reason)
        except IllegalTransition:  # something happened to the agent since its standing was read
            return features.NOT_NOW
        return decision.says
