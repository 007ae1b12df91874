"""How quickly the archive is filled, and answers about many calls, all of one account: the most it may have to read."""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import ColumnElement, Table, func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.archive.database import opened, prepare
from services.archive.missed import Sought, callers
from services.archive.queries import After, search
from services.archive.schema import CALLS, MET
from services.archive.service import Filler
from services.archive.wanted import Wanted
from services.domain import region
from tests import bench_export
from tests.archive.calls import BEGIN, WEEKS_MS, calls, put
from tests.harness import postgres, redis_server

CALLS_FILLED, RUNS = 10_000, 5
CALLS_ASKED = int(os.environ.get("HOTLINE_BENCH_CALLS", "1000000"))
Rows = dict[str, list[float]]
Exported = tuple[dict[str, float], dict[str, float]]
_DAYS = WEEKS_MS // 86_400_000
_EVERYTHING = Wanted(account="shop")
_RARE = Wanted(account="shop", digits="13800138000", rung="wang", end_states=("answered",), charge_from=4_900_000)
_SEARCHES: dict[str, Wanted] = {
    "newest": _EVERYTHING,
    "number": Wanted(account="shop", number="02161234567"),
    "last digits": Wanted(account="shop", digits="4567"),
    "agent": Wanted(account="shop", rung="li"),
    "group": Wanted(account="shop", came_to="sales"),
    "end state": Wanted(account="shop", end_states=("voicemail",)),
    "province": Wanted(account="shop", province="上海"),
    "city": Wanted(account="shop", province="上海", city="上海"),
    "cost": Wanted(account="shop", charge_from=4_980_000),
    "any cost": Wanted(account="shop", charge_from=10_000),
    "no such cost": Wanted(account="shop", charge_from=1_000_000_000),
    "missed": Wanted(account="shop", missed=True),
    "agent and group": Wanted(account="shop", rung="li", came_to="service"),
    "a day": Wanted(account="shop", since=BEGIN, until=BEGIN + 86_400_000),
    "all of it together": _RARE,
    "nobody": Wanted(account="shop", digits="13700137000"),
    "nobody's last digits": Wanted(account="shop", digits="70136"),
    "no such agent": Wanted(account="shop", rung="nobody"),
}


async def measured() -> tuple[Rows, dict[str, Rows], Exported]:
    """Calls a second, by the clock; milliseconds of each query, by database; and how SQLite's become a file."""
    region.load()
    filled: Rows = {}
    asked: dict[str, Rows] = {}
    async with _databases() as databases, redis_server.running() as server, Redis.from_url(server.url) as redis:
        await put(redis, [replace(call, account="shop") for call in calls(CALLS_FILLED, 1)])
        for name, engine in databases.items():
            began = time.perf_counter()
            await Filler(redis, engine).catch_up()
            filled[name] = [CALLS_FILLED / (time.perf_counter() - began)]
            await _multiply(engine)
            async with engine.connect() as connection:
                asked[name] = await _asked(connection)
        exported = await bench_export.measured(databases["SQLite"], _EVERYTHING, CALLS_ASKED)
    return filled, asked, exported


@asynccontextmanager
async def _databases() -> AsyncIterator[dict[str, AsyncEngine]]:
    async with postgres.running() as server:
        with tempfile.TemporaryDirectory() as folder:
            file = f"sqlite:///{Path(folder)}/archive.db"
            async with opened(file) as sqlite, opened(await server.database()) as postgresql:
                await prepare(sqlite)
                await prepare(postgresql)
                yield {"SQLite": sqlite, "PostgreSQL": postgresql}


async def _multiply(engine: AsyncEngine) -> None:
    """The same calls again, some weeks later each time."""
    for time_around in range(1, CALLS_ASKED // CALLS_FILLED):
        changed: dict[str, Any] = {
            "id": CALLS.c.id + time_around * CALLS_FILLED,
            "call_id": CALLS.c.call_id + literal(f"-{time_around}"),
            "started": CALLS.c.started + time_around * WEEKS_MS,
            "day": CALLS.c.day + time_around * _DAYS,
        }
        met = {"call": MET.c.call + time_around * CALLS_FILLED, "started": MET.c.started + time_around * WEEKS_MS}
        async with engine.begin() as connection:
            await _copy(connection, CALLS, changed, CALLS.c.id <= CALLS_FILLED)
            await _copy(connection, MET, met, MET.c.call <= CALLS_FILLED)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
        count = await connection.scalar(select(func.count()).select_from(CALLS))
    assert count == max(CALLS_ASKED, CALLS_FILLED)


async def _copy(connection: AsyncConnection, table: Table, changed: dict[str, Any], of: ColumnElement[bool]) -> None:
    columns = [changed.get(column.name, column) for column in table.c]
    copies = select(*columns).where(of)
    await connection.execute(insert(table).from_select([column.name for column in table.c], copies))


async def _asked(connection: AsyncConnection) -> Rows:
    rows: Rows = {}
    for name, wanted in _SEARCHES.items():
        rows[f"search: {name}"] = await _each(lambda wanted=wanted: search(connection, wanted))  # type: ignore[misc]
    middle = After(BEGIN + WEEKS_MS * (CALLS_ASKED // CALLS_FILLED) // 2, 0)
    rows["search: a page from the middle"] = await _each(lambda: search(connection, _EVERYTHING, middle))
    for days in (1, 7, 31):
        sought = Sought(account="shop", since=BEGIN, until=BEGIN + days * 86_400_000, open_only=True)
        rows[f"missed callers of {days} days"] = await _each(lambda sought=sought: callers(connection, sought))  # type: ignore[misc]
    return rows


async def _each(work: Callable[[], Awaitable[object]]) -> list[float]:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken
