"""The demonstration's calls, from inside the stack: what the service ``sipp`` runs.

Prints a line for each call: its title, and what came of it or what went wrong.
"""

import asyncio
import json
import socket
import tempfile
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from services.domain.documents import Agent
from services.domain.reading import read
from services.settings import Settings
from tests.harness.demo_calls import DEMO_CALLS, DemoCall, outcome
from tests.harness.play import play
from tests.harness.ports import Ports
from tests.harness.sipp import Phone, Sipp
from tests.harness.stream import RatedStream

DOCUMENTS = Path("/etc/hotline")
SIDES = {"carrier": "pbx-trunk", "phones": "pbx-phones"}
"""Each side's own name on its network, and Asterisk's there."""


async def main() -> None:
    ports = Ports()
    with tempfile.TemporaryDirectory() as folder:
        trunk, phones = (_side(ports, Path(folder), *names) for names in SIDES.items())
        by_agent = {agent.id: await _phone(agent, trunk, phones) for agent in _agents()}
        async with Redis.from_url(Settings().redis_url) as redis:
            for call in DEMO_CALLS:
                print(json.dumps([call.title, await _result(trunk, RatedStream(redis), call, by_agent)]), flush=True)  # noqa: T201


def _side(ports: Ports, folder: Path, own: str, pbx: str) -> Sipp:
    host = socket.gethostbyname(own)
    return Sipp(ports, folder, target=socket.gethostbyname(pbx), caller_host=host, phone_host=host)


async def _phone(agent: Agent, trunk: Sipp, phones: Sipp) -> Phone:
    return await phones.register(agent.id, agent.sip.password) if agent.sip else trunk.bound_phone()


def _agents() -> list[Agent]:
    readings = [read(str(path), path.read_text(encoding="utf-8")) for path in DOCUMENTS.glob("*.yaml")]
    return [item.document for reading in readings for item in reading.located if isinstance(item.document, Agent)]


async def _result(sipp: Sipp, stream: RatedStream, call: DemoCall, phones: dict[str, Phone]) -> dict[str, Any] | str:
    try:
        return outcome(await play(sipp, stream, call, phones))
    except (RuntimeError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    asyncio.run(main())
