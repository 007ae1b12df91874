"""The sums that the analyses read: kept in the step that writes the calls, by what each call adds to them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import STEPS, TALLIES, UNSERVED
from services.domain.statistics.days import month_of

Row = Mapping[str, Any]
EVERYBODY: Final = "*"
"""As ``account``: of all accounts together. No account is named so."""
ABANDONED: Final = ("abandoned_waiting", "abandoned_ringing")
"""End states: hung up while an agent was waited for, or a phone rang."""

COUNTED: Final[dict[str, str]] = {
    "end_state": "end_state",
    "week_hour": "week_hour",
    "province": "province",
    "region": "region",
    "agent": "agent",
    "wait": "wait_bin",
    "talk": "talk_bin",
}
"""``by`` of a tally, and the column of ``calls`` whose values it is by. Every call is in each but the last two."""
_PARTLY = {"wait", "talk"}
NEEDED: Final = frozenset(
    {*COUNTED.values(), "account", "kind", "hotline", "first_group", "currency", "day", "hour", "waited_ms", "talk_ms"}
    | {"wrap_ms", "billed_s", "charge", "worth", "served", "last_node", "last_kind"}
)
"""Columns of ``calls`` that are counted by."""


class Sums:
    """What is to be added to one table, by its key columns."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys = [column.name for column in table.primary_key]
        self._values = [column.name for column in table.columns if not column.primary_key]
        self._cells: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(self._values))

    def add(self, key: tuple[Any, ...], values: Iterable[int]) -> None:
        cell = self._cells[key]
        for place, value in enumerate(values):
            cell[place] += value

    def add_months(self) -> None:
        """What is added to each day is added to its month as well."""
        day = self._keys.index("day")
        for key, cell in list(self._cells.items()):
            self.add((*key[:day], month_of(key[day]), *key[day + 1 :]), cell)

    async def write(self, connection: AsyncConnection) -> None:
        names = (*self._keys, *self._values)
        rows = [dict(zip(names, (*key, *cell), strict=True)) for key, cell in self._cells.items() if any(cell)]
        if not rows:
            return
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(self._table)
        sums = {name: self._table.c[name] + adding.excluded[name] for name in self._values}
        await connection.execute(adding.on_conflict_do_update(index_elements=self._keys, set_=sums), rows)


class Counts:
    """What calls add to the tallies."""

    def __init__(self) -> None:
        self._tallies, self._unserved, self._steps = Sums(TALLIES), Sums(UNSERVED), Sums(STEPS)

    def add(self, call: Row, sign: int = 1) -> None:
        """``call``: at least what is ``NEEDED`` of a row of ``calls``. -1 takes away what it had added."""
        of = (call["kind"], call["hotline"], call["first_group"] or "", call["currency"] or "")
        of_all = (call["kind"], "", "", call["currency"] or "")
        sums = [sign * value for value in _sums(call)]
        account, day = call["account"], call["day"]
        for by, column in COUNTED.items():
            value = call[column]
            if value is None and by in _PARTLY:
                continue
            key = "" if value is None else str(value)
            self._tallies.add((account, by, day, *of, key), sums)
            if by != "agent":
                self._tallies.add((EVERYBODY, by, day, *of_all, key), sums)
        self._tallies.add((EVERYBODY, "account", day, *of_all, account), sums)
        if not call["served"]:
            lost = tuple(sign * value for value in (1, call["billed_s"], call["charge"] or 0, call["worth"]))
            left = (call["hour"], call["end_state"])
            self._unserved.add((account, day, *of, call["last_node"], call["last_kind"], *left), lost)
            self._unserved.add((EVERYBODY, day, *of_all, "", "", *left), lost)

    def walked(self, call: Row, steps: Iterable[Row]) -> None:
        of = (call["account"], call["day"], call["kind"], call["hotline"], call["first_group"] or "")
        for step in steps:
            self._steps.add((*of, *step.values()), (1,))

    async def write(self, connection: AsyncConnection) -> None:
        for sums in (self._tallies, self._unserved, self._steps):
            sums.add_months()
            await sums.write(connection)


def _sums(call: Row) -> tuple[int, ...]:
    """As the columns of ``TALLIES``."""
    answered = call["end_state"] == "answered"
    return (
        1,
        int(answered),
        int(call["end_state"] in ABANDONED),
        (call["waited_ms"] or 0) if answered else 0,
        call["talk_ms"] if answered else 0,
        call["wrap_ms"] if answered else 0,
        call["billed_s"],
        call["charge"] or 0,
    )
