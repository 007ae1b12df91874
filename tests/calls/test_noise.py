"""What else reaches the FastAGI port while calls are running."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from tests.harness.demo_calls import DEMO_CALLS, outcome
from tests.harness.node import Node
from tests.harness.play import play
from tests.harness.sipp import Phone

GARBAGE = [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01",
    b"\xff\xfe\n\n",
    b"agi_network: yes\n\n",
    b"\n" * 9000,
]


async def connect(port: int) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    return writer


async def noise(port: int) -> list[asyncio.StreamWriter]:
    """1,000 connect-and-closes, 200 half-sent headers that stay open, 50 garbage requests."""
    for _ in range(1000):
        (await connect(port)).close()
    held = []
    for _ in range(200):
        writer = await connect(port)
        writer.write(b"agi_network: yes\nagi_uniqueid: forged\nagi_net")
        held.append(writer)
    for index in range(50):
        writer = await connect(port)
        writer.write(GARBAGE[index % len(GARBAGE)])
        writer.close()
    return held


async def test_calls_go_on_through_the_noise_and_memory_stays_flat(node: Node, phones: Mapping[str, Phone]) -> None:
    async def calls() -> None:
        for call in DEMO_CALLS[:2] + DEMO_CALLS[3:]:  # all but the long one
            assert outcome(await play(node.sipp, node.stream, call, phones)) == call.expected

    for writer in await noise(node.ports.agi):  # what it takes the first time is kept
        writer.close()
    before = memory(node.agi.pid)
    held, _ = await asyncio.gather(noise(node.ports.agi), calls())
    for writer in held:
        writer.close()
    assert memory(node.agi.pid) - before < 4_000_000
    assert open_files(node.agi.pid) < 30


def memory(pid: int) -> int:
    """Resident bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
