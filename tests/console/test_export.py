"""Exported tables, opened again."""

import csv
import gc
import io
import secrets
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any, Final

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from services.console.export import Column, Row, csv_of
from services.console.sheet import xlsx_of

COLUMNS = (
    Column("时间", "time", 19),
    Column("号码", "digits", 15),
    Column("=名", "text", 12),
    Column("次", "whole", 6),
    Column("秒", "seconds", 9),
    Column("元", "money", 9),
)
AT = 1_772_416_805_999
"""2 March 2026, 10:00:05.999 in China."""
FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
)
"""The full-width signs are formulas to a Chinese Excel."""


def row(**cells: Any) -> Row:
    plain = {"at": AT, "number": "13800138000", "name": "张三", "times": 3, "ms": 1500, "amount": 240_000}
    return tuple({**plain, **cells}.values())


async def pages(rows: Sequence[Row]) -> AsyncIterator[Sequence[Row]]:
    for begin in range(0, len(rows), 2):
        yield rows[begin : begin + 2]


async def as_csv(rows: Sequence[Row]) -> list[list[str]]:
    text = b"".join([piece async for piece in csv_of(COLUMNS, pages(rows))]).decode()
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


async def made(rows: Sequence[Row]) -> io.BytesIO:
    return io.BytesIO(b"".join([piece async for piece in xlsx_of(COLUMNS, pages(rows))]))


def sheet_of(file: io.BytesIO) -> str:
    with zipfile.ZipFile(file) as book:
        assert book.testzip() is None
        return book.read("xl/worksheets/sheet1.xml").decode()


async def as_xlsx(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    file = await made(rows)
    sheet = sheet_of(file)
    cells = openpyxl.load_workbook(file).active
    assert "<f>" not in sheet
    assert all(cell.data_type != "f" for line in cells for cell in line)
    assert cells.freeze_panes == "A2"
    return [tuple(unescape(value) if isinstance(value, str) else value for value in line) for line in cells.values]


async def test_what_stands_in_the_cells() -> None:
    none = row(number=None, name=None, times=None, ms=None, amount=None)
    rows = [row(), row(amount=12_345, number="021-x"), none]
    assert await as_csv(rows) == [
        ["时间", "号码", "'=名", "次", "秒", "元"],
        ["2026-03-02 10:00:05", "13800138000", "张三", "3", "1.500", "0.24"],
        ["2026-03-02 10:00:05", "021-x", "张三", "3", "1.500", "0.012345"],
        ["2026-03-02 10:00:05", *[""] * 5],
    ]
    assert await as_xlsx(rows) == [
        ("时间", "号码", "=名", "次", "秒", "元"),
        (datetime(2026, 3, 2, 10, 0, 5), "13800138000", "张三", 3, 1.5, 0.24),  # noqa: DTZ001 - XLSX knows no zones
        (datetime(2026, 3, 2, 10, 0, 5), "021-x", "张三", 3, 1.5, 0.012345),  # noqa: DTZ001
        (datetime(2026, 3, 2, 10, 0, 5), *(None,) * 5),  # noqa: DTZ001
    ]


@pytest.mark.parametrize("formula", FORMULAS)
async def test_no_text_becomes_a_formula(formula: str) -> None:
    [_, [_, number, name, *_]] = await as_csv([row(name=formula, number=formula)])
    assert (number[0] in "'\t", number[1:]) == (True, formula)
    assert name == f"'{formula}"
    [_, (_, number, name, *_)] = await as_xlsx([row(name=formula, number=formula)])
    assert (number, name) == (formula, formula)


@pytest.mark.parametrize("number", ["02161234567", "+442079460000", "008613800138000", "123456789012"])
async def test_numbers_that_excel_would_change_stay_texts(number: str) -> None:
    [_, [_, in_csv, *_]] = await as_csv([row(number=number)])
    assert in_csv == f"\t{number}"
    [_, (_, in_xlsx, *_)] = await as_xlsx([row(number=number)])
    assert in_xlsx == number


UNSTORABLE: Final = ("Cs", "Cc")
"""Surrogates are in no record; XLSX has other control characters in a form of its own."""


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=UNSTORABLE), max_size=30), max_size=5))
async def test_any_name_comes_out_as_it_went_in(names: list[str]) -> None:
    rows = [row(name=name) for name in names]
    assert [cells[2].removeprefix("'") for cells in (await as_csv(rows))[1:]] == [
        name.removeprefix("'") for name in names
    ]
    assert [cells[2] or "" for cells in (await as_xlsx(rows))[1:]] == names


@pytest.mark.parametrize("form", [csv_of, xlsx_of])
async def test_it_is_sent_while_it_is_read(form: Callable[..., AsyncGenerator[bytes, None]]) -> None:
    read = 0

    async def many() -> AsyncIterator[Sequence[Row]]:
        nonlocal read
        for _ in range(50):
            read += 1
            yield [row(name=secrets.token_hex(500)) for _ in range(20)]

    sent = [(read, len(piece)) async for piece in form(COLUMNS, many())]
    whole = sum(length for _, length in sent)
    when, length = sent[0]
    assert when == 1
    assert length == pytest.approx(whole / 50, rel=1)
    assert sum(length for when, length in sent if when <= 25) == pytest.approx(whole / 2, rel=0.1)


async def test_a_text_that_looks_like_a_control_character_stays_one() -> None:
    assert [cells[2] for cells in (await as_xlsx([row(name="_x0041_")]))[1:]] == ["_x0041_"]


async def test_all_rows_are_found_by_readers_that_trust_a_sheets_extent() -> None:
    book = openpyxl.load_workbook(await made([row()] * 7), read_only=True)
    assert len(list(book.active.rows)) == 8


async def test_a_sheet_says_that_outer_spaces_are_to_stay() -> None:
    sheet = sheet_of(await made([row(name=" 张三"), row(name="李四\n"), row(name="王 五")]))
    assert [text for text in ("张三", "李四", "王 五") if f'preserve">{text}' in sheet.replace("> ", ">")] == [
        "张三",
        "李四",
    ]


async def test_a_table_without_rows() -> None:
    assert [cells[0] for cells in await as_csv([])] == ["时间"]
    assert [cells[0] for cells in await as_xlsx([])] == ["时间"]


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
async def test_a_sheet_can_be_given_up() -> None:
    async def breaks() -> AsyncIterator[Sequence[Row]]:
        yield [row()]
        raise ConnectionResetError

    pieces = xlsx_of(COLUMNS, breaks())
    assert await anext(pieces)
    with pytest.raises(ConnectionResetError):
        await anext(pieces)
    pieces = xlsx_of(COLUMNS, pages([row()]))
    assert await anext(pieces)
    await pieces.aclose()
    del pieces
    gc.collect()
