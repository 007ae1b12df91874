"""Puts a simulated call through: what the dialplan does with a caller, and what comes of it."""

import asyncio
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fakeredis import FakeAsyncRedis, FakeServer

from agi.call import CAUSE
from agi.channel import Channel as AgiChannel
from agi.fastagi import Application, Request
from agi.room import Room
from agi.server import Handler, Routes
from agi.service import routes
from services.billing.calls import OpenCalls
from services.billing.metering import Metering
from services.billing.tail import Piece
from services.domain.cel import Splitter
from services.domain.documents import Agent, Hotline
from services.domain.office import Office
from services.domain.record import Record
from services.domain.usage import Served, UnratableError, usage_of
from services.simulation import world
from services.simulation.caller import Caller
from services.simulation.cel import CelFile, Line
from services.simulation.clock import VirtualLoop
from services.simulation.dial import Phones, phone_of
from services.simulation.scene import Scene
from services.simulation.session import Channel, Session
from services.simulation.sounds import Sounds
from services.simulation.systems import Told
from services.store import due

LONGEST = 12 * 3600.0
"""Seconds; a call that has not ended by then never will."""
TRUNK = "carrier"
NO_ANSWER, NORMAL = "19", "16"
"""Q.850."""


class UnknownHotlineError(Exception):
    pass


@dataclass(frozen=True)
class Said:
    at: int
    """Milliseconds since 1970."""
    text: str
    ms: int
    """How long it takes to its end."""


@dataclass(frozen=True)
class Outcome:
    record: Record
    """Rated, if there are a tariff and whatever else it takes."""
    unrated: str
    """Why it is not; empty if it is."""
    heard: tuple[Said, ...]
    presses: tuple[tuple[float, str], ...]
    """Seconds since the call began, and keys."""


def simulate(scene: Scene, sounds: Path) -> Outcome:
    """``sounds``: the folder of prepared ones. Raises UnknownHotlineError and clock.TooLongError."""
    hotline = next((one for one in scene.documents if isinstance(one, Hotline) and one.number == scene.number), None)
    if hotline is None:
        raise UnknownHotlineError(f"there is no hotline {scene.number!r} among the documents")
    with asyncio.Runner(loop_factory=partial(VirtualLoop, LONGEST)) as runner:
        return runner.run(_simulate(scene, hotline, sounds))


async def _simulate(scene: Scene, hotline: Hotline, folder: Path) -> Outcome:
    loop, sounds = asyncio.get_running_loop(), Sounds(folder, hotline, scene.documents)
    due.CLOCK.set(lambda: scene.at + round(loop.time() * 1000))
    with tempfile.TemporaryDirectory() as recordings:
        async with FakeAsyncRedis(server=FakeServer()) as redis:
            await world.furnish(redis, scene, hotline)
            room = Room(redis)
            async with room.running():
                handlers = routes(redis, folder, Path(recordings), room, Metering(redis), sounds, Told(scene.answers))
                call = _Call(_application(handlers), scene, sounds)
                await call.run()
    return _outcome(call, scene, sounds)


def _application(handlers: Routes) -> Application:
    application = Application()
    for route, handler in handlers.items():
        application.add_route(route, partial(_handle, handler))
    return application


async def _handle(handler: Handler, request: Request) -> None:
    await handler(AgiChannel(request))


class _Call:
    def __init__(self, application: Application, scene: Scene, sounds: Sounds) -> None:
        self._application = application
        self._scene = scene
        self.file = CelFile()
        call = scene.call or f"simulated-{scene.at // 1000}.1"
        line = Line(f"PJSIP/{TRUNK}-00000001", call, call)
        self.channel = Channel(line, self.file, Caller(scene.keys), sounds.seconds)
        agents = {document.id: document for document in scene.documents if isinstance(document, Agent)}
        self._phones = Phones(self.file, call, phone_of(agents, scene.agent), self._answered)

    async def run(self) -> None:
        line, scene = self.channel.line, self._scene
        self.file.asterisk("CHAN_START", line)
        self.file.ours("CALL", line, hotline=scene.number, caller=scene.caller, name="")
        self.channel.variables[CAUSE] = NO_ANSWER
        leaves = asyncio.ensure_future(self._leaves())
        try:
            await self._agi(self.channel, "journey", TRUNK)
        finally:
            leaves.cancel()
            await asyncio.gather(leaves, return_exceptions=True)
        self._ends()

    async def _leaves(self) -> None:
        if self._scene.hangs_up_after is not None:
            await asyncio.sleep(self._scene.hangs_up_after)
            self.channel.gone.set()

    async def _agi(self, channel: Channel, script: str, *arguments: str) -> None:
        headers = {
            "agi_network_script": script,
            "agi_uniqueid": channel.line.uniqueid,
            "agi_callerid": self._scene.caller or "unknown",
            "agi_extension": self._scene.number,
            **{f"agi_arg_{number}": argument for number, argument in enumerate(arguments, 1)},
        }
        await Session(self._application, channel, self._phones.dial).run(headers)

    async def _answered(self, line: Line, account: str, offer: str, agent: str) -> bool:
        phone = replace(self.channel, line=line, variables={}, gone=asyncio.Event())
        await self._agi(phone, "answered", account, offer, agent, line.linkedid)
        return not phone.variables.get("GOSUB_RESULT")

    def _ends(self) -> None:
        line, variables = self.channel.line, self.channel.variables
        status, left = variables.get("DIALSTATUS", ""), self.channel.gone.is_set()
        cause = NORMAL if left or status == "ANSWER" else variables[CAUSE]
        source = line.name if left else ""
        self.file.asterisk("HANGUP", line, hangupcause=int(cause), hangupsource=source, dialstatus=status)
        self.file.asterisk("CHAN_END", line)
        self.file.asterisk("LINKEDID_END", line)


def _outcome(call: _Call, scene: Scene, sounds: Sounds) -> Outcome:
    rows = Splitter().feed(bytes(call.file.data))
    [record] = OpenCalls(call.channel.line.uniqueid.partition("-")[0]).take(Piece("", rows))
    unrated = ""
    try:
        served = Served(record.hotline, record.account, record.started, record.ended, usage_of(record))
        record = replace(record, charge=Office(scene.documents, None, ()).rate(served))
    except UnratableError as error:
        unrated = str(error)
    heard = tuple(
        Said(one.at, sounds.text(one.sound), round(sounds.seconds(one.sound) * 1000)) for one in call.channel.heard
    )
    return Outcome(record, unrated, heard, tuple(call.channel.caller.presses))
