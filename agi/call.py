"""What a node needs to know of the call that it handles, and how it speaks to the caller."""

import asyncio
import contextlib
import logging
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from redis.asyncio import Redis

from agi.channel import PLAY_DEADLINE, Channel, RefusedError
from agi.counting import Counted
from agi.meter import Meter
from agi.room import Room
from agi.sound import hear
from agi.systems import Nobody, Systems
from services.domain.card import Mark, Pressed
from services.domain.documents import Hotline
from services.domain.nodes.base import Prompt
from services.domain.numbers import as_dialled
from services.domain.prompts import parts_of, value_of
from services.domain.region import place_of
from services.domain.spoken import CALLER, Variable
from services.store.distribution import Distribution

KEYS = "0123456789*#"

CAUSE = "CAUSE"
"""Channel variable: the Q.850 cause with which the dialplan hangs up."""

VARIABLE = "FLOW_"
"""Begins the channel variables that a flow sets: none of them is one of ours, or Asterisk's."""

LANGUAGE = "SPOKEN_LANGUAGE"
"""Channel variable: the language that the caller has chosen, one of its hotline's."""

JOINED = "QUEUE_JOINED"
"""Channel variable: when the age of the call began in the queue that it came from, milliseconds since 1970."""

PRIORITY = "QUEUE_PRIORITY"
"""Channel variable: the priority that it had there."""


log = logging.getLogger(__name__)


class Speaker(Protocol):
    """Speaks what is known only now."""

    async def sound(self, text: str, voice: str) -> str | None:
        """Name of its sound below the folder of sounds; None when there is none in time."""


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
    systems: Systems = field(default_factory=Nobody)
    """Companies' own, that a flow may ask."""
    meter: Meter | None = None
    """None: what the call costs is not limited."""
    speaker: Speaker | None = None
    """None: values of variables are left out that no sound was prepared for."""
    ahead: list[str] = field(default_factory=list)
    """Keys pressed while nothing asked for one: the next node that does has them."""
    pressed: list[Pressed] = field(default_factory=list)
    """At all nodes, as they are shown; a session that takes the call over knows of those since."""
    marks: list[Mark] = field(default_factory=list)

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
    def region(self) -> str:
        return place_of(self.caller)

    @property
    def name(self) -> str:
        """The caller's, as its operator has sent it and the dialplan let it through; empty: none."""
        name = self.channel.headers.get("agi_calleridname", "")
        return "" if name == "unknown" else name

    @property
    def began(self) -> int:
        """When the call came, to the second: milliseconds since 1970, of which its id is made."""
        return int(self.id.rpartition("-")[2].partition(".")[0]) * 1000

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

    async def mark_keys(self, node: str, keys: str, outcome: str) -> None:
        """What a caller answered to one prompt, as it is shown."""
        self.pressed.append(Pressed(node, keys, outcome))
        await self.channel.mark("KEYS", node=node, keys=keys, outcome=outcome)

    async def language(self) -> str:
        """One of ``hotline.voices``."""
        voices = self.hotline.voices
        chosen = await self.channel.get_variable(LANGUAGE) if len(voices) > 1 else None
        return chosen if chosen is not None and chosen in voices else next(iter(voices))

    async def tell(self, sound: str) -> None:
        """Play a sound below the folder to its end; to a caller who is not answered, as early media, free of charge.

        One that nobody has prepared is passed over.
        """
        await self.channel.sound_unanswered()
        with contextlib.suppress(RefusedError):
            await self.channel.execute("Playback", str(self.sounds / sound), "noanswer", deadline=PLAY_DEADLINE)

    async def play(self, prompt: Prompt, *, barge_in: bool = True) -> str | None:
        """Play to the end or to the first key, which is returned; without ``barge_in`` always to the end.

        A key that was pressed ahead counts as pressed at once.
        """
        if not (barge_in and self.ahead):
            for sound in await self.sounds_of(prompt):
                if key := await self.hear(sound, KEYS if barge_in else ""):
                    return key
        return self.ahead.pop(0) if self.ahead else None

    async def say(self, prompt: Prompt, *, barge_in: bool = True) -> None:
        """Play what asks for nothing: a key skips the rest of it, and is one pressed ahead."""
        if key := await self.play(prompt, barge_in=barge_in):
            self.ahead.append(key)

    def forget(self, *, unless: Container[str] = ()) -> None:
        """Of the keys pressed ahead those that mean nothing here."""
        self.ahead[:] = [key for key in self.ahead if key in unless]

    async def hear(self, sound: str, keys: str = "", until: asyncio.Event | None = None) -> str | None:
        """A sound, named from the root folder on: to its end, to one of these keys, which is returned, or the event."""
        return await hear(self.channel, sound, keys, until)

    async def sounds_of(self, prompt: Prompt, **known: str) -> list[str]:
        """What a prompt is played as, one after the other; ``known``: values of variables that only its node knows."""
        language, names = await self.language(), list[str]()
        for part in parts_of(prompt, self.hotline, language):
            names += await self._spoken(part, language, known) if isinstance(part, Variable) else [part]
        return [str(self.sounds / name) for name in names]

    async def _spoken(self, variable: Variable, language: str, known: dict[str, str]) -> Sequence[str]:
        """Nothing, when there is no value that could be spoken: half a sentence is better than a silence."""
        if variable.name in known:
            value = known[variable.name]
        else:
            value = self.caller if variable.name == CALLER else await self.kept(variable.name)
        if not value.strip():
            log.warning("call %s: {%s} is left out of a prompt: it has no value", self.id, variable.name)
            return ()
        names = value_of(variable, value.strip(), self.hotline, language)
        if names is not None:
            return names
        name = await self.speaker.sound(value.strip(), self.hotline.voices[language]) if self.speaker else None
        return (name,) if name else ()
