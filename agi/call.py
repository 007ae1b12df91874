"""What a node needs to know of the call that it handles."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis

from agi.channel import PLAY_DEADLINE, Channel, RefusedError
from agi.counting import Counted
from agi.meter import Meter
from agi.room import Room
from services.domain.documents import Hotline
from services.domain.nodes.base import Prompt
from services.domain.numbers import as_dialled
from services.domain.prompts import sound_name
from services.store.distribution import Distribution

KEYS = "0123456789*#"

CAUSE = "CAUSE"
"""Channel variable: the Q.850 cause with which the dialplan hangs up."""

VARIABLE = "FLOW_"
"""Begins the channel variables that a flow sets: none of them is one of ours, or Asterisk's."""

JOINED = "QUEUE_JOINED"
"""Channel variable: when the age of the call began in the queue that it came from, milliseconds since 1970."""

PRIORITY = "QUEUE_PRIORITY"
"""Channel variable: the priority that it had there."""


@dataclass(frozen=True)
class Call:
    channel: Channel
    redis: Redis
    sounds: Path
    """Folder of prepared sounds, as Asterisk sees it."""
    recordings: Path
    """Folder of what callers say, as Asterisk sees it."""
    hotline: Hotline
    room: Room
    counted: Counted
    meter: Meter | None = None
    """None: what the call costs is not limited."""

    @property
    def id(self) -> str:
        return self.channel.headers["agi_uniqueid"]

    @property
    def pbx(self) -> str:
        """The Asterisk host, which begins the ids of its calls."""
        return self.id.partition("-")[0]

    @property
    def caller(self) -> str:
        """The caller's number; empty when withheld."""
        number = self.channel.headers.get("agi_callerid", "")
        return "" if number == "unknown" else number

    @property
    def number(self) -> str:
        """The caller's number in one form, in whichever its operator has sent it; empty when withheld."""
        return as_dialled(self.caller)

    @property
    def distribution(self) -> Distribution:
        return self.room.distribution(self.hotline.account)

    @property
    def trunk(self) -> str:
        """The trunk that the call came over, and that bound numbers are dialled over."""
        return self.channel.headers["agi_arg_1"]

    async def keep(self, name: str, value: str) -> None:
        """Under a name of the flow's own, also for a session that takes the call over."""
        await self.channel.set_variable(VARIABLE + name, value)

    async def kept(self, name: str) -> str:
        """Empty when there is none."""
        return await self.channel.get_variable(VARIABLE + name) or ""

    async def play(self, prompt: Prompt) -> str | None:
        """Play to the end or to the first key, which is returned."""
        return await self.channel.play(self.sound(prompt), interrupt=KEYS)

    async def tell(self, sound: str) -> None:
        """Play a sound below the folder to its end; to a caller who is not answered, as early media, free of charge.

        One that nobody has prepared is passed over.
        """
        await self.channel.execute("Progress")
        with contextlib.suppress(RefusedError):
            await self.channel.execute("Playback", str(self.sounds / sound), "noanswer", deadline=PLAY_DEADLINE)

    def sound(self, prompt: Prompt) -> str:
        """The prepared sound, as Asterisk is told of it."""
        return str(self.sounds / sound_name(prompt, self.hotline))
