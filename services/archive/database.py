"""The archive's database: SQLite or PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import delete, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.archive.schema import KEPT, METADATA, POSITIONS, VERSION, VERSIONS
from services.settings import SettingsError
from services.store.keys import CORRECTIONS_STREAM, LIVE_STREAM, RATED_STREAM

REBUILT = (RATED_STREAM, CORRECTIONS_STREAM)
"""The streams that have all that was ever on them."""
STREAMS = (*REBUILT, LIVE_STREAM)
BEGIN = "0-0"
_BUSY_SECONDS = 10
_CONNECT: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": _BUSY_SECONDS},
    "postgresql": {"connect_timeout": 5, "tcp_user_timeout": 20_000},
}
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


class VersionError(SettingsError):
    """The archive has the tables of another version."""


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[AsyncEngine]:
    """Raises SettingsError."""
    made = _url(url)
    more = _CONNECT[made.get_backend_name()]
    # What callers are and say stays out of the log.
    engine = create_async_engine(made, connect_args=more, pool_pre_ping=True, hide_parameters=True)
    if made.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _sqlite)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    try:
        yield engine
    finally:
        await engine.dispose()


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise SettingsError("HOTLINE_ARCHIVE_URL: expected sqlite:///… or postgresql://…") from None
    if url.drivername not in _DRIVERS:
        shown = url.render_as_string(hide_password=True)
        raise SettingsError(f"HOTLINE_ARCHIVE_URL: {shown!r}: expected sqlite:///… or postgresql://…")
    return url.set(drivername=_DRIVERS[url.drivername])


def _sqlite(connection: Any, _: Any) -> None:
    """Readers and the writer do not wait for each other. What a power cut takes is filled in again: NORMAL.

    The driver begins no transactions of its own, which would leave changes of tables out.
    """
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")


async def prepare(engine: AsyncEngine) -> None:
    """Makes the tables if there are none. Raises VersionError."""
    async with engine.begin() as connection:
        if await version(connection) is None:
            await _create(connection)
        found = await version(connection)
    if found != VERSION:
        where = engine.url.render_as_string(hide_password=True)
        raise VersionError(
            f"the archive {where} is of version {found}, expected {VERSION}: hotline archive rebuild makes it anew"
        )


async def version(connection: AsyncConnection) -> int | None:
    """None when there is no archive."""
    there = await connection.run_sync(lambda sync: inspect(sync).has_table(VERSIONS.name))
    return await connection.scalar(select(VERSIONS.c.version)) if there else None


async def empty(engine: AsyncEngine) -> None:
    """Whatever version it has: in one step there is a new one in its place, and calls are read from the begin.

    What agents did stays: the stream of it is cut short.
    """
    gone = [table for table in METADATA.sorted_tables if table not in KEPT]
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: METADATA.drop_all(sync, tables=gone))
        await _create(connection)


async def _create(connection: AsyncConnection) -> None:
    await connection.run_sync(METADATA.create_all)
    await connection.execute(delete(VERSIONS))
    await connection.execute(insert(VERSIONS), {"version": VERSION})
    await connection.execute(delete(POSITIONS).where(POSITIONS.c.stream.in_(REBUILT)))
    there = (await connection.scalars(select(POSITIONS.c.stream))).all()
    rows = [{"stream": stream, "entry": BEGIN, "taken": 0, "missing": 0} for stream in STREAMS if stream not in there]
    await connection.execute(insert(POSITIONS), rows)
