"""``make bench``: what a call costs. Each table compares within one run; machines differ too much for more."""

import asyncio
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable

from panoramisk import fast_agi
from rich.console import Console
from rich.table import Table

from agi.fastagi import Application, Request
from tests import bench_archive, bench_billing, bench_documents
from tests.bench_matching import agent_side, caller_side
from tests.bench_queue import gaps
from tests.bench_screen import look_ups
from tests.harness.node import Node
from tests.harness.state import STATE

RUNS = 5
SESSIONS, COMMANDS = 400, 12

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
    """By this process' time on its core where nothing else is said; only Redis works beside it."""
    own, parts, again = await bench_billing.measured()
    table("Billing, from the CEL file to the stream, calls of 16 rows", "calls/s", own, "one account")
    table("What such a call of one account costs", "µs", parts, "file to stream")
    table("Pricing again", "calls/s", again, "one price")


async def archive() -> None:
    filled, asked, (rates, grown) = await bench_archive.measured()
    table("The archive is filled", "calls/s", filled, "SQLite")
    for name, rows in asked.items():
        table(f"{name}, {bench_archive.CALLS_ASKED:,} calls of one account", "ms", rows, "search: newest")
    for form, rate in rates.items():
        out.print(
            f"{bench_archive.CALLS_ASKED:,} calls as {form}: {rate:,.0f} rows/s, {grown[form]:.0f} MB more memory"
        )


async def main() -> None:
    out.print(f"{RUNS} runs each")
    await starts()
    await sessions()
    await records()
    await archive()
    table("A caller is looked up in a list, by the list's length", "µs", await look_ups(), "PING")
    table(
        "A talk ends and the agent is given the next of so many: Redis' time", "µs", await agent_side(), "100 waiting"
    )
    table("A caller comes, 1,000 agents are ready: Redis' time, by strategy", "µs", await caller_side(), "sequence")
    await gaps()
    table("hotline check, its start apart", "ms", bench_documents.checking(), "50 nodes, 27 documents")
    table("What hotline apply has to look at", "ms", await bench_documents.applying(), "27 documents stand")


if __name__ == "__main__":
    asyncio.run(main())
