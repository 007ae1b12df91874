"""Ways through the flow, and what was billed for callers whom nobody served. No agent comes into it."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.analysis.asked import Asked
from services.archive.schema import STEPS, UNSERVED

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """So many calls went that way. docs/archive.md, table ``steps``."""

    depth: int
    node: str
    node_kind: str
    keys: str
    next: str
    next_kind: str
    calls: int


@dataclass(frozen=True, slots=True)
class Lost:
    """Calls that ended at a node without being served; ``charge`` and ``worth`` in millionths."""

    node: str
    node_kind: str
    hour: int
    end_state: str
    currency: str
    calls: int
    billed_s: int
    charge: int
    worth: int
    """What they would have cost without packages."""


async def steps(connection: AsyncConnection, asked: Asked) -> list[Step]:
    """From the first nodes on. Of ``ALL`` there are none: their flows have nothing in common."""
    return await _grouped(connection, asked, STEPS, Step)


async def unserved(connection: AsyncConnection, asked: Asked) -> list[Lost]:
    """Of ``ALL`` without nodes."""
    return await _grouped(connection, asked, UNSERVED, Lost)


async def _grouped(connection: AsyncConnection, asked: Asked, table: Table, made: type[T]) -> list[T]:
    names = [field.name for field in fields(made)]  # type: ignore[arg-type]  # both are dataclasses
    keys: list[Any] = [table.c[name] for name in names if table.c[name].primary_key]
    sums = [func.sum(table.c[name]) for name in names if not table.c[name].primary_key]
    query = select(*keys, *sums).where(*asked.summed(table)).group_by(*keys).order_by(*keys)
    found = await connection.execute(query.having(func.sum(table.c.calls) > 0))
    return [made(*row[: len(keys)], *map(int, row[len(keys) :])) for row in found]
