"""A table as XLSX (ISO/IEC 29500), sent while its rows are still being read.

The library makes a book that has one row, of empty cells, as the model of each column. It is packed again with the
real rows in the place of that one: a ZIP file can be written without ever going back, as each entry's length may
follow the entry.
"""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final
from xml.sax.saxutils import escape

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from services.console.export import Column, Kind, Pages, Row
from services.console.texts import local
from services.domain import money

MOST_IN_XLSX = 1_048_575
"""Rows of a sheet, the head apart."""
_SHEET: Final = "xl/worksheets/sheet1.xml"
_LEVEL = 1
"""Of packing: the rows are alike enough."""
_DAY = 86_400
_EPOCH = 25_569
"""1970 began so many days after Excel's times did."""
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What a text has as ``_xHHHH_`` instead (ST_Xstring), and what would look so by itself."""


async def xlsx_of(columns: Sequence[Column], pages: Pages) -> AsyncGenerator[bytes, None]:
    """Nothing comes before the first page is there."""
    book = await asyncio.to_thread(_Book, columns)
    try:
        async for rows in pages:
            if piece := await asyncio.to_thread(book.add, rows):
                yield piece
        yield await asyncio.to_thread(book.finish)
    finally:
        book.close()


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
    """One sheet with a frozen head. Packs, and so blocks."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._sink = _Sink()
        self._packed = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        with zipfile.ZipFile(_model(columns)) as model:
            for name in model.namelist():
                if name != _SHEET:
                    self._packed.writestr(name, model.read(name))
            sheet = model.read(_SHEET).decode()
        # Its extent stands at its beginning, where nobody knows it yet; it may be left out.
        before, cells, self._after = re.split(r'<row r="2"[^>]*>(.*)</row>', re.sub("<dimension[^>]*>", "", sheet))
        styles = re.findall(r's="(\d+)"', cells)
        self._cells = [
            (f'<c r="{xl_col_to_name(number)}', f'" s="{style}"', _WRITTEN[column.kind])
            for number, (column, style) in enumerate(zip(columns, styles, strict=True))
        ]
        self._row = 1
        self._open = self._packed.open(_SHEET, "w")
        self._open.write(before.encode())

    def add(self, rows: Sequence[Row]) -> bytes:
        """As much of the file as can be sent by now."""
        self._open.write("".join(map(self._written, rows)).encode())
        return self._sink.taken()

    def finish(self) -> bytes:
        """The rest of the file."""
        self._open.write(self._after.encode())
        self.close()
        return self._sink.taken()

    def close(self) -> None:
        self._open.close()
        self._packed.close()

    def _written(self, row: Row) -> str:
        self._row += 1
        cells = [
            f"{cell}{self._row}{style}{write(value)}</c>"
            for (cell, style, write), value in zip(self._cells, row, strict=True)
            if value is not None
        ]
        return f'<row r="{self._row}">{"".join(cells)}</row>'


class _Sink(io.RawIOBase):
    """Cannot be gone back in: by that the packer knows that it is not to."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _model(columns: Sequence[Column]) -> io.BytesIO:
    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True, "bottom": 1})
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.title, head)
            sheet.write_blank(1, number, None, book.add_format(dict(_FORMATS[column.kind])))
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return file


def _text(text: str) -> str:
    """Never a formula: its type says so."""
    stored = escape(_NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{stored}</t></is>'


def _number(text: str) -> str:
    return f"><v>{text}</v>"


def _time(at: int) -> str:
    """XLSX knows no time zones: as in China, of whole seconds."""
    seconds = local(at // 1000 * 1000).replace(tzinfo=UTC).timestamp()
    return _number(f"{_EPOCH + seconds / _DAY:.10f}")


_WRITTEN: Mapping[Kind, Callable[[Any], str]] = {
    "text": _text,
    "digits": _text,
    "whole": lambda number: _number(str(number)),
    "share": lambda share: _number(repr(share)),
    "seconds": lambda ms: _number(str(ms / 1000)),
    "time": _time,
    "money": lambda millionths: _number(money.text(millionths)),
}
