"""Billing and Redis are killed at any time, under load, while files are rotated and money is topped up.

Every call has exactly one record, and every account's book is what its calls, packages and top-ups add up to.
"""

import asyncio
import json
import random
import sys
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from services.domain import book
from services.domain.documents import Account, Document
from services.domain.package import Package
from services.store import books, checkpoints, documents, keys
from tests.harness.cel import call_id, file
from tests.harness.process import Process, run
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.store.entries import entries
from tests.store.test_billing import HOTLINE, SHOP, STANDARD

APART_MS = 20
"""One call begins so long after another."""
LATE_MS = 2000
SERVE = """
import asyncio
from services import billing
from services.settings import Settings
asyncio.run(billing.run(Settings(), asyncio.Event()))
"""


@dataclass(frozen=True)
class Scale:
    calls: int
    kills: int
    seconds: float
    """In which all that is left after the last kill is read."""

    @property
    def each_life(self) -> int:
        """Calls that are written to the file in one life of billing."""
        return self.calls // self.kills

    @property
    def included(self) -> dict[str, dict[str, int]]:
        """Minutes of each account's packages, by account and package, first drawn first; all but the last run out."""
        few = self.calls // 20
        return {"minutes": {"one": 2 * few}, "prepaid": {}, "both": {"first": few, "then": 100 * few}}


SUITE, LARGE = Scale(2000, 25, 30), Scale(100_000, 50, 120)
DAY = date(2026, 3, 2)
FEE, RATE, TOP_UP = Decimal("30.50"), Decimal("0.12"), Decimal("0.75")
TOPPED_UP = ("prepaid", "both")
OWNERS = ("nobody", "shop", "shop", "shop", "minutes", "minutes", "prepaid", "prepaid", "both", "both")


def owner(number: int) -> str:
    """Whose call it is; ``nobody`` is no account that is known."""
    return OWNERS[number % len(OWNERS)]


def agreed(scale: Scale) -> list[Document]:
    packages = [(name, minutes) for some in scale.included.values() for name, minutes in some.items()]
    return [
        *(SHOP, STANDARD, HOTLINE),
        *(account(name, list(some)) for name, some in scale.included.items()),
        *(package(name, minutes, len(packages) - rank) for rank, (name, minutes) in enumerate(packages)),
    ]


def account(name: str, packages: list[str]) -> Account:
    fields: dict[str, Any] = {"kind": "account", "id": name, "name": name, "tariff": STANDARD.id}
    fields |= {"packages": [{"package": one, "since": DAY} for one in packages], "prepaid": name in TOPPED_UP}
    return Account.model_validate(fields | {"notify": {"url": "http://x.example/", "secret": "s" * 16}})


def package(name: str, minutes: int, priority: int) -> Package:
    fields: dict[str, Any] = {
        "kind": "package",
        "id": name,
        "name": name,
        "cycle": {"months": 120, "anchor": "renewal_day"},
    }
    fields |= {"included": [{"minutes": minutes}], "fee": str(FEE), "priority": priority, "alerts": [50, 100]}
    return Package.model_validate(fields)


def call_rows(number: int) -> list[tuple[int, bytes]]:
    """A call whose total length is its number in milliseconds; each row with the time that it tells."""
    begins = number * APART_MS
    begin, end = begins / 1000, (begins + number) / 1000
    said = f"""
    {begin}  CHAN_START    caller
    {begin}  CALL          caller  hotline=4008001234 caller=13800138000 name=张"三
    {begin}  JOURNEY       caller  account={owner(number)} version=1
    {begin}  ANSWER        caller
    {begin}  NODE          caller  node=welcome kind=menu
    {begin}  KEYS          caller  node=welcome keys=1 outcome=match
    {begin}  NODE          caller  node=sales kind=group
    {begin}  OFFER         caller  node=sales group=sales agent=li dial=1001
    {begin}  CHAN_START    1001
    {begin}  DIAL          1001    dial=1001
    {begin}  ANSWER        1001
    {begin}  BRIDGE_ENTER  1001
    {end}  HANGUP        1001    cause=16 source=1001
    {end}  HANGUP        caller  cause=16 source=1001
    {end}  LINKEDID_END  caller
    """
    written = file(said, number).splitlines(keepends=True)
    return [(begins if place < len(written) - 3 else begins + number, row) for place, row in enumerate(written)]


def interleaved(scale: Scale, chance: random.Random) -> Iterator[bytes]:
    """The rows of all calls, each call's in order, and each written a little later than the time that it tells."""
    due: list[tuple[float, int, int, bytes]] = []
    for number in range(1, scale.calls + 1):
        at = 0.0
        for place, (told, row) in enumerate(call_rows(number)):
            at = max(at, told + chance.uniform(0, LATE_MS))
            due.append((at, number, place, row))
    return (row for *_, row in sorted(due))


def pieces(rows: list[bytes], scale: Scale, chance: random.Random) -> list[bytes]:
    """The file's bytes, cut anywhere: one piece to begin and one to end with, two for each life of billing."""
    data = b"".join(rows)
    cuts = sorted(chance.sample(range(len(data)), 2 * scale.kills + 1))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


class Folder:
    def __init__(self, path: Path, rows: list[bytes]) -> None:
        self._path = path
        self._rotations = 0
        self._appended = 0
        self._ends = [end for end, row in zip(accumulate(map(len, rows)), rows, strict=True) if b"LINKEDID_END" in row]

    @property
    def ended(self) -> int:
        """Calls whose last row has been written."""
        return bisect(self._ends, self._appended)

    def append(self, data: bytes) -> None:
        with (self._path / "hotline.csv").open("ab") as live:
            live.write(data)
        self._appended += len(data)

    def rotate_after_a_row(self, data: bytes) -> bytes:
        """Asterisk never splits a row over two files: writes up to a row's end, rotates, gives back the rest."""
        end = data.rfind(b"\n") + 1
        self.append(data[:end])
        for number in range(self._rotations, 0, -1):
            (self._path / f"hotline.csv.{number}").rename(self._path / f"hotline.csv.{number + 1}")
        (self._path / "hotline.csv").rename(self._path / "hotline.csv.1")
        self._rotations += 1
        return data[end:]

    @property
    def size(self) -> int:
        return (self._path / "hotline.csv").stat().st_size


async def written(redis: Redis) -> int:
    rated: int = await redis.xlen(keys.RATED_STREAM)
    unrated: int = await redis.xlen(keys.UNRATED_STREAM)
    return rated + unrated


async def reached(redis: Redis, goal: int) -> None:
    """Returns at once when so many are written, which mostly is in the middle of a batch."""
    deadline = asyncio.get_running_loop().time() + 30
    while await written(redis) < goal:
        assert asyncio.get_running_loop().time() < deadline, f"{await written(redis)} are written, not {goal}"


async def top_up(redis: Redis) -> None:
    """While billing changes the same books."""
    for name in TOPPED_UP:
        await books.change(redis, name, lambda now: book.top_up(now, int(TOP_UP * 1_000_000), DAY, ""))


@pytest.mark.parametrize("scale", [SUITE, pytest.param(LARGE, marks=pytest.mark.large)], ids=["suite", "large"])
async def test_every_call_has_exactly_one_record(
    scale: Scale, redis: Redis, server: RedisServer, tmp_path: Path
) -> None:
    chance = random.Random(20260302)
    await documents.apply(redis, agreed(scale))
    cel = tmp_path / "cel"
    cel.mkdir()
    rows = list(interleaved(scale, chance))
    folder = Folder(cel, rows)
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_CEL_DIR": str(cel), "HOTLINE_PBX": "pbx1"}
    process = Process("billing", [sys.executable, "-c", SERVE], tmp_path, env)
    first, *rest = pieces(rows, scale, chance)
    folder.append(first)
    try:
        for life in range(scale.kills):
            await process.start()
            before = await written(redis)
            folder.append(rest.pop(0))
            folder.append(folder.rotate_after_a_row(rest.pop(0)))
            if life == scale.kills // 2:
                await reached(redis, min(before + 1, folder.ended))
                await server.kill()
                await server.start()
            await reached(redis, min(before + 2, folder.ended))
            await top_up(redis)
            await reached(redis, min(before + chance.randrange(2, scale.each_life // 2), folder.ended))
            await process.kill()
        folder.append(rest.pop(0))
        await process.start()

        async def all_read() -> bool:
            checkpoint = await checkpoints.get(redis, "pbx1")
            return checkpoint is not None and checkpoint.offset == folder.size

        await until(all_read, "billing to have read everything", deadline=scale.seconds)
    finally:
        await process.stop()
    records = await every_call_stands_once(redis, scale)
    await every_book_adds_up(redis, server, scale, records)


async def every_call_stands_once(redis: Redis, scale: Scale) -> list[dict[str, Any]]:
    """Gives the records of the calls that were charged."""
    rated = [fields for _, fields in await entries(redis, keys.RATED_STREAM)]
    unrated = [fields for _, fields in await entries(redis, keys.UNRATED_STREAM)]
    counts = Counter(fields[b"call_id"].decode() for fields in rated + unrated)
    assert counts == Counter(call_id(number) for number in range(1, scale.calls + 1))
    records = [json.loads(fields[b"record"]) for fields in rated + unrated]
    for record in records:
        number = record["total_ms"]
        assert (record["call_id"], record["account"]) == (call_id(number), owner(number))
        assert (record["end_state"], record["agent"]) == ("answered", "li")
    assert {record["account"] for record in records[len(rated) :]} == {"nobody"}
    return records[: len(rated)]


async def every_book_adds_up(redis: Redis, server: RedisServer, scale: Scale, records: list[dict[str, Any]]) -> None:
    """To what is reckoned here from the calls that went in, and to what the streams say."""
    minutes = Counter[str]()
    for number in range(1, scale.calls + 1):
        minutes[owner(number)] += -(-number // 60_000)
    charged: dict[str, Decimal] = defaultdict(Decimal)
    for record in records:
        charged[record["account"]] += Decimal(record["charge"]["total"])
    assert charged["shop"] == minutes["shop"] * RATE

    for name, included in scale.included.items():
        paid, left = minutes[name], {}
        for one, granted in included.items():
            left[one] = max(0, granted - paid)
            paid -= granted - left[one]
        topped_up = scale.kills * TOP_UP if name in TOPPED_UP else 0
        stored = (await books.get(redis, name)).book
        assert charged[name] == paid * RATE
        assert Decimal(stored.balance) / 1_000_000 == topped_up - len(included) * FEE - paid * RATE
        assert {kept.package.partition("@")[0]: sum(kept.left) // 60 for kept in stored.packages} == left

    told = [json.loads(fields[b"message"]) for _, fields in await entries(redis, keys.NOTIFY_STREAM)]
    assert len({one["id"] for one in told}) == len(told)
    hotline = str(Path(sys.executable).with_name("hotline"))
    said = await run([hotline, "doctor", "--json"], {"HOTLINE_REDIS_URL": server.url})
    doctored = [json.loads(line) for line in said.splitlines()]
    assert {one["account"]: one["drift"] for one in doctored} == {name: [] for name in scale.included}
