"""``hotline tail`` and ``hotline records export`` on a real stream."""

import asyncio
import csv
import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from pyarrow import parquet
from redis.asyncio import Redis

from services.store import ledger, records
from services.store.ledger import Entry
from tests.harness.process import run
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import charged
from tests.unit.domain.test_rating import CALL

HOTLINE = str(Path(sys.executable).with_name("hotline"))
CHARGE = charged("0.12")


async def write(redis: Redis, *numbers: int, account: str = "shop") -> None:
    calls = [replace(CALL, call_id=str(number), account=account, charge=CHARGE) for number in numbers]
    await ledger.commit(redis, [Entry(call) for call in calls])


async def test_pages_follow_each_other(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "PAGE", 2)
    await write(redis, *range(5))
    found = [one async for one in records.written(redis)]
    assert [one.record.call_id for one in found] == ["0", "1", "2", "3", "4"]
    assert [one.record.call_id async for one in records.written(redis, found[-1].written + 1)] == []
    assert [one async for one in records.written(redis, until=found[0].written)] == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
async def test_export(redis: Redis, server: RedisServer, tmp_path: Path, form: str) -> None:
    await write(redis, 1, 2)
    await write(redis, 3, account="other")
    path = tmp_path / f"calls.{form}"
    command = [HOTLINE, "records", "export", str(path), "--format", form, "--account", "shop"]
    said = await run(command, {"HOTLINE_REDIS_URL": server.url})
    assert said == f"2 records in {path}\n"
    if form == "csv":
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert [(row["call_id"], row["total"]) for row in rows] == [("1", "0.12"), ("2", "0.12")]
        assert rows[0]["started"] == "2026-03-02T02:00:00.000+00:00"
    else:
        table = parquet.read_table(path)
        assert table.column("total").to_pylist() == [Decimal("0.120000")] * 2
        assert str(table.schema.field("started").type) == "timestamp[ms, tz=UTC]"


async def test_a_failed_export_leaves_what_was_there(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    await redis.xadd("cdr:rated", {"record": "no record"})
    path = tmp_path / "calls.csv"
    path.write_text("yesterday's")
    with pytest.raises(RuntimeError, match=r"exited 1: entry \d+-0 of cdr:rated is no record"):
        await run([HOTLINE, "records", "export", str(path)], {"HOTLINE_REDIS_URL": server.url})
    assert not await asyncio.to_thread(path.with_name(".calls.csv.new").exists)
    assert path.read_text() == "yesterday's"


async def test_tail_shows_what_comes(redis: Redis, server: RedisServer) -> None:
    await write(redis, 1)
    process = await asyncio.create_subprocess_exec(
        *(HOTLINE, "tail", "--json", "--account", "shop"),
        env={"HOTLINE_REDIS_URL": server.url},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    try:
        async with asyncio.timeout(20):
            while not [client for client in await redis.client_list() if client["cmd"] == "xread"]:
                await asyncio.sleep(0.02)
            await write(redis, 2, account="other")
            await write(redis, 3)
            assert json.loads(await process.stdout.readline())["call_id"] == "3"
    finally:
        process.terminate()
        await process.wait()
