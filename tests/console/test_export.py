"""Exported tables, opened again."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from services.console.export import Column, Row, csv_of, xlsx_of

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


async def as_xlsx(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    async with xlsx_of(COLUMNS, pages(rows)) as path:
        with zipfile.ZipFile(path) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        cells = openpyxl.load_workbook(path).active
    assert "<f>" not in sheet
    assert not path.exists()
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


async def test_nothing_is_left_when_it_is_broken_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def breaks() -> AsyncIterator[Sequence[Row]]:
        yield [row()]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        async with xlsx_of(COLUMNS, breaks()):
            raise AssertionError
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240
