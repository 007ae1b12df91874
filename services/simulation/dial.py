"""The application Dial, with phones that do what the scene says."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from services.domain.documents import Agent as AgentDocument
from services.simulation.cel import CelFile, Line
from services.simulation.clock import happens
from services.simulation.scene import Agent
from services.simulation.session import Channel
from services.store.due import now

PRESSES_AFTER = 2.0
"""Seconds after which who is asked to confirm presses 1."""
LATENCY = 0.1
"""Seconds until a busy phone says so."""

IN_USE = ("busy", "talking")

BUSY, NORMAL, ELSEWHERE = 17, 16, 26
"""Q.850."""

_ANSWERED = re.compile(r"U\(answered\^([^)]*)\)")

Phone = Callable[[str], Agent]
"""What the phone does that is dialled as ``1001`` or ``13900139000@carrier``."""
Answered = Callable[[Line, str, str, str], Awaitable[bool]]
"""Tells the queue that an agent has picked up: channel, account, offer, agent. Whether it gets the caller."""


@dataclass(eq=False)
class Leg:
    target: str
    """As it is dialled, without ``PJSIP/``."""
    peer: str
    """``DIALEDPEERNUMBER``."""
    seconds: float
    options: str
    phone: Agent
    line: Line
    at: float = 0.0
    """By the loop's time: when it answers, refuses, or has rung long enough."""

    @property
    def answered(self) -> list[str]:
        """Agent, ``confirm``, account and offer, of the subroutine that it runs when it is picked up."""
        found = _ANSWERED.search(self.options)
        return [*(found[1].split("^") if found else ()), "", "", "", ""][:4]


class Phones:
    def __init__(self, file: CelFile, linkedid: str, phone: Phone, answered: Answered) -> None:
        self._file = file
        self._linkedid = linkedid
        self._phone = phone
        self._answered = answered
        self._serials = count(2)

    async def dial(self, caller: Channel, told: str) -> str:
        """Sets DIALSTATUS and DIALEDPEERNUMBER; the result is 0, or -1 when the caller has hung up."""
        targets, seconds, options = told.split(",", 2)
        legs = list(self._legs(caller, targets, float(seconds), options))
        status = await self._ring(caller, legs)
        caller.variables["DIALSTATUS"] = status
        return "-1" if caller.gone.is_set() else "0"

    def _legs(self, caller: Channel, targets: str, seconds: float, options: str) -> Iterator[Leg]:
        for target in targets.split("&"):
            if target.startswith("Local/"):
                peer = target.removeprefix("Local/")
                own = caller.variables[f"LEG_{peer.partition('@')[0]}"]
                target, seconds_text, options = own.split(",", 2)  # noqa: PLW2901 - what the leg's own Dial is told
                yield self._leg(target, peer, float(seconds_text), options)
            else:
                yield self._leg(target, target.removeprefix("PJSIP/"), seconds, options)

    def _leg(self, target: str, peer: str, seconds: float, options: str) -> Leg:
        name = target.removeprefix("PJSIP/")
        serial = next(self._serials)
        second = self._linkedid.rpartition(".")[0]
        line = Line(f"PJSIP/{name.rpartition('@')[2]}-{serial:08x}", f"{second}.{serial}", self._linkedid)
        return Leg(name, peer, seconds, options, self._phone(name), line)

    async def _ring(self, caller: Channel, legs: list[Leg]) -> str:
        begun = _time()
        ringing = [leg for leg in legs if leg.phone.does != "away"]
        for leg in ringing:
            self._rings(leg, begun)
        status = "CHANUNAVAIL"
        while ringing:
            leg = min(ringing, key=lambda leg: leg.at)
            if await happens(caller.gone, leg.at):
                for other in ringing:
                    self._hangs_up(other, 0)
                return "CANCEL"
            ringing.remove(leg)
            if leg.phone.does in IN_USE:
                status = "BUSY"
                self._hangs_up(leg, BUSY, by_itself=True)
            elif leg.at - begun >= leg.seconds or leg.phone.does != "ready":
                status = "NOANSWER"
                self._hangs_up(leg, 0)
            elif await self._picked_up(caller, leg):
                for other in ringing:
                    self._hangs_up(other, ELSEWHERE)
                await self._talk(caller, leg)
                return "ANSWER"
        return "CANCEL" if caller.gone.is_set() else status

    def _rings(self, leg: Leg, begun: float) -> None:
        self._file.asterisk("CHAN_START", leg.line)
        if "b(dial^s^1)" in leg.options:
            self._file.ours("DIAL", leg.line, dial=leg.target)
        phone = leg.phone
        after = LATENCY if phone.does in IN_USE else phone.answers_after if phone.does == "ready" else leg.seconds
        leg.at = begun + min(after, leg.seconds)

    async def _picked_up(self, caller: Channel, leg: Leg) -> bool:
        """Whether it gets the caller."""
        agent, confirm, account, offer = leg.answered
        self._file.asterisk("ANSWER", leg.line)
        if confirm:
            self._file.ours("CONFIRM", leg.line, outcome="asked")
            if await happens(caller.gone, _time() + PRESSES_AFTER):
                self._hangs_up(leg, 0)
                return False
            self._file.ours("CONFIRM", leg.line, outcome="match")
        caller.variables["PICKED_UP"] = str(now())
        gets = not offer or await self._answered(leg.line, account, offer, agent)
        if not gets:
            self._hangs_up(leg, NORMAL)
        return gets

    async def _talk(self, caller: Channel, leg: Leg) -> None:
        caller.variables["DIALEDPEERNUMBER"] = leg.peer
        caller.answer()
        self._file.asterisk("BRIDGE_ENTER", leg.line)
        self._file.asterisk("BRIDGE_ENTER", caller.line)
        left = await happens(caller.gone, _time() + leg.phone.talks)
        self._file.asterisk("BRIDGE_EXIT", caller.line)
        self._hangs_up(leg, NORMAL, by_itself=not left)

    def _hangs_up(self, leg: Leg, cause: int, *, by_itself: bool = False) -> None:
        self._file.asterisk(
            "HANGUP", leg.line, hangupcause=cause, hangupsource=leg.line.name if by_itself else "", dialstatus=""
        )
        self._file.asterisk("CHAN_END", leg.line)


def phone_of(agents: Mapping[str, AgentDocument], scene: Callable[[str], Agent]) -> Phone:
    """By what is dialled; a number that is no agent's picks up."""
    bound = {agent.bound: name for name, agent in agents.items() if agent.bound}

    def phone(target: str) -> Agent:
        number, at, _ = target.partition("@")
        name = bound.get(number) if at else number
        return Agent() if name is None else scene(name)

    return phone


def _time() -> float:
    return asyncio.get_running_loop().time()
