"""``make run``: a company with some weeks of calls behind it, to be looked at in a browser and called by a phone."""

import argparse
import asyncio
import json
import math
import random
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, select

from services.archive.database import opened
from services.archive.schema import CALLS
from services.console.passwords import hashed
from services.store import people, records
from services.store.keys import LIVE_STREAM, RATED_STREAM
from tests.harness import said
from tests.harness.company import BROWSER, COMPANY, PEOPLE
from tests.harness.node import Node, running
from tests.harness.sipp import CALLER_HOST
from tests.harness.state import STATE
from tests.harness.traffic import ACCOUNT, AGENTS, HOTLINE, Calls, Change, of_days

DAYS = 35
RECORDED = timedelta(hours=36)
AT_ONCE = 1000
LOOK_SECONDS = 0.5
SEED_SECONDS = 600.0

out = Console(highlight=False, soft_wrap=True)


async def main() -> int:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--caller", help="another address that calls come from, as if it were the carrier's")
    arguments = parser.parse_args()
    folder = STATE / "nodes" / "run"
    node = Node(
        folder,
        [COMPANY],
        bind="0.0.0.0",
        trunk={"hosts": [CALLER_HOST, arguments.caller]} if arguments.caller else {},
        account=ACCOUNT,
        phones=AGENTS,
        browsers=[BROWSER],
    )
    calls, changes = _write_calls(node.cel / "hotline.csv")
    async with running(node):
        await _tell_of_agents(node.redis, changes)
        await node.start_back_office()
        await _wait_for(node, calls)
        if changes:
            await said.lay(node.recordings, [one.record async for one in records.written(node.redis)])
        _tell(node, await _passwords(node, folder / "people.json"))
        await _told_to_stop()
    return 0


def _write_calls(path: Path) -> tuple[int, Sequence[Change]]:
    """How many calls there are now, and what the agents did; both are written the first time only."""
    now = datetime.now(UTC)
    calls = Calls(random.Random(1), recorded_since=(now - RECORDED).timestamp())
    if not path.exists():
        with path.open("wb") as file:
            for rows in of_days(calls, DAYS, now):
                file.write(rows)
    with path.open("rb") as file:
        return sum(line.startswith(b'"CALL"') for line in file), calls.changes


async def _tell_of_agents(redis: Redis, changes: Sequence[Change]) -> None:
    """Before all that the stream says of them now: it is in the order of time."""
    if changes:
        await redis.xtrim(LIVE_STREAM, maxlen=0, approximate=False)
    for begin in range(0, len(changes), AT_ONCE):
        async with redis.pipeline(transaction=False) as pipe:
            for change in changes[begin : begin + AT_ONCE]:
                at = str(math.floor(change.since * 1000))
                entry: dict[Any, Any] = {"at": at, "account": ACCOUNT, "of": "agent", "agent": change.agent}
                entry |= {"state": change.state, "reason": change.reason, "since": at, "call": change.call}
                pipe.xadd(LIVE_STREAM, entry)
            await pipe.execute()


async def _wait_for(node: Node, calls: int) -> None:
    """Until they are rated and in the archive."""
    async with asyncio.timeout(SEED_SECONDS), opened(node.env["HOTLINE_ARCHIVE_URL"]) as archive:

        async def archived() -> int:
            async with archive.connect() as connection:
                return int(await connection.scalar(select(func.count()).select_from(CALLS)) or 0)

        with Progress(console=out) as progress:
            await _until("calls rated", calls, lambda: node.redis.xlen(RATED_STREAM), progress)
            await _until("calls archived", calls, archived, progress)


async def _until(what: str, calls: int, count: Callable[[], Awaitable[int]], progress: Progress) -> None:
    task = progress.add_task(what, total=calls)
    while (now := await count()) < calls:
        progress.update(task, completed=now)
        await asyncio.sleep(LOOK_SECONDS)
    progress.update(task, completed=calls)


async def _passwords(node: Node, kept: Path) -> dict[str, str]:
    """The same each time."""
    known = _read(kept)
    for person in PEOPLE:
        if await people.get(node.redis, person.login) is None:
            known[person.login] = secrets.token_urlsafe(9)
            await people.add(node.redis, person, await hashed(known[person.login]))
    _keep(kept, known)
    return known


def _read(kept: Path) -> dict[str, str]:
    return dict(json.loads(kept.read_text())) if kept.exists() else {}


def _keep(kept: Path, known: dict[str, str]) -> None:
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(known))


def _tell(node: Node, passwords: dict[str, str]) -> None:
    out.print(f"hotline {HOTLINE} is served; SIP port {node.ports.sip}, Redis port {node.ports.redis}")
    out.print(f"console: [bold]{node.console_url}[/]")
    table = Table("login", "password", "who")
    for person in PEOPLE:
        table.add_row(person.login, passwords[person.login], f"{person.name}, {person.role}")
    for agent, password in node.passwords.items():
        if agent != BROWSER:
            table.add_row(agent, password, "SIP phone")
    out.print(table)
    out.print("Ctrl-C ends it.")


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
