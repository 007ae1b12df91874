"""Books what every call costs into SQLite, once, whichever of any number of these dies when: docs/cdr-stream.md.

python invoicing.py redis://127.0.0.1:6379/0 invoices.db one
python invoicing.py redis://127.0.0.1:6379/0 invoices.db one --since 2026-03-01T00:00:00+08:00
"""

import argparse
import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

GROUP, DEAD = "invoicing", "invoicing:dead"
SCHEMA = 1  # the edition of the records that this program was written for
DELIVERIES = 5  # after so many an entry that cannot be booked is put aside
BATCH, WAIT_MS, PAUSE_SECONDS = 100, 5000, 1.0

Booking = tuple[str, str, str, str]
"""Key, account, currency, amount. What has the same key is the same thing, however often it comes."""
log = logging.getLogger("invoicing")


class Entry(NamedTuple):
    stream: str
    id: bytes
    fields: dict[Any, Any]
    deliveries: int

    def __str__(self) -> str:
        return f"entry {self.id.decode()} of {self.stream}"


def call(fields: dict[Any, Any]) -> Booking | None:
    """Fields that are not known here are passed over. None: there is nobody to charge."""
    record = json.loads(fields[b"record"])
    charge = record["charge"]
    return charge and (record["call_id"], record["account"], charge["currency"], str(Decimal(charge["total"])))


def correction(fields: dict[Any, Any]) -> Booking | None:
    found = json.loads(fields[b"correction"])
    return found["id"], found["account"], found["currency"], str(Decimal(found["amount"]))


STREAMS = {"cdr:rated": call, "cdr:corrections": correction}


def open_books(path: str) -> sqlite3.Connection:
    books = sqlite3.connect(path, timeout=30)
    columns = "key TEXT PRIMARY KEY, account TEXT NOT NULL, currency TEXT NOT NULL, amount TEXT NOT NULL"
    books.execute(f"CREATE TABLE IF NOT EXISTS bookings ({columns})")
    return books


async def begin(redis: Redis, since: int | None = None) -> None:
    """``since``: what was written from then on (milliseconds since 1970) is delivered again."""
    for stream in STREAMS:
        try:
            await redis.xgroup_create(stream, GROUP, id="0", mkstream=True)  # "0": all there is
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):  # it exists: nothing to do
                raise
        if since is not None:
            await redis.xgroup_setid(stream, GROUP, f"{max(since - 1, 0)}-{2**64 - 1}")


async def work(redis: Redis, books: sqlite3.Connection, name: str, stale_ms: int, wait_ms: int | None) -> None:
    """First what somebody, maybe this one before it was killed, was given and has left lying; then what is new."""
    for stream in STREAMS:
        async for entry in left_lying(redis, stream, name, stale_ms):
            await handle(redis, books, entry)
    fresh: Any = await redis.xreadgroup(GROUP, name, dict.fromkeys(STREAMS, ">"), count=BATCH, block=wait_ms)
    for stream, entries in fresh:
        for entry_id, fields in entries:
            await handle(redis, books, Entry(stream.decode(), entry_id, fields, 1))


async def left_lying(redis: Redis, stream: str, name: str, stale_ms: int) -> AsyncIterator[Entry]:
    """Taken over one by one: if this process dies, too, only the entry that it died of has one more delivery."""
    cursor: Any = None
    while cursor != b"0-0":
        cursor, entries, trimmed = await redis.xautoclaim(stream, GROUP, name, stale_ms, cursor or "0-0", count=1)
        for entry_id in trimmed:
            log.error("entry %s of %s was trimmed before it was booked", entry_id.decode(), stream)
        for entry_id, fields in entries:
            for pending in await redis.xpending_range(stream, GROUP, entry_id, entry_id, 1):
                yield Entry(stream, entry_id, fields, int(pending["times_delivered"]))


async def handle(redis: Redis, books: sqlite3.Connection, entry: Entry) -> None:
    try:
        if int(entry.fields[b"schema"]) > SCHEMA:
            raise SystemExit(f"{entry} has a newer schema: read docs/cdr-stream.md before anything of it is booked")
        if entry.deliveries > DELIVERIES:
            raise ValueError("whoever tries to book it dies")
        await book(books, STREAMS[entry.stream](entry.fields))
    except (KeyError, TypeError, ValueError, ArithmeticError, sqlite3.Error) as error:
        log.warning("%s, delivery %d: %r", entry, entry.deliveries, error)
        if entry.deliveries >= DELIVERIES:
            async with redis.pipeline(transaction=True) as pipe:  # in one step: never both or neither
                pipe.xadd(DEAD, {**entry.fields, "stream": entry.stream, "entry": entry.id, "reason": repr(error)})
                pipe.xack(entry.stream, GROUP, entry.id)
                await pipe.execute()
    else:
        await redis.xack(entry.stream, GROUP, entry.id)  # only now: what is booked and not acknowledged comes again


async def book(books: sqlite3.Connection, booking: Booking | None) -> None:
    while booking:
        try:
            with books:
                books.execute("INSERT INTO bookings VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING", booking)
            booking = None
        except sqlite3.OperationalError as error:  # locked, or the disk is full: not the entry's fault
            log.warning("the books cannot be written: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)


async def serve(options: argparse.Namespace) -> None:
    since = options.since and int(options.since.timestamp() * 1000)
    redis = Redis.from_url(options.redis, socket_timeout=WAIT_MS / 1000 + 5)
    books = open_books(options.books)
    while True:
        try:
            await begin(redis, since)
            since = None
            while True:
                await work(redis, books, options.name, options.stale_ms, min(options.stale_ms, WAIT_MS))
        except RedisError as error:  # away, or it has lost the group in a crash: begins again
            log.warning("Redis: %s", error)
            await asyncio.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Books every rated call, and every correction, once.")
    parser.add_argument("redis", help="redis://host:port/db")
    parser.add_argument("books", help="the SQLite file")
    parser.add_argument("name", help="who this is, among those that run at once")
    parser.add_argument("--since", type=datetime.fromisoformat, help="begin again with what was written from then on")
    parser.add_argument("--stale-ms", type=int, default=60_000, help="when what another was given is taken over")
    asyncio.run(serve(parser.parse_args()))
