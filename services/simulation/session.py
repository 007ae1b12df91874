"""One channel's way through AGI: Asterisk's end of the protocol, and what its commands and applications do."""

import asyncio
import re
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from agi.fastagi import Application, CallerGone
from services.simulation.caller import Caller
from services.simulation.cel import CelFile, Line
from services.simulation.clock import happens
from services.simulation.wire import Wire
from services.store.due import now

A_MOMENT = 0.001
"""Seconds that every wait takes at least: what waits for a time to come would otherwise wait for ever."""
SPEAKS = 8.0
"""Seconds that a caller speaks whose words are recorded."""
BYTES_A_SECOND = 16_000

_ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_ESCAPED = re.compile(r"\\(.)")
_VARIABLE = re.compile(r"\$\{([^{}]+)\}")
_TIME = "STRFTIME(,,%s%3q)"


@dataclass(frozen=True, slots=True)
class Heard:
    at: int
    sound: str


@dataclass(eq=False)
class Channel:
    """``gone`` is set when its phone has hung up."""

    line: Line
    file: CelFile
    caller: Caller
    sounds: Callable[[str], float]
    """How many seconds a sound lasts."""
    variables: dict[str, str] = field(default_factory=dict)
    answered: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    heard: list[Heard] = field(default_factory=list)

    def answer(self) -> None:
        if not self.answered:
            self.answered = True
            self.file.asterisk("ANSWER", self.line)

    def evaluate(self, expression: str) -> str:
        def value(match: re.Match[str]) -> str:
            return str(now()) if match[1] == _TIME else self.variables.get(match[1], "")

        return _VARIABLE.sub(value, expression)


Dial = Callable[[Channel, str], Awaitable[str]]
"""Given what the application is given; returns its result."""


class Session:
    def __init__(self, application: Application, channel: Channel, dial: Dial) -> None:
        self._application = application
        self._channel = channel
        self._dial = dial
        self._wire = Wire()
        self._ended = False
        self._said_gone = False

    async def run(self, headers: dict[str, str]) -> None:
        """Until the service ends the session. Raises what its handler raises, but for CallerGone."""
        for name, value in {"agi_network": "yes", **headers}.items():
            self._wire.send(f"{name}: {value}")
        self._wire.send("")
        handler = asyncio.ensure_future(self._handle())
        leaves = asyncio.ensure_future(self._leaves())
        try:
            while not self._ended:
                await happens(self._wire.news, None)
                self._say_gone()
                while line := self._wire.take():
                    await self._obey(line)
                self._wire.news.clear()
            await handler
        finally:
            handler.cancel()
            leaves.cancel()
            await asyncio.gather(handler, leaves, return_exceptions=True)

    async def _handle(self) -> None:
        try:
            await self._application.handler(self._wire.reader, self._wire.writer)
        except CallerGone:
            pass
        finally:
            self._ended = True
            self._wire.news.set()

    async def _leaves(self) -> None:
        await self._channel.gone.wait()
        self._wire.news.set()

    def _say_gone(self) -> None:
        """Once, ahead of the next reply."""
        if self._channel.gone.is_set() and not self._said_gone:
            self._said_gone = True
            self._wire.send("HANGUP")

    async def _obey(self, line: str) -> None:
        arguments = [_ESCAPED.sub(r"\1", quoted) or bare for quoted, bare in _ARGUMENT.findall(line)]
        match arguments:
            case ["ANSWER"]:
                self._channel.answer()
                self._reply("0")
            case ["HANGUP"]:
                self._channel.gone.set()
                self._reply("1")
            case ["STREAM", "FILE", sound, *keys]:
                await self._stream(sound, "".join(keys))
            case ["WAIT", "FOR", "DIGIT", milliseconds]:
                await self._wait(int(milliseconds) / 1000)
            case ["RECORD", "FILE", file, _, _, milliseconds, *_]:
                await self._record(Path(f"{file}.wav"), int(milliseconds) / 1000)
            case ["SET", "VARIABLE", name, *value]:
                self._channel.variables[name.lstrip("_")] = "".join(value)
                self._reply("1")
            case ["GET", "VARIABLE", name]:
                value_of = self._channel.variables.get(name)
                self._reply("0" if value_of is None else f"1 ({value_of})")
            case ["GET", "FULL", "VARIABLE", expression]:
                self._reply(f"1 ({self._channel.evaluate(expression)})")
            case ["EXEC", application, *rest]:
                await self._execute(application, "".join(rest))
            case _:
                self._wire.send("510 Invalid or unknown command")

    def _reply(self, result: str) -> None:
        self._say_gone()
        self._wire.send(f"200 result={result}")

    async def _execute(self, application: str, told: str) -> None:
        match application:
            case "Dial":
                self._reply(await self._dial(self._channel, told))
            case "CELGenUserEvent":
                event, _, values = told.partition(",")
                self._channel.file.told(event, self._channel.line, values)
                self._reply("0")
            case "Playback":
                sound = told.partition(",")[0]
                self._hears(sound)
                await self._passes(self._channel.sounds(sound))
                self._reply("-1" if self._channel.gone.is_set() else "0")
            case "Answer":
                self._channel.answer()
                self._reply("0")
            case "Progress" | "StartMusicOnHold" | "MixMonitor" | "StopMixMonitor" | "Ringing":
                self._reply("0")
            case _:
                self._reply("-2")

    async def _stream(self, sound: str, keys: str) -> None:
        self._hears(sound)
        self._channel.caller.is_asked()
        key = await self._listens(self._channel.sounds(sound), keys)
        if key is not None:
            self._reply(f"{_code(key)} endpos=1")

    async def _wait(self, seconds: float) -> None:
        key = await self._listens(seconds, "0123456789*#")
        if key == "":
            self._channel.caller.was_asked_in_vain()
        self._reply("1" if key is None else _code(key))

    async def _record(self, file: Path, most: float) -> None:
        begun = _time()
        await self._passes(min(most, SPEAKS))
        with wave.open(str(file), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(bytes(2 * int((_time() - begun) * BYTES_A_SECOND / 2)))
        if self._channel.gone.is_set():
            self._wire.send("200 result=-1 (hangup) endpos=1")  # HANGUP comes after it, as from Asterisk
        else:
            self._reply("0 (timeout) endpos=1")

    async def _listens(self, seconds: float, keys: str) -> str | None:
        """The key; empty: none in time; ``gone`` when the caller is; None: another command came."""
        caller, end = self._channel.caller, _time() + max(seconds, A_MOMENT)
        while True:
            press = caller.presses_at() if keys else None
            until = end if press is None else min(press, end)
            if await self._told(until):
                return "gone" if self._channel.gone.is_set() else None
            if press is None or press > end:
                return ""
            if (key := caller.press()) in keys:
                return key

    async def _passes(self, seconds: float) -> None:
        await self._told(_time() + seconds)

    async def _told(self, until: float) -> bool:
        self._wire.news.clear()
        if self._wire.lines or self._channel.gone.is_set():
            return True
        return await happens(self._wire.news, until)

    def _hears(self, sound: str) -> None:
        self._channel.heard.append(Heard(now(), sound))


def _code(key: str) -> str:
    return "-1" if key == "gone" else str(ord(key)) if key else "0"


def _time() -> float:
    return asyncio.get_running_loop().time()
