"""The consumer of docs/cdr-stream.md does what the page says, at whichever line it is killed."""

import asyncio
import importlib.util
import json
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from redis.asyncio import Redis

from services.domain.correction import correction
from services.domain.record import to_json
from services.store import corrections, keys, ledger
from services.store.ledger import Entry
from tests.harness.process import Process
from tests.harness.redis_server import RedisServer
from tests.harness.state import ROOT
from tests.harness.tariffs import charged
from tests.harness.waiting import until
from tests.unit.domain.test_rating import CALL

EXAMPLE = ROOT / "examples" / "consumer" / "invoicing.py"
STALE_MS = 200
Row = tuple[str, str, str, str]
POISON: dict[Any, Any] = {"schema": "1", "call_id": "poison", "account": "shop", "record": '{"charge": '}


@pytest.fixture(scope="module")
def consumer() -> Any:
    spec = importlib.util.spec_from_file_location("invoicing", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def books(consumer: Any) -> Iterator[sqlite3.Connection]:
    with closing(consumer.open_books(":memory:")) as connection:
        yield connection


async def written(redis: Redis, calls: range) -> None:
    """Calls that cost their number in cents; of every tenth there is nobody to charge."""
    await ledger.commit(redis, [Entry(one) for one in map(a_call, calls)])


def a_call(number: int) -> Any:
    if number % 10 == 0:
        return replace(CALL, call_id=f"call-{number}", account=None)
    return replace(CALL, call_id=f"call-{number}", charge=charged(f"{number / 100:.2f}"))


def expected(calls: range) -> list[Row]:
    return sorted((f"call-{one}", "shop", "CNY", f"{one / 100:.2f}") for one in calls if one % 10)


def booked(books: sqlite3.Connection) -> list[Row]:
    return books.execute("SELECT * FROM bookings ORDER BY key").fetchall()


async def pending(redis: Redis, consumer: Any, stream: str = keys.RATED_STREAM) -> int:
    found: Any = await redis.xpending(stream, consumer.GROUP)
    return int(found["pending"])


async def dead(redis: Redis, consumer: Any) -> list[dict[bytes, bytes]]:
    found: Any = await redis.xrange(consumer.DEAD)
    return [fields for _, fields in found]


async def test_calls_and_corrections_are_booked_once_each_and_acknowledged(
    redis: Redis, consumer: Any, books: sqlite3.Connection
) -> None:
    await written(redis, range(1, 12))
    more = correction(a_call(7), "shop", charged("0.07"), charged("0.05", 2), 1)
    assert await corrections.write(redis, more, "")
    for _ in range(2):
        await consumer.begin(redis)
        await consumer.work(redis, books, "one", STALE_MS, None)
    assert booked(books) == sorted([*expected(range(1, 12)), (more.id, "shop", "CNY", "-0.02")])
    assert await pending(redis, consumer) == await pending(redis, consumer, keys.CORRECTIONS_STREAM) == 0


async def test_a_call_that_comes_under_another_entry_id_and_fields_nobody_knows(
    redis: Redis, consumer: Any, books: sqlite3.Connection
) -> None:
    record = json.loads(to_json(a_call(1)))
    record["weather"] = record["charge"]["mood"] = {"new": ["field"]}
    for _ in range(2):
        await redis.xadd(keys.RATED_STREAM, {"schema": "1", "new": "field", "record": json.dumps(record)})
    await consumer.begin(redis)
    await consumer.work(redis, books, "one", STALE_MS, None)
    assert booked(books) == expected(range(1, 2))


class Killed(BaseException):
    """Nothing after the line is run, and what SQLite was not told to commit is gone."""


@contextmanager
def killed_before(line: int) -> Iterator[Callable[[], bool]]:
    """Ends the example before so many of its lines were run; gives whether it was."""
    left, was_killed = line, False

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left, was_killed
        if frame.f_code.co_filename != str(EXAMPLE):
            return None
        if event == "line" and not was_killed:
            left -= 1
            if left == 0:
                was_killed = True
                raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield lambda: was_killed
    finally:
        sys.settrace(before)


async def test_killed_at_every_single_line(
    redis: Redis, consumer: Any, books: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call, one without a charge, one that cannot be booked, and what a dead consumer has left."""
    monkeypatch.setattr(consumer, "DELIVERIES", 3)
    await redis.config_set("appendfsync", "no")
    line, went_through = 0, False
    while not went_through:
        line += 1
        await redis.flushdb()
        books.execute("DELETE FROM bookings")
        books.commit()
        await consumer.begin(redis)
        await written(redis, range(9, 11))
        await redis.xreadgroup(consumer.GROUP, "dead", {keys.RATED_STREAM: ">"})
        await redis.xadd(keys.RATED_STREAM, POISON)
        await written(redis, range(11, 13))
        try:
            with killed_before(line) as was_killed:
                await consumer.work(redis, books, "one", 0, None)
        except Killed:
            books.rollback()
        went_through = not was_killed()
        for _ in range(consumer.DELIVERIES):
            await consumer.work(redis, books, "two", 0, None)
        assert booked(books) == expected(range(9, 13)), line
        assert [fields[b"call_id"] for fields in await dead(redis, consumer)] == [b"poison"], line
        assert await pending(redis, consumer) == 0, line
    assert line > 60


async def test_killed_at_random_while_calls_are_written(
    redis: Redis, consumer: Any, server: RedisServer, tmp_path: Path
) -> None:
    """Two at once, killed with SIGKILL again and again; in the middle Redis dies, too."""
    chance = random.Random(20260302)
    path = tmp_path / "books.db"
    processes = [
        Process(
            name, [sys.executable, str(EXAMPLE), server.url, str(path), name, "--stale-ms", str(STALE_MS)], tmp_path
        )
        for name in ("one", "two")
    ]
    lives, each = 6, 100
    with closing(consumer.open_books(str(path))) as books:
        try:
            for life in range(lives):
                for process in processes:
                    if not process.running:
                        await process.start()
                await written(redis, range(life * each, (life + 1) * each))
                if life % 2 == 0:
                    await redis.xadd(keys.RATED_STREAM, {**POISON, "call_id": f"poison-{life}"})
                goal = len(booked(books)) + chance.randrange(1, each // 2)
                await until(lambda goal=goal: _reached(books, goal), f"{goal} bookings", 30)  # type: ignore[misc]
                await chance.choice(processes).kill()
                if life == lives // 2:
                    await server.kill()
                    await server.start()

            async def all_done() -> bool:
                letters = await dead(redis, consumer)
                return len(letters) == 3 and not await pending(redis, consumer)

            for process in processes:
                if not process.running:
                    await process.start()
            await until(all_done, "the consumers to be done", 40)
        finally:
            for process in processes:
                await process.kill()
        assert booked(books) == expected(range(lives * each))
    letters = await dead(redis, consumer)
    assert sorted(fields[b"call_id"] for fields in letters) == [b"poison-0", b"poison-2", b"poison-4"]


async def _reached(books: sqlite3.Connection, goal: int) -> bool:
    return len(booked(books)) >= goal


async def test_what_cannot_be_booked_is_put_aside_after_some_deliveries_and_holds_up_nothing(
    redis: Redis, consumer: Any, books: sqlite3.Connection
) -> None:
    entry = await redis.xadd(keys.RATED_STREAM, POISON)
    await written(redis, range(1, 3))
    await consumer.begin(redis)
    for delivery in range(1, consumer.DELIVERIES):
        await consumer.work(redis, books, "one", 0, None)
        assert (await pending(redis, consumer), await dead(redis, consumer)) == (1, []), delivery
    await consumer.work(redis, books, "one", 0, None)
    [letter] = await dead(redis, consumer)
    assert (letter[b"stream"], letter[b"entry"], letter[b"record"]) == (b"cdr:rated", entry, b'{"charge": ')
    assert b"JSONDecodeError" in letter[b"reason"]
    assert await pending(redis, consumer) == 0
    assert booked(books) == expected(range(1, 3))


async def test_what_kills_whoever_takes_it_is_put_aside_alone(
    redis: Redis, consumer: Any, books: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were given out together with it have no more deliveries than they had."""
    await written(redis, range(1, 4))
    await consumer.begin(redis)

    def deadly(fields: dict[bytes, bytes]) -> Any:
        if fields[b"call_id"] == b"call-2":
            raise Killed
        return consumer.call(fields)

    with monkeypatch.context() as patched:
        patched.setitem(consumer.STREAMS, keys.RATED_STREAM, deadly)
        for _ in range(consumer.DELIVERIES):
            with pytest.raises(Killed):
                await consumer.work(redis, books, "one", 0, None)
        await consumer.work(redis, books, "one", 0, None)
    assert [fields[b"call_id"] for fields in await dead(redis, consumer)] == [b"call-2"]
    assert booked(books) == [row for row in expected(range(1, 4)) if row[0] != "call-2"]


async def test_a_newer_schema_stops_it_and_is_left_for_the_next_version(
    redis: Redis, consumer: Any, books: sqlite3.Connection
) -> None:
    await consumer.begin(redis)
    await redis.xadd(keys.RATED_STREAM, {"schema": "2", "record": "{}"})
    for _ in range(consumer.DELIVERIES + 1):
        with pytest.raises(SystemExit, match=r"entry \S+ of cdr:rated has a newer schema"):
            await consumer.work(redis, books, "one", 0, None)
    assert (booked(books), await dead(redis, consumer), await pending(redis, consumer)) == ([], [], 1)


async def test_replay_from_any_time(redis: Redis, consumer: Any, books: sqlite3.Connection) -> None:
    for at in (1000, 2000, 3000):
        fields: dict[Any, Any] = {"schema": "1", "record": to_json(a_call(at // 1000))}
        await redis.xadd(keys.RATED_STREAM, fields, id=f"{at}-0")
    await consumer.begin(redis)
    await consumer.work(redis, books, "one", STALE_MS, None)
    books.execute("DELETE FROM bookings")
    await consumer.begin(redis, since=2000)
    await consumer.work(redis, books, "one", STALE_MS, None)
    assert booked(books) == expected(range(2, 4))


async def test_a_full_disk_is_waited_for(
    redis: Redis, consumer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is nobody's fault: the entry has no more deliveries than it had."""
    monkeypatch.setattr(consumer, "PAUSE_SECONDS", 0.01)
    path = str(tmp_path / "books.db")
    await written(redis, range(1, 2))
    await consumer.begin(redis)
    with closing(consumer.open_books(path)) as books, closing(sqlite3.connect(path)) as other:
        books.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN EXCLUSIVE")
        working = asyncio.create_task(consumer.work(redis, books, "one", STALE_MS, None))
        await asyncio.wait([working], timeout=0.2)
        assert not working.done()
        other.rollback()
        await working
        assert booked(books) == expected(range(1, 2))


async def test_what_was_trimmed_too_early_is_told(
    redis: Redis, consumer: Any, books: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    await written(redis, range(1, 2))
    await consumer.begin(redis)
    await redis.xreadgroup(consumer.GROUP, "dead", {keys.RATED_STREAM: ">"})
    await redis.xtrim(keys.RATED_STREAM, maxlen=0, approximate=False)
    await consumer.work(redis, books, "one", 0, None)
    assert "was trimmed before it was booked" in caplog.text
