"""Every entry of the streams is in the archive once, whoever dies meanwhile."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import filling
from services.archive.database import VersionError, prepare
from services.archive.filling import OutrunError
from services.archive.queries import one
from services.archive.schema import ATTEMPTS, CALLS, HOPS, KEYS, METADATA, RECORDS, UNREADABLE, VERSIONS
from services.archive.service import Filler
from services.archive.wanted import ALL
from services.domain.record import Record, to_json
from services.store.keys import CORRECTIONS_STREAM, RATED_STREAM
from tests.archive.calls import calls, correct, corrected, put
from tests.harness.postgres import Postgres
from tests.harness.process import Process, run
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until

HOTLINE = str(Path(sys.executable).with_name("hotline"))


async def count(engine: AsyncEngine, table: Any) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(table)) or 0


async def charged(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.sum(CALLS.c.charge))) or 0)


def naive(records: list[Record]) -> int:
    return int(sum(Decimal(record.charge.total) for record in records if record.charge) * 1_000_000)


@asynccontextmanager
async def serving(server: RedisServer, url: str, folder: Path) -> AsyncIterator[Process]:
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url}
    process = Process("archive", [HOTLINE, "serve", "archive"], folder, env)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def test_killed_at_any_time_it_has_every_call_once(
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    chance = random.Random(7)
    records = calls(4000, 7)
    left = list(records)
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url}
    process = Process("archive", [HOTLINE, "serve", "archive"], tmp_path, env)
    try:
        for _ in range(4):
            before = await count(engine, CALLS)
            await put(redis, left[:1000])
            del left[:1000]
            await process.start()

            async def more(before: int = before) -> bool:
                process.must_run()
                return await count(engine, CALLS) > before

            if chance.random() < 0.5:
                await until(more, "a batch to be taken", 30)
            else:
                await until(lambda: started(process), "it to have loaded", 30)
                await asyncio.sleep(chance.random() * 0.2)  # no condition: anywhere
            await process.kill()
        await process.start()
        await until(lambda: has(engine, len(records)), "all to be taken", 60)
    finally:
        await process.stop()
    async with engine.connect() as connection:
        found = (await connection.scalars(select(CALLS.c.call_id).order_by(CALLS.c.id))).all()
    assert list(found) == [record.call_id for record in records]
    assert await charged(engine) == naive(records)
    assert await count(engine, RECORDS) == len(records)
    assert await count(engine, HOPS) == sum(len(record.hops) for record in records)
    assert await count(engine, ATTEMPTS) == sum(len(hop.attempts) for record in records for hop in record.hops)
    assert await count(engine, KEYS) == len(records)


async def started(process: Process) -> bool:
    """It has the driver of a database in its memory."""
    maps = await asyncio.to_thread(Path(f"/proc/{process.pid}/maps").read_text)
    return "sqlite" in maps or "psycopg" in maps


async def has(engine: AsyncEngine, wanted: int) -> bool:
    return await count(engine, CALLS) == wanted


async def test_redis_and_the_database_may_be_away(  # noqa: PLR0917 - fixtures
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine, tmp_path: Path, postgresql: Postgres
) -> None:
    records = calls(300, 1)
    await put(redis, records[:100])
    async with serving(server, url, tmp_path) as process:
        await until(lambda: has(engine, 100), "the first", 30)
        await server.kill()
        if url.startswith("postgresql"):
            await postgresql.kill()
            await postgresql.resume()
        await server.start()
        await put(redis, records[100:])
        await engine.dispose()
        await until(lambda: has(engine, 300), "the others", 30)
        await process.stop()
        assert await process.wait(1) == 0
    assert await charged(engine) == naive(records)


async def test_corrections_change_the_charge_whichever_comes_first(redis: Redis, engine: AsyncEngine) -> None:
    early, late, twice = calls(3, 2)
    await put(redis, [early, twice])
    for wrong in (corrected(early, "9.50"), corrected(late, "8.00"), corrected(twice, "7.00")):
        await correct(redis, wrong)
    await correct(redis, corrected(twice, "0.125", 2))
    await Filler(redis, engine).catch_up()
    assert await charged(engine) == 9_625_000
    await put(redis, [late])
    await Filler(redis, engine).catch_up()
    assert await charged(engine) == 17_625_000
    async with engine.connect() as connection:
        whole = await one(connection, ALL, twice.call_id)
        rated = await connection.scalar(select(func.sum(CALLS.c.rated)))
    assert whole is not None
    assert (whole.call.charge, whole.record) == (125_000, twice)
    assert [(step.number, step.charge.total) for step in whole.corrections] == [(1, "7.00"), (2, "0.125")]
    assert int(rated or 0) == naive([early, late, twice])


async def test_a_call_that_comes_again_counts_once(redis: Redis, engine: AsyncEngine) -> None:
    records = calls(3, 3)
    await put(redis, [*records, *records])
    await Filler(redis, engine).catch_up()
    await put(redis, records)
    await Filler(redis, engine).catch_up()
    assert (await count(engine, CALLS), await charged(engine)) == (3, naive(records))


BAD: list[dict[str, Any]] = [
    {"x": "y"},
    {"schema": "2", "record": "{}"},
    {"schema": "1", "record": b"\xff\x00"},
    {"schema": "1", "record": "[" * 100_000},
    {"schema": "1", "record": to_json(calls(1, 9)[0]).replace(b'"4008001234"', b'"\\u0000"')},
    {"schema": "1", "record": to_json(calls(1, 9)[0]).replace(b'"4008001234"', b'"' + b"4" * 9000 + b'"')},
    {"schema": "1", "record": to_json(calls(1, 9)[0]).replace(b'"menu_ms":5000', b'"menu_ms":' + b"9" * 25)},
]


async def test_entries_that_cannot_be_read_are_kept_apart(
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine
) -> None:
    records = calls(2, 4)
    await put(redis, records[:1])
    for bad in BAD:
        await redis.xadd(RATED_STREAM, cast("Any", bad))
    await redis.xadd(CORRECTIONS_STREAM, {"correction": "{}"})
    await put(redis, records[1:])
    await Filler(redis, engine).catch_up()
    assert (await count(engine, CALLS), await count(engine, UNREADABLE)) == (2, len(BAD) + 1)
    with pytest.raises(RuntimeError, match=f"0 entries were gone .* {len(BAD) + 1} cannot be read") as said:
        await run([HOTLINE, "archive", "status"], {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url})
    assert f"cdr:rated: {2 + len(BAD)} entries taken, 0 behind" in str(said.value)


async def test_entries_that_were_trimmed_are_told(
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    records = calls(30, 5)
    await put(redis, records[:10])
    await Filler(redis, engine).catch_up()
    await put(redis, records[10:])
    await redis.xtrim(RATED_STREAM, maxlen=15, approximate=False)
    await Filler(redis, engine).catch_up()
    assert await count(engine, CALLS) == 25
    assert "5 entries of cdr:rated were gone before they were archived" in caplog.text
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url}
    with pytest.raises(RuntimeError, match="15 of cdr:rated"):
        await run([HOTLINE, "archive", "rebuild"], env)
    assert await count(engine, CALLS) == 25, "nothing was emptied"
    with pytest.raises(RuntimeError, match="15 entries taken\n15 entries were gone"):
        await run([HOTLINE, "archive", "rebuild", "--lose"], env)
    assert await count(engine, CALLS) == 15


async def test_redis_that_lost_all_is_told_and_the_archive_stays(
    redis: Redis, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    records = calls(20, 6)
    await put(redis, records[:10])
    filler = Filler(redis, engine)
    await filler.catch_up()
    await redis.flushall()
    await filler.catch_up()
    await filler.catch_up()
    assert caplog.text.count("Redis has lost entries") == 1
    await put(redis, records[10:])
    await filler.catch_up()
    assert await count(engine, CALLS) == 20


async def test_rebuild_makes_the_same_again_and_of_any_version(
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine
) -> None:
    records = calls(1500, 8)
    await put(redis, records)
    await correct(redis, corrected(records[0], "100.00"))
    await Filler(redis, engine).catch_up()
    before = await contents(engine)
    async with engine.begin() as connection:
        await connection.execute(update(VERSIONS).values(version=0))
        await connection.execute(text("DELETE FROM calls"))
    with pytest.raises(VersionError, match="is of version 0, expected 4: hotline archive rebuild"):
        await prepare(engine)
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url}
    with pytest.raises(RuntimeError, match="is of version 0, expected 4"):
        await run([HOTLINE, "serve", "archive"], env)
    assert await run([HOTLINE, "archive", "rebuild"], env) == "1501 entries taken\n"
    assert await contents(engine) == before
    said = await run([HOTLINE, "archive", "status", "--json"], env)
    assert [json.loads(line)["behind"] for line in said.splitlines()] == [0, 0, 0]


async def test_rebuild_while_the_service_runs(
    redis: Redis, server: RedisServer, url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    records = calls(3000, 11)
    await put(redis, records)
    async with serving(server, url, tmp_path):
        await until(lambda: has(engine, 3000), "all to be taken", 30)
        env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": url}
        assert await run([HOTLINE, "archive", "rebuild"], env) == "3000 entries taken\n"
        await until(lambda: has(engine, 3000), "all to be there again", 30)
    assert await charged(engine) == naive(records)


async def contents(engine: AsyncEngine) -> dict[str, list[Any]]:
    async with engine.connect() as connection:
        return {
            table.name: sorted(map(repr, await connection.execute(select(table)))) for table in METADATA.sorted_tables
        }


async def test_two_who_fill_do_not_write_twice(redis: Redis, engine: AsyncEngine) -> None:
    records = calls(20, 10)
    await put(redis, records)
    _, at, _ = await filling.positions(engine)
    page = await filling.page(redis, at)
    await Filler(redis, engine).catch_up()
    with pytest.raises(OutrunError):
        await filling.take(engine, at, page)
    assert await count(engine, CALLS) == 20


async def test_no_archive_and_no_such_database(server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_ARCHIVE_URL": "mysql://me:secret@x/y"}
    with pytest.raises(RuntimeError, match=r"'mysql://me:\*\*\*@x/y': expected sqlite:///… or postgresql://…"):
        await run([HOTLINE, "serve", "archive"], env)
    with pytest.raises(RuntimeError, match="there is no archive yet"):
        await run([HOTLINE, "archive", "status"], env | {"HOTLINE_ARCHIVE_URL": f"sqlite:///{tmp_path}/a.db"})
