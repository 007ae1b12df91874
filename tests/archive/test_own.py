"""An account's records on the stream are the same, found by the archive or by reading everybody's."""

import logging
from typing import cast

import pytest
from redis.asyncio import Redis
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.database import prepare
from services.archive.own import own
from services.archive.schema import POSITIONS
from services.archive.service import Filler
from services.domain.record import Record, from_json
from services.store import records
from services.store.keys import RATED_STREAM
from services.store.records import Found, Own
from tests.archive.calls import calls, put

ACCOUNTS = [*sorted({call.account or "" for call in calls(100, 3)}), "nobody"]


async def all_of(source: Own, since: int = 0) -> list[Found]:
    return [one async for one in source(since)]


async def archived_calls(redis: Redis, engine: AsyncEngine, count: int) -> None:
    await prepare(engine)
    await put(redis, calls(count, 3))
    await Filler(redis, engine).catch_up()


@pytest.mark.parametrize("archived", [0, 300, 700])
async def test_the_same_records_in_the_same_order(redis: Redis, engine: AsyncEngine, archived: int) -> None:
    """Whatever of the stream the archive has by then."""
    await prepare(engine)
    made = calls(700, 3)
    await put(redis, made[:archived])
    await Filler(redis, engine).catch_up()
    await put(redis, made[archived:])
    written = [one.written async for one in records.written(redis)]
    for account in ACCOUNTS:
        for since in (0, written[200], written[550], written[-1], written[-1] + 1):
            by_reading = await all_of(records.own(redis, account), since)
            assert await all_of(own(redis, engine, account), since) == by_reading
    assert await all_of(own(redis, engine, ACCOUNTS[0]))


async def test_what_is_archived_meanwhile_is_not_read_twice(redis: Redis, engine: AsyncEngine) -> None:
    """By another connection, after it was asked how far the archive is."""
    await archived_calls(redis, engine, 100)
    written = [one.entry_id async for one in records.written(redis)]
    async with engine.begin() as connection:
        before = update(POSITIONS).where(POSITIONS.c.stream == RATED_STREAM)
        await connection.execute(before.values(entry=written[50]))
    for account in ACCOUNTS:
        assert await all_of(own(redis, engine, account)) == await all_of(records.own(redis, account))


async def test_only_the_accounts_own_are_read(
    redis: Redis, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await archived_calls(redis, engine, 700)
    read: list[bytes] = []

    def counted(text: bytes) -> Record:
        read.append(text)
        return from_json(text)

    monkeypatch.setattr("services.store.records.from_json", counted)
    found = await all_of(own(redis, engine, ACCOUNTS[0]))
    assert len(read) == len(found) < 700


async def test_without_an_archive_all_are_read(
    redis: Redis, engine: AsyncEngine, caplog: pytest.LogCaptureFixture
) -> None:
    await archived_calls(redis, engine, 300)
    by_reading = await all_of(records.own(redis, ACCOUNTS[0]))
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE records"))
    with caplog.at_level(logging.WARNING):
        assert await all_of(own(redis, engine, ACCOUNTS[0])) == by_reading
    assert "all records since" in caplog.text


async def test_what_the_archive_could_not_read_is_told(redis: Redis, engine: AsyncEngine) -> None:
    """As by whoever reads the stream: nobody knows whose it is."""
    await prepare(engine)
    await put(redis, calls(10, 3))
    torn = cast("bytes", await redis.xadd(RATED_STREAM, {"schema": "1", "record": "{"})).decode()
    await Filler(redis, engine).catch_up()
    with pytest.raises(records.UnreadableError):
        await all_of(own(redis, engine, ACCOUNTS[0]))
    since = int(torn.partition("-")[0]) + 1
    assert await all_of(own(redis, engine, ACCOUNTS[0]), since) == []
