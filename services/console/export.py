"""Tables as files for spreadsheets, made page by page: however many rows there are, few are in memory (docs/calls.md).

No cell is ever a formula: in XLSX each has its type, in CSV a text that would be one gets a quote ahead of it.
"""

import asyncio
import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from xlsxwriter import Workbook

from services.console.texts import local
from services.domain import money
from services.domain.flat import harmless

MOST_IN_XLSX = 1_048_575
"""Rows of a sheet, the head apart."""
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""What Excel knows UTF-8 by."""
_MANGLED = re.compile(r"[+0]\d+|\d{12,}")
"""Telephone numbers that Excel would take for a number: it drops a 0 or + ahead, and rounds what is long."""

Kind = Literal["text", "digits", "whole", "share", "seconds", "time", "money"]
"""What a cell's value is: a text, a telephone number, an int, a part of 1, milliseconds, milliseconds since 1970,
millionths."""
Value = str | int | float | None
Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: Kind
    width: int
    """Of so many digits."""


async def csv_of(columns: Sequence[Column], pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """UTF-8 with a byte order mark, lines that end with CR LF (RFC 4180), times as in China."""
    yield (BOM + _lines([[harmless(column.title) for column in columns]])).encode()
    written = [_IN_CSV[column.kind] for column in columns]
    async for rows in pages:
        yield _lines(
            [[_cell(write, value) for write, value in zip(written, row, strict=True)] for row in rows]
        ).encode()


def _lines(rows: Sequence[Sequence[str | None]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(write: Callable[[Any], str | None], value: Value) -> str | None:
    return None if value is None else write(value)


def _digits(text: str) -> str | None:
    """A tab, which nobody sees, keeps it a text."""
    return f"\t{text}" if _MANGLED.fullmatch(text) else harmless(text)


_IN_CSV: Mapping[Kind, Callable[[Any], str | None]] = {
    "text": harmless,
    "digits": _digits,
    "whole": str,
    "share": lambda share: f"{share:.4f}",
    "seconds": lambda ms: f"{ms / 1000:.3f}",
    "time": lambda at: f"{local(at):%Y-%m-%d %H:%M:%S}",
    "money": money.text,
}


@asynccontextmanager
async def xlsx_of(columns: Sequence[Column], pages: AsyncIterator[Sequence[Row]]) -> AsyncIterator[Path]:
    """The finished file, which is gone afterwards: XLSX cannot be sent before it is complete."""
    with tempfile.TemporaryDirectory(prefix="hotline-export-") as folder:
        path = Path(folder) / "export.xlsx"
        book = await asyncio.to_thread(_Book, path, columns)
        try:
            async for rows in pages:
                await asyncio.to_thread(book.add, rows)
        except BaseException:
            book.give_up()
            raise
        await asyncio.to_thread(book.finish)
        yield path


_FORMATS: Mapping[Kind, Mapping[str, str]] = {
    "text": {"num_format": "@"},
    "digits": {"num_format": "@"},
    "whole": {"num_format": "0"},
    "share": {"num_format": "0.0%"},
    "seconds": {"num_format": "0.0"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "money": {"num_format": "0.00####"},
}


class _Book:
    """A sheet with a frozen head, written row by row into temporary files. Blocks."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False}
        self._book = Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._kinds = [(column.kind, self._book.add_format(dict(_FORMATS[column.kind]))) for column in columns]
        self._row = 0
        head = self._book.add_format({"bold": True, "bottom": 1})
        for number, column in enumerate(columns):
            self._sheet.set_column(number, number, column.width)
            self._sheet.write_string(0, number, column.title, head)
        self._sheet.freeze_panes(1, 0)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._row += 1
            for number, (value, (kind, form)) in enumerate(zip(row, self._kinds, strict=True)):
                if value is not None:
                    self._write(number, value, kind, form)

    def _write(self, column: int, value: Any, kind: Kind, form: Any) -> None:
        match kind:
            case "text" | "digits":
                self._sheet.write_string(self._row, column, value, form)
            case "time":
                self._sheet.write_datetime(self._row, column, _naive(value), form)
            case "whole" | "share":
                self._sheet.write_number(self._row, column, value, form)
            case "seconds":
                self._sheet.write_number(self._row, column, Decimal(value).scaleb(-3), form)
            case "money":
                self._sheet.write_number(self._row, column, Decimal(value).scaleb(-money.DIGITS), form)

    def finish(self) -> None:
        self._book.close()

    def give_up(self) -> None:
        """The library knows only how to finish; this is the file that it keeps open until then."""
        self._sheet.row_data_fh.close()


def _naive(at: int) -> datetime:
    """XLSX knows no time zones."""
    return local(at // 1000 * 1000).replace(tzinfo=None)
