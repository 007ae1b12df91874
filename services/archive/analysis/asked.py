"""Which calls an analysis is of."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause

from services.archive.counting import EVERYBODY
from services.archive.wanted import ALL, Kind, Scope
from services.domain.statistics.days import spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is None is not asked for. Of ``ALL`` no hotline, group or agent can be: ValueError."""

    account: Scope
    first: int
    last: int
    """Days, both are in it."""
    kind: Kind | None = None
    hotline: str | None = None
    group: str | None = None
    """The first that the call came to."""
    agent: str | None = None
    """Who answered."""

    def __post_init__(self) -> None:
        if self.account is ALL and (self.hotline, self.group, self.agent) != (None, None, None):
            raise ValueError("of all accounts together there is no hotline, group or agent")

    @property
    def owner(self) -> str:
        """As it stands in the sums."""
        return EVERYBODY if self.account is ALL else str(self.account)

    def summed(self, sums: FromClause) -> list[ColumnElement[Any]]:
        """Of a table of sums: by whole months, and the days that are left over."""
        return [*self._same(sums, "group"), sums.c.day.in_(spans(self.first, self.last))]

    def by_day(self, table: FromClause, group: str = "group") -> list[ColumnElement[Any]]:
        """``group``: how the column is called. The agent is not in it."""
        return [*self._same(table, group), table.c.day.between(self.first, self.last)]

    def _same(self, table: FromClause, group: str) -> list[ColumnElement[Any]]:
        columns = table.c
        same = {"kind": self.kind, "hotline": self.hotline, group: self.group}
        conditions = [columns[name] == value for name, value in same.items() if value is not None]
        return [columns.account == self.owner, *conditions]
