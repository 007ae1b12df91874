"""Many callers who stay, and a phone that takes one after the other; each is one SIPp that goes on until ended."""

import os
import re
import signal
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.harness import sipp
from tests.harness.process import Process
from tests.harness.sipp import Headers, Phone, Sipp, hangs_up, is_hung_up, listening

ENDLESS = 10**6
"""Calls; and milliseconds that a caller has patience."""
DEADLINE = 600
A_SECOND = 50
"""Callers who come in a second, until there are as many as shall be."""

_MESSAGE = re.compile(
    r"^-+ (?P<at>\S+ \S+)\nUDP message (?P<way>sent|received) .*\n\n"
    r"(?P<method>[A-Z]+) sip:[\s\S]*?^Call-ID: (?P<call>\S+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Crowd:
    """Callers at the trunk. Whoever is served goes, and another comes."""

    process: Process

    def close(self) -> None:
        """Nobody comes any more."""
        os.kill(self.process.pid, signal.SIGUSR1)

    async def gone(self) -> None:
        """Waits until all who had come are gone. Raises RuntimeError when anybody was not treated as callers are."""
        if code := await self.process.wait(60):
            raise RuntimeError(f"{self.process.name} exited {code}; its log is {self.process.log}")


@dataclass(frozen=True)
class Operator:
    """A phone that answers at once, hangs up after a while and is there for the next caller."""

    process: Process
    messages: Path

    def gaps(self, since: datetime) -> list[float]:
        """Milliseconds from each of its BYEs after ``since`` to the INVITE that followed."""
        found, idle_since = [], None
        for at, method in self._requests():
            if method == "BYE":
                idle_since = at if at > since else None
            elif idle_since is not None:
                found.append((at - idle_since).total_seconds() * 1000)
        return found

    def _requests(self) -> list[tuple[datetime, str]]:
        """INVITEs received and BYEs sent, in their order, without those that were sent again."""
        text = self.messages.read_text(encoding="utf-8", errors="replace") if self.messages.exists() else ""
        first: dict[tuple[str, str], datetime] = {}
        for message in _MESSAGE.finditer(text):
            if (message["way"], message["method"]) in {("received", "INVITE"), ("sent", "BYE")}:
                first.setdefault((message["call"], message["method"]), datetime.fromisoformat(message["at"]))
        return [(at, method) for (_, method), at in first.items()]


async def crowd(caller: Sipp, to: str, size: int) -> Crowd:
    """So many callers at a time."""
    invite = sipp._invite("1390000[call_number]", to, Headers(), sipp._sdp("alaw", "[media_port]"))
    scenario = sipp._caller(invite, is_hung_up(ENDLESS))
    port = caller.ports.take()
    command = caller._command(scenario, caller.caller_host, port, DEADLINE, calls=ENDLESS, a_second=A_SECOND)
    process = Process(f"crowd-{to}-{size}", [*command, "-l", str(size)], caller.folder)
    await process.start()
    return Crowd(process)


async def operator(phone: Phone, shortest_ms: int, longest_ms: int) -> Operator:
    """Its talks are of any length between these two."""
    talk = f'<pause distribution="uniform" min="{shortest_ms}" max="{longest_ms}"/>'
    steps = sipp._answer("alaw") + talk + hangs_up()
    scenario = sipp._scenario('<recv request="INVITE"><action>' + sipp._DIALOG + "</action></recv>" + steps)
    command = phone.sipp._command(scenario, phone.host, phone.port, DEADLINE, calls=ENDLESS)
    messages = Path(command[command.index("-message_file") + 1])
    process = Process(f"operator-{messages.stem}", command, phone.sipp.folder)
    await process.start()
    await listening(process, phone.host, phone.port)
    return Operator(process, messages)
