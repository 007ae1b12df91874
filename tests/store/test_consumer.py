"""The consumer in docs/cdr-stream.md does what the page says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from services.store import keys, ledger
from services.store.ledger import Entry
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import charged
from tests.unit.domain.test_rating import CALL

PAGE = Path(__file__).parents[2] / "docs" / "cdr-stream.md"
CHARGE = charged("0.12")


@pytest.fixture
def consumer() -> Any:
    code = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    module = ModuleType("consumer")
    exec(compile(code, str(PAGE), "exec"), module.__dict__)  # noqa: S102
    return module


@pytest.fixture
def books() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield connection


@pytest.fixture
def client(server: RedisServer) -> Iterator[BlockingRedis]:
    with BlockingRedis.from_url(server.url) as blocking:
        yield blocking


def booked(books: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return books.execute("SELECT * FROM calls ORDER BY call_id").fetchall()


async def test_each_call_is_booked_once_and_acknowledged(
    redis: Redis, consumer: Any, client: BlockingRedis, books: sqlite3.Connection
) -> None:
    await ledger.commit(redis, [Entry(replace(CALL, charge=CHARGE)), Entry(replace(CALL, call_id="2", account=None))])
    consumer.begin(client, books)
    consumer.begin(client, books)
    consumer.work(client, books, "one", wait_ms=1)
    consumer.work(client, books, "one", wait_ms=1)
    assert booked(books) == [(CALL.call_id, "shop", "0.12")]
    assert client.xpending(keys.RATED_STREAM, consumer.GROUP)["pending"] == 0


async def test_killed_between_booking_and_acknowledging_another_takes_over_and_books_nothing_twice(
    redis: Redis, consumer: Any, client: BlockingRedis, books: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.commit(redis, [Entry(replace(CALL, call_id=str(number), charge=CHARGE)) for number in range(3)])
    consumer.begin(client, books)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(client, "xack", killed)
        with pytest.raises(KeyboardInterrupt):
            consumer.work(client, books, "one", wait_ms=1)
    assert [call_id for call_id, _, _ in booked(books)] == ["0"]
    consumer.work(client, books, "two", wait_ms=1, stale_ms=0)
    assert [call_id for call_id, _, _ in booked(books)] == ["0", "1", "2"]
    assert client.xpending(keys.RATED_STREAM, consumer.GROUP)["pending"] == 0


async def test_an_unknown_schema_is_not_booked(consumer: Any, client: BlockingRedis, books: sqlite3.Connection) -> None:
    consumer.begin(client, books)
    client.xadd(keys.RATED_STREAM, {"schema": "2", "record": "{}"})
    with pytest.raises(ValueError, match="schema"):
        consumer.work(client, books, "one", wait_ms=1)
    assert booked(books) == []
