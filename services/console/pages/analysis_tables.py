"""The numbers of one chart: a table, which the browser draws the chart from, and which is also a file."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from services.console import export
from services.console.texts import Texts
from services.domain import money

Kind = export.Kind
Drawing = Literal["bars", "map", "heat", "flow", "none"]
"""``bars``: what a column's ``drawn`` says, over the rows; ``heat``: rows over columns; ``flow``: the rows' ways."""
Drawn = Literal["bar", "stack", "line", ""]
_WIDTHS = {"text": 24, "time": 20}


@dataclass(frozen=True, slots=True)
class Column:
    """``title`` in the reader's language. ``drawn`` empty: stands in the table only."""

    title: str
    kind: Kind = "whole"
    drawn: Drawn = ""


@dataclass(frozen=True, slots=True)
class Row:
    """``key``: what the first cell stands for, where the chart has to know it."""

    cells: Sequence[Any]
    key: str = ""
    total: bool = False
    """Of all other rows: not drawn."""
    way: Sequence[tuple[str, str]] = ()
    """Of a flow: id and label of each place that the calls of this row went by; they are counted in its last cell."""


@dataclass(frozen=True, slots=True)
class Table:
    id: str
    title: str
    drawing: Drawing
    columns: Sequence[Column]
    rows: Sequence[Row] = field(repr=False)
    note: str = ""

    def number(self, row: Row, place: int) -> str:
        """What the chart draws; empty for what is not known."""
        value, kind = row.cells[place], self.columns[place].kind
        if value is None or kind in {"text", "digits"}:
            return ""
        return money.text(value) if kind == "money" else f"{value:.6g}" if isinstance(value, float) else str(value)


def shown(texts: Texts, kind: Kind, value: Any) -> str:
    """A cell as people read it."""
    return "–" if value is None else _SHOWN[kind](texts, value)


_SHOWN: Mapping[Kind, Callable[[Texts, Any], str]] = {
    "text": lambda _, value: str(value),
    "digits": lambda _, value: str(value),
    "whole": lambda texts, value: texts.number(value),
    "share": lambda texts, value: texts.percent(value),
    "seconds": lambda texts, value: texts.duration(value),
    "time": lambda texts, value: texts.time(value, "yyyy-MM-dd HH:mm"),
    "money": lambda texts, value: texts.money(Decimal(money.text(value))),
}


async def csv_of(table: Table) -> AsyncIterator[bytes]:
    columns = [export.Column(one.title, one.kind, _WIDTHS.get(one.kind, 12)) for one in table.columns]

    async def pages() -> AsyncIterator[list[export.Row]]:
        yield [row.cells for row in table.rows]

    async for part in export.csv_of(columns, pages()):
        yield part
