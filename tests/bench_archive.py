"""How quickly the archive is filled, and answers about many calls, all of one account: the most it may have to read."""

import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, get_args

from redis.asyncio import Redis
from sqlalchemy import ColumnElement, Table, Text, case, cast, func, insert, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.archive import analysis
from services.archive.analysis import Asked, Dimension
from services.archive.database import opened, prepare
from services.archive.missed import Sought, callers
from services.archive.queries import After, search
from services.archive.schema import CALLS, MET, STEPS, TALLIES, UNSERVED
from services.archive.service import Filler
from services.archive.wanted import ALL, Wanted
from services.domain import region
from services.domain.statistics.days import month_of
from tests import bench_export
from tests.archive.calls import BEGIN, calls, put
from tests.harness import postgres, redis_server

CALLS_FILLED, RUNS = 10_000, 5
CALLS_ASKED = int(os.environ.get("HOTLINE_BENCH_CALLS", "1000000"))
Rows = dict[str, list[float]]
Exported = tuple[dict[str, float], dict[str, float]]
DIMENSIONS: tuple[Dimension, ...] = tuple(dimension for dimension in get_args(Dimension) if dimension != "account")


async def _by(by: Dimension, connection: AsyncConnection, asked: Asked) -> object:
    return await analysis.figures(connection, asked, by)


_EVERYTHING = Wanted(account="shop")
_RARE = Wanted(account="shop", digits="13800138000", rung="wang", end_states=("answered",), charge_from=4_900_000)


async def _lately(connection: AsyncConnection, asked: Asked) -> object:
    return await analysis.callers(connection, replace(asked, first=asked.last - 91))


_OFTEN = ("13800138000", "02161234567")
FIRST_DAY = date(2026, 3, 2).toordinal()
Question = Callable[[AsyncConnection, Asked], Awaitable[object]]
_ANALYSES: dict[str, Question] = {
    **{f"by {by}": partial(_by, by) for by in DIMENSIONS},
    "waits, and every service level": analysis.waits,
    "talks": analysis.talks,
    "costs": analysis.costs,
    "key path": analysis.steps,
    "unserved by node and hour": analysis.unserved,
    "repeat callers of three months": _lately,
}
_OF_ONE_ACCOUNT = {"by agent", "by group", "by hotline", "key path", "repeat callers of three months"}
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
        filled_with = [replace(call, account="shop") for call in calls(CALLS_FILLED, 1)]
        await put(redis, sorted(filled_with, key=lambda call: call.ended))
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
    """The same calls again, a month later each time."""
    for time_around in range(1, CALLS_ASKED // CALLS_FILLED):
        days = _later(time_around).toordinal() - FIRST_DAY
        changed: dict[str, Any] = {
            "id": CALLS.c.id + time_around * CALLS_FILLED,
            "call_id": CALLS.c.call_id + literal(f"-{time_around}"),
            "started": CALLS.c.started + days * 86_400_000,
            "day": CALLS.c.day + days,
            "number": case((CALLS.c.number.in_(_OFTEN), CALLS.c.number), else_=_somebody(time_around)),
        }
        met = {"call": MET.c.call + time_around * CALLS_FILLED, "started": MET.c.started + days * 86_400_000}
        async with engine.begin() as connection:
            await _copy(connection, CALLS, changed, CALLS.c.id <= CALLS_FILLED)
            await _copy(connection, MET, met, MET.c.call <= CALLS_FILLED)
            for table in (TALLIES, UNSERVED, STEPS):
                later = case((table.c.day > 0, table.c.day + days), else_=table.c.day - time_around)
                of = table.c.day.between(month_of(FIRST_DAY), FIRST_DAY + 30)
                await _copy(connection, table, {"day": later}, of)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
        count = await connection.scalar(select(func.count()).select_from(CALLS))
    assert count == max(CALLS_ASKED, CALLS_FILLED)


def _later(months: int) -> date:
    whole = 12 * 2026 + 2 + months
    return date(whole // 12, whole % 12 + 1, 2)


def _somebody(time_around: int) -> ColumnElement[str]:
    """One of many numbers."""
    return literal("139") + cast(10_000_000 + (CALLS.c.id * 7919 + time_around * 104_729) % 300_000, Text)


async def _copy(connection: AsyncConnection, table: Table, changed: dict[str, Any], of: ColumnElement[bool]) -> None:
    columns = [changed.get(column.name, column) for column in table.c]
    copies = select(*columns).where(of)
    await connection.execute(insert(table).from_select([column.name for column in table.c], copies))


async def _asked(connection: AsyncConnection) -> Rows:
    rows: Rows = {}
    for name, wanted in _SEARCHES.items():
        rows[f"search: {name}"] = await _each(lambda wanted=wanted: search(connection, wanted))  # type: ignore[misc]
    middle = After(BEGIN + (_later(CALLS_ASKED // CALLS_FILLED // 2).toordinal() - FIRST_DAY) * 86_400_000, 0)
    rows["search: a page from the middle"] = await _each(lambda: search(connection, _EVERYTHING, middle))
    for days in (1, 7, 31):
        sought = Sought(account="shop", since=BEGIN, until=BEGIN + days * 86_400_000, open_only=True)
        rows[f"missed callers of {days} days"] = await _each(lambda sought=sought: callers(connection, sought))  # type: ignore[misc]
    everything: dict[str, Any] = {"first": FIRST_DAY, "last": _later(CALLS_ASKED // CALLS_FILLED).toordinal()}
    scopes = {
        "": Asked(account="shop", **everything),
        ", of one agent": Asked(account="shop", agent="li", **everything),
        ", of all accounts": Asked(account=ALL, **everything),
    }
    for scope, asked in scopes.items():
        for name, question in _ANALYSES.items():
            if asked.account is not ALL or name not in _OF_ONE_ACCOUNT:
                work = partial(question, connection, asked)
                rows[f"{name}{scope}"] = await _each(work)
    return rows


async def _each(work: Callable[[], Awaitable[object]]) -> list[float]:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken
