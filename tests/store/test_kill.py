"""Billing and Redis are killed at any time, under load, while files are rotated: every call has exactly one record."""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.domain.record import from_json
from services.store import checkpoints, documents, keys
from tests.harness.cel import call_id, file
from tests.harness.process import Process
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.store.entries import entries
from tests.store.test_billing import HOTLINE, SHOP, STANDARD

AT_ONCE = 40
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


SUITE, LARGE = Scale(2000, 25, 30), Scale(100_000, 50, 120)


def call_rows(number: int) -> list[bytes]:
    """A call whose total length is its number in milliseconds; of every tenth the account is not known."""
    said = f"""
    0.0  CHAN_START    caller
    0.0  CALL          caller  hotline=4008001234 caller=13800138000 name=张"三
    0.0  JOURNEY       caller  account={"shop" if number % 10 else "nobody"} version=1
    0.0  ANSWER        caller
    0.0  NODE          caller  node=welcome kind=menu
    0.0  KEYS          caller  node=welcome keys=1 outcome=match
    0.0  NODE          caller  node=sales kind=group
    0.0  OFFER         caller  node=sales group=sales agent=li dial=1001
    0.0  CHAN_START    1001
    0.0  DIAL          1001    dial=1001
    0.0  ANSWER        1001
    0.0  BRIDGE_ENTER  1001
    {number / 1000}  HANGUP        1001    cause=16 source=1001
    {number / 1000}  HANGUP        caller  cause=16 source=1001
    {number / 1000}  LINKEDID_END  caller
    """
    return file(said, number).splitlines(keepends=True)


def interleaved(scale: Scale, chance: random.Random) -> Iterator[bytes]:
    """The rows of all calls, each call's in order, with so many calls going on at once."""
    waiting = (call_rows(number) for number in range(1, scale.calls + 1))
    going_on = [next(waiting) for _ in range(AT_ONCE)]
    while going_on:
        rows = chance.choice(going_on)
        yield rows.pop(0)
        if not rows:
            going_on.remove(rows)
            going_on += [more for more in [next(waiting, None)] if more]


def pieces(scale: Scale, chance: random.Random) -> list[bytes]:
    """The file's bytes, cut anywhere: one piece to begin and one to end with, two for each life of billing."""
    data = b"".join(interleaved(scale, chance))
    cuts = sorted(chance.sample(range(len(data)), 2 * scale.kills + 1))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


class Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._rotations = 0

    def append(self, data: bytes) -> None:
        with (self._path / "hotline.csv").open("ab") as live:
            live.write(data)

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
    async with asyncio.timeout(30):
        while await written(redis) < goal:
            pass


@pytest.mark.parametrize("scale", [SUITE, pytest.param(LARGE, marks=pytest.mark.large)], ids=["suite", "large"])
async def test_every_call_has_exactly_one_record(
    scale: Scale, redis: Redis, server: RedisServer, tmp_path: Path
) -> None:
    chance = random.Random(20260302)
    await documents.apply(redis, [SHOP, STANDARD, HOTLINE])
    cel = tmp_path / "cel"
    cel.mkdir()
    folder = Folder(cel)
    env = {"HOTLINE_REDIS_URL": server.url, "HOTLINE_CEL_DIR": str(cel), "HOTLINE_PBX": "pbx1"}
    process = Process("billing", [sys.executable, "-c", SERVE], tmp_path, env)
    first, *rest = pieces(scale, chance)
    folder.append(first)
    try:
        for life in range(scale.kills):
            await process.start()
            before = await written(redis)
            folder.append(rest.pop(0))
            folder.append(folder.rotate_after_a_row(rest.pop(0)))
            if life == scale.kills // 2:
                await reached(redis, before + 1)
                await server.kill()
                await server.start()
            await reached(redis, before + chance.randrange(2, scale.each_life // 2))
            await process.kill()
        folder.append(rest.pop(0))
        await process.start()

        async def all_read() -> bool:
            checkpoint = await checkpoints.get(redis, "pbx1")
            return checkpoint is not None and checkpoint.offset == folder.size

        await until(all_read, "billing to have read everything", deadline=scale.seconds)
    finally:
        await process.stop()

    found = [
        fields for stream in (keys.RATED_STREAM, keys.UNRATED_STREAM) for _, fields in await entries(redis, stream)
    ]
    counts = Counter(fields[b"call_id"].decode() for fields in found)
    assert counts == Counter(call_id(number) for number in range(1, scale.calls + 1))
    for fields in found:
        record = from_json(fields[b"record"])
        assert call_id(record.total_ms) == record.call_id
        assert (record.end_state, record.agent) == ("answered", "li")
        assert (b"reason" in fields) == (record.account == "nobody")
