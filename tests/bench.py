"""``make bench``: what a call costs. Each table compares within one run; machines differ too much for more."""

import asyncio
import gc
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from panoramisk import fast_agi
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from agi.fastagi import Application, Request
from services.billing.service import Billing
from services.domain.call import Call
from services.domain.cdr import record_of
from services.domain.cel import CelRow, Splitter
from services.domain.documents import Account, Hotline
from services.domain.rating import Home, Rater
from services.domain.record import Charge, Record, to_json
from services.domain.tariff import Tariff
from services.domain.usage import usage_of
from services.store import documents
from tests.bench_matching import agent_side, caller_side
from tests.bench_queue import gaps
from tests.harness import redis_server
from tests.harness.cel import file
from tests.harness.node import Node
from tests.harness.state import STATE
from tests.harness.tariffs import per_increment

T = TypeVar("T")

RUNS = 5
CALLS = 4000
SESSIONS, COMMANDS = 400, 12

TALK = """
0.0  CHAN_START    caller
0.0  CALL          caller  hotline=4001234567 caller=13800138000 name=x
0.0  JOURNEY       caller  account=demo version=1
0.0  ANSWER        caller
0.0  NODE          caller  node=welcome kind=menu
2.0  KEYS          caller  node=welcome keys=1 outcome=match
2.0  NODE          caller  node=sales kind=group
2.0  OFFER         caller  node=sales group=sales agent=1001 dial=1001
2.0  CHAN_START    1001
2.0  DIAL          1001    dial=1001
3.0  ANSWER        1001
3.0  BRIDGE_ENTER  1001
3.0  BRIDGE_ENTER  caller
90.0 HANGUP        1001    cause=16 source=caller
90.0 HANGUP        caller  cause=16 source=caller
90.0 LINKEDID_END  caller
"""
TARIFF = per_increment("0.12")
HOTLINE = Hotline.model_validate(
    {"kind": "hotline", "number": "4001234567", "account": "demo", "name": "x"}
    | {"flow": {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}}
)
EVERY_RULE = {
    "bill_from": "platform",
    "rounding": {"each": "call", "digits": 2},
    "prices": [
        {
            "inbound": {
                "minimum": "0.01",
                "rules": [
                    {"rule": "abroad", "when": {"type": ["international"]}, "steps": [{"rate": "1"}]},
                    {"rule": "near", "when": {"region": ["home_city", "北京"]}, "steps": [{"rate": "0.1"}]},
                    {"rule": "holiday", "when": {"day": ["holiday", "weekend"]}, "steps": [{"rate": "0.09"}]},
                    {"rule": "night", "when": {"hours": ["22:00-06:00"]}, "steps": [{"rate": "0.06", "increment": 6}]},
                    {"rule": "else", "steps": [{"rate": "0.2", "per": 180}, {"from": 180, "rate": "0.1"}]},
                ],
            },
            "caller_share": {"rules": [{"rule": "local", "steps": [{"rate": "0.11"}]}]},
        }
    ],
}
"""Rules by type, place, day and hours, a second step, a caller's share."""
RULES = Tariff.model_validate({"kind": "tariff", "id": "rules", "name": "x"} | EVERY_RULE)

out = Console(highlight=False)


def table(title: str, unit: str, rows: dict[str, list[float]], base: str) -> None:
    """Median and spread of each, and the median as a multiple of ``base``'s."""
    shown = Table(title=title, title_justify="left")
    for name in ("", f"median ({unit})", "least … most", f"x {base}"):
        shown.add_column(name, justify="left" if not name else "right")
    for name, values in rows.items():
        median = statistics.median(values)
        ratio = median / statistics.median(rows[base])
        shown.add_row(name, f"{median:,.2f}", f"{min(values):,.2f} … {max(values):,.2f}", f"{ratio:.2f}")
    out.print(shown)


async def starts() -> None:
    """From the start of Asterisk to its being booted."""
    folder = STATE / "nodes" / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    node = Node(folder)
    rows: dict[str, list[float]] = {"our modules": [], "all modules": []}
    try:
        await node.redis_server.start()
        await node.redis_ready()
        await node.render()
        ours = (node.conf / "modules.conf").read_text()
        for name, modules in (("our modules", ours), ("all modules", "[modules]\nautoload = yes\n")):
            (node.conf / "modules.conf").write_text(modules)
            for _ in range(RUNS):
                began = time.perf_counter()
                await node.asterisk.start()
                await node.asterisk_ready()
                rows[name].append(time.perf_counter() - began)
                await node.asterisk.stop()
    finally:
        await node.stop()
    table("Asterisk, from its start to its being booted", "s", rows, "our modules")


async def sessions() -> None:
    """Sessions of a dozen commands against a peer that answers at once."""
    rows: dict[str, list[float]] = {"agi/fastagi.py": [], "panoramisk": []}
    for _ in range(RUNS):
        rows["agi/fastagi.py"].append(await _sessions(lambda handler: _application(Application(), handler)))
        rows["panoramisk"].append(await _sessions(lambda handler: _application(fast_agi.Application(), handler)))
    table(f"FastAGI, {COMMANDS} commands a session, both ends in one process", "sessions/s", rows, "panoramisk")


def _application(
    application: fast_agi.Application, handler: Callable[[Request], Awaitable[None]]
) -> fast_agi.Application:
    application.add_route("journey", handler)
    return application


async def _sessions(make: Callable[[Callable[[Request], Awaitable[None]]], fast_agi.Application]) -> float:
    async def handler(request: Request) -> None:
        for _ in range(COMMANDS):
            await request.send_command('SET VARIABLE "NAME" "value"')

    server = await asyncio.start_server(make(handler).handler, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began = time.perf_counter()
    for _ in range(SESSIONS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"agi_network: yes\nagi_network_script: journey\nagi_uniqueid: pbx1-1.1\n\n")
        for _ in range(COMMANDS):
            await reader.readline()
            writer.write(b"200 result=1\n")
        writer.close()
    took = time.perf_counter() - began
    server.close()
    await server.wait_closed()
    return SESSIONS / took


async def records() -> None:
    """From the bytes of the CEL file to the stream, and each part of that alone, by this process' time on its core."""
    gc.freeze()  # as billing does
    data = b"".join(file(TALK, number) for number in range(1, CALLS + 1))
    parts = ("file to stream", "parsing", "folding", "rating", "rating, every rule", "JSON")
    rows: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(RUNS):
        rows["file to stream"].append(await _committed(data))
        _parts(rows, data)
    table("Billing, calls of 16 rows on one core (without Redis' own)", "calls/s", rows, "file to stream")


def _parts(rows: dict[str, list[float]], data: bytes) -> None:
    parsed = _timed(rows["parsing"], lambda: [row for row in Splitter().feed(data) if isinstance(row, CelRow)])
    folded = _timed(rows["folding"], lambda: [record_of(call, "pbx1") for call in _calls(parsed)])
    made = [record for record in folded if record]
    for name, tariff in (("rating", TARIFF), ("rating, every rule", RULES)):
        _timed(rows[name], partial(_rated, made, Rater(tariff, 1)))
    _timed(rows["JSON"], lambda: [to_json(record) for record in made])


def _rated(records: list[Record], rater: Rater) -> list[Charge]:
    return [rater.rate(usage_of(record), Home()) for record in records]


def _timed(rates: list[float], work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    rates.append(CALLS / (time.process_time() - began))
    return result


def _calls(rows: list[CelRow]) -> list[Call]:
    calls: dict[str, Call] = {}
    for row in rows:
        calls.setdefault(row.linkedid, Call(row.linkedid, started=row.at)).add(row)
    return list(calls.values())


async def _committed(data: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hotline.csv").write_bytes(data)
        async with redis_server.running() as server, Redis.from_url(server.url) as redis:
            account = Account.model_validate({"kind": "account", "id": "demo", "name": "x", "tariff": TARIFF.id})
            await documents.apply(redis, [account, TARIFF, HOTLINE])
            billing = Billing(redis, Path(folder), "pbx1", None)
            began = time.process_time()
            while await billing.step():
                pass
            took = time.process_time() - began
            billing.close()
            assert await redis.xlen("cdr:rated") == CALLS
    return CALLS / took


async def main() -> None:
    out.print(f"{RUNS} runs each")
    await starts()
    await sessions()
    await records()
    table(
        "A talk ends and the agent is given the next of so many: Redis' time", "µs", await agent_side(), "100 waiting"
    )
    table("A caller comes, 1,000 agents are ready: Redis' time, by strategy", "µs", await caller_side(), "sequence")
    await gaps()


if __name__ == "__main__":
    asyncio.run(main())
