"""How long an operator who has hung up waits for the next caller: here and with Asterisk's own queue."""

import asyncio
import os
import re
import shutil
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness import load
from tests.harness.node import DEMO, PHONES, Node
from tests.harness.sipp import Phone
from tests.harness.state import STATE
from tests.harness.waiting import until

WAITING = (1, 50, 500)
GAPS = 70
"""Of both operators together."""
TALK_MS = (100, 1100)
"""A whole second apart: whoever looks once a second is met at any moment of it."""
AGENTS = PHONES
OURS, THEIRS = "4007654321", "4000000001"

DOCUMENTS = f"""\
kind: hotline
number: "{OURS}"
account: demo
name: bench
flow:
  start: line
  nodes:
    line: {{kind: queue, group: bench, max_wait_seconds: 7200, otherwise: bye}}
    bye: {{kind: hangup}}
---
kind: group
id: bench
account: demo
name: bench
strategy: longest_idle
wrap_up_seconds: 0
drop_seconds: 0
place_seconds: 0
capacity: 1000
members: ["{AGENTS[0]}", "{AGENTS[1]}"]
"""
QUEUES = f"""\
[general]
autofill = yes
persistentmembers = no
[bench]
strategy = leastrecent
wrapuptime = 0
retry = 1
timeout = 20
ringinuse = no
member => PJSIP/{AGENTS[0]}
member => PJSIP/{AGENTS[1]}
"""
EXTENSIONS = f"""
[from-trunk](+)
exten => {THEIRS},1,Answer(,i)
 same => n,Queue(bench)
 same => n,Hangup()
"""
RTP = "[general]\nrtpstart = 10000\nrtpend = 19999\nicesupport = no\n"

out = Console(highlight=False)


class Both(Node):
    """Has Asterisk's own queue beside ours, the same agent in both, and RTP ports for a crowd."""

    async def render(self) -> None:
        await super().render()
        (self.conf / "queues.conf").write_text(QUEUES)
        (self.conf / "rtp.conf").write_text(RTP)
        for name, more in (("extensions.conf", EXTENSIONS), ("modules.conf", "load = app_queue.so\n")):
            with (self.conf / name).open("a") as file:
                file.write(more)

    async def hang_up_all(self) -> None:
        async def nobody_is_left() -> bool:
            await self.console("channel request hangup all")
            return await self.channels() == 0

        await until(nobody_is_left, "the channels to be gone", 60)


@dataclass(frozen=True)
class Queue:
    number: str
    waiting: Callable[[], Awaitable[int]]
    open: Callable[[], Awaitable[object]]
    close: Callable[[], Awaitable[object]]
    """The agent takes no more calls."""


@dataclass(frozen=True)
class Row:
    waiting: int
    gaps: list[float]
    """Milliseconds."""
    cpu: Mapping[str, float]
    """Milliseconds for each served call, by process."""


async def gaps() -> None:
    """From an agent's BYE to the next INVITE at its phone."""
    folder = STATE / "nodes" / "bench-queue"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    documents = folder / "bench.yaml"
    documents.write_text(DOCUMENTS)
    node = Both(folder, documents=[DEMO, documents])
    rows: dict[str, list[Row]] = {}
    try:
        await node.start()
        phones = [await node.phone(agent) for agent in AGENTS]
        for waiting in WAITING:
            for name, queue in (("here", _ours(node)), ("app_queue", _theirs(node))):
                rows.setdefault(name, []).append(await _row(node, phones, queue, waiting))
    finally:
        await node.stop()
    _show(rows)


def _ours(node: Node) -> Queue:
    distribution = Distribution(node.redis, "demo")

    async def waiting() -> int:
        return (await queues.status(distribution, "bench", now())).waiting

    return Queue(
        OURS,
        waiting,
        open=lambda: asyncio.gather(*(agents.login(distribution, agent, now()) for agent in AGENTS)),
        close=lambda: asyncio.gather(*(agents.logout(distribution, agent, now()) for agent in AGENTS)),
    )


def _theirs(node: Node) -> Queue:
    async def waiting() -> int:
        found = re.search(r"bench has (\d+) calls", await node.console("queue show bench"))
        assert found
        return int(found[1])

    return Queue(
        THEIRS,
        waiting,
        open=lambda: asyncio.gather(
            *(node.console(f"queue unpause member PJSIP/{agent} queue bench") for agent in AGENTS)
        ),
        close=lambda: asyncio.gather(
            *(node.console(f"queue pause member PJSIP/{agent} queue bench") for agent in AGENTS)
        ),
    )


async def _row(node: Both, phones: Sequence[Phone], queue: Queue, waiting: int) -> Row:
    """``waiting`` and those who talk are always there: somebody else comes for whoever was served."""
    operators = [await load.operator(phone, *TALK_MS) for phone in phones]
    await queue.open()
    crowd = await load.crowd(node.sipp, queue.number, waiting + len(phones))

    async def all_wait() -> bool:
        return await queue.waiting() >= waiting

    async def enough() -> bool:
        await asyncio.sleep(1)  # reading the logs takes its time from what is measured
        return len(gaps()) >= GAPS

    def gaps() -> list[float]:
        return [gap for operator in operators for gap in operator.gaps(since)]

    try:
        await until(all_wait, f"{waiting} to wait", 60)
        since, before = datetime.now(), _cpu(node)  # noqa: DTZ005 - as SIPp's log has it
        await until(enough, f"{GAPS} gaps", 120)
        after, found = _cpu(node), gaps()
        crowd.close()
        await queue.close()
        await node.hang_up_all()
        await crowd.gone()
    finally:
        await crowd.process.stop()
        for operator in operators:
            await operator.process.stop()
    cpu = {name: (after[name] - before[name]) / len(found) for name in after}
    return Row(waiting, found, cpu)


def _cpu(node: Node) -> dict[str, float]:
    """Milliseconds of each process so far."""
    return {process.name: _cpu_ms(process.pid) for process in (node.agi, node.redis_server, node.asterisk)}


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK") * 1000


def _show(rows: Mapping[str, list[Row]]) -> None:
    title = "From an agent's BYE to the next INVITE at its phone; CPU of all that goes on, for each call served"
    shown = Table(title=title, title_justify="left")
    for name in ("", "waiting", "gaps", "p50 (ms)", "p99 (ms)", "most (ms)", "agi (ms)", "Redis (ms)", "Asterisk (ms)"):
        shown.add_column(name, justify="right" if name else "left")
    for name, some in rows.items():
        for row in some:
            p99 = statistics.quantiles(row.gaps, n=100, method="inclusive")[98]
            times = (statistics.median(row.gaps), p99, max(row.gaps), *row.cpu.values())
            shown.add_row(name, f"{row.waiting}", f"{len(row.gaps)}", *(f"{value:,.1f}" for value in times))
    out.print(shown)


if __name__ == "__main__":
    asyncio.run(gaps())
