"""Any result as a file, over HTTP."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import openpyxl
import pytest
from aiohttp import ClientConnectionError, ClientPayloadError
from sqlalchemy.exc import OperationalError

from services.archive.queries import Call
from services.console.api import calls, exports
from tests.console.conftest import Console
from tests.harness.archived import answered, archive, in_vain
from tests.harness.console import ACCOUNT
from tests.harness.traffic import ACCOUNT as COMPANY
from tests.harness.waiting import until

OF_COMPANY = f"/api/v1/accounts/{COMPANY}/calls"
HOSTILE = '=HYPERLINK("http://evil","x"),\r\n@a'


def read_csv(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


async def read_xlsx(body: bytes) -> list[tuple[Any, ...]]:
    book = await asyncio.to_thread(openpyxl.load_workbook, io.BytesIO(body))
    assert all(cell.data_type != "f" for line in book.active for cell in line)
    return list(book.active.values)


async def test_a_result_as_a_file_has_all_its_calls(company: Console) -> None:
    async with company.visiting("wang") as visit:
        found = json.loads((await visit.get(f"{OF_COMPANY}?state=voicemail&limit=500")).text)["calls"]
        in_csv = await visit.get(f"/accounts/{COMPANY}/calls.csv?state=voicemail", headers={"Accept-Language": "zh"})
        in_xlsx = await visit.get(f"/accounts/{COMPANY}/calls.xlsx?state=voicemail")
        api = await visit.get(f"{OF_COMPANY}.csv?state=voicemail")
    head, *rows = read_csv(in_csv.body)
    assert (head[0], head[1], head[-1]) == ("时间", "主叫号码", "通话编号")
    assert [row[-1] for row in rows] == [call["call_id"] for call in found]
    assert {row[9] for row in rows} == {"已留言"}
    assert api.body == in_csv.body
    assert in_csv.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert in_csv.headers["Content-Disposition"].startswith(f'attachment; filename="{COMPANY}-calls-')
    lines = (await read_xlsx(in_xlsx.body))[1:]
    assert [line[-1] for line in lines] == [call["call_id"] for call in found]
    assert [line[1] for line in lines] == [call["caller"] for call in found]


async def test_it_is_whole_over_many_pages(company: Console) -> None:
    async with company.visiting("wang") as visit:
        count = json.loads((await visit.get(f"{OF_COMPANY}?limit=1")).text)["count"]
        rows = read_csv((await visit.get(f"{OF_COMPANY}.csv")).body)[1:]
    assert count > 1000
    assert len({row[-1] for row in rows}) == len(rows) == count


async def test_formulas_of_callers_and_colleagues_stay_texts(console: Console) -> None:
    number = "13700000001"
    await archive(console.redis, console.archive, replace(in_vain(ACCOUNT, number), caller_name=HOSTILE))
    calls_of, missed = (f"/api/v1/accounts/{ACCOUNT}/{of}" for of in ("calls", "missed"))
    async with console.visiting("super@demo") as visit:
        assert (await visit.api("PUT", f"{missed}/{number}", {"note": HOSTILE})).status == 204
        for path, columns in ((calls_of, [2]), (missed, [2, 13])):
            [_, row] = read_csv((await visit.get(f"{path}.csv?number={number}")).body)
            assert [row[column] for column in columns] == [f"'{HOSTILE}" for _ in columns]
            [_, line] = await read_xlsx((await visit.get(f"{path}.xlsx?number={number}")).body)
            assert [str(line[column]).replace("_x000D_", "\r") for column in columns] == [HOSTILE for _ in columns]


async def test_more_than_a_sheet_holds_is_refused(company: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "MOST_IN_XLSX", 100)
    async with company.visiting("wang") as visit:
        answer = await visit.get(f"{OF_COMPANY}.xlsx")
        assert (answer.status, json.loads(answer.text)["id"]) == (413, "too_large")
        assert "100 rows" in answer.text
        page = await visit.get(f"/accounts/{COMPANY}/calls.xlsx")
        assert (page.status, page.is_page) == (413, True)


def broken(after: int) -> Callable[..., AsyncGenerator[list[Call], None]]:
    """After so many pages the archive is gone."""

    async def every(*_: object) -> AsyncGenerator[list[Call], None]:
        for _page in range(after):
            yield []
        raise OperationalError("", {}, Exception("gone"))

    return every


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_a_file_that_is_not_whole_does_not_look_so(
    company: Console, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    async with company.visiting("wang") as visit:
        monkeypatch.setattr(calls, "every", broken(1))
        with pytest.raises((ClientPayloadError, ClientConnectionError)):
            await visit.get(f"{OF_COMPANY}.{form}")
        monkeypatch.setattr(calls, "every", broken(0))
        assert (await visit.get(f"{OF_COMPANY}.{form}")).status == 503


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_it_stops_when_nobody_waits_any_more(
    console: Console, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    made = 0

    async def endless(*_: object) -> AsyncGenerator[list[Call], None]:
        nonlocal made
        try:
            while True:
                made += 1
                await asyncio.sleep(0)
                yield []
        finally:
            made = -1

    await archive(console.redis, console.archive, answered(ACCOUNT, "13700000002", "1001"))
    monkeypatch.setattr(calls, "every", endless)
    async with console.visiting("super@demo") as visit:
        asking = asyncio.create_task(visit.get(f"/api/v1/accounts/{ACCOUNT}/calls.{form}"))
        await until(lambda: _true(made > 3), "it to be at work")
        asking.cancel()
        await asyncio.wait([asking])
        await until(lambda: _true(made == -1), "it to have stopped")


async def test_there_is_an_end_to_how_many_are_made_at_once(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = 0, asyncio.Event()

    async def waits(*_: object) -> AsyncGenerator[list[Call], None]:
        nonlocal begun
        begun += 1
        await go_on.wait()
        yield []

    monkeypatch.setattr(calls, "every", waits)
    path = f"/api/v1/accounts/{ACCOUNT}/calls.csv"
    async with console.visiting("super@demo") as visit:
        running = [asyncio.create_task(visit.get(path)) for _ in range(exports.AT_ONCE)]
        await until(lambda: _true(begun == exports.AT_ONCE), "all to be at work")
        assert (await visit.get(path)).status == 429
        go_on.set()
        assert {answer.status for answer in await asyncio.gather(*running)} == {200}
        assert (await visit.get(path)).status == 200


async def _true(condition: bool) -> bool:  # noqa: FBT001
    return condition
