"""Tables as files for spreadsheets, made page by page: however many rows there are, few are in memory (docs/calls.md).

No cell is ever a formula: in XLSX each has its type, in CSV a text that would be one gets a quote ahead of it.
"""

import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.console.texts import local
from services.domain import money
from services.domain.flat import harmless

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


Pages = AsyncIterator[Sequence[Row]]


async def csv_of(columns: Sequence[Column], pages: Pages) -> AsyncGenerator[bytes, None]:
    """UTF-8 with a byte order mark, lines that end with CR LF (RFC 4180), times as in China.

    Nothing comes before the first page is there.
    """
    head = BOM + _lines([[harmless(column.title) for column in columns]])
    written = [_IN_CSV[column.kind] for column in columns]
    async for rows in pages:
        lines = _lines([[_cell(write, value) for write, value in zip(written, row, strict=True)] for row in rows])
        yield (head + lines).encode()
        head = ""
    yield head.encode()


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
