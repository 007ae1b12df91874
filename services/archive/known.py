"""Which hotlines, groups and agents an account's calls name, those of former times too; raises SQLAlchemyError."""

from typing import Any, Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import CALLS, MET


async def hotlines(connection: AsyncConnection, account: str) -> list[str]:
    return await _distinct(connection, CALLS.c.hotline, CALLS.c.account == account)


async def met(connection: AsyncConnection, account: str, kind: Literal["agent", "group"]) -> list[str]:
    return await _distinct(connection, MET.c.name, MET.c.account == account, MET.c.kind == kind)


async def _distinct(connection: AsyncConnection, column: ColumnElement[str], *of: ColumnElement[bool]) -> list[str]:
    """From one to the next along the index that begins with them: as many steps as there are names, not calls."""
    first: Any = select(func.min(column).label("name")).where(*of)
    found = first.cte("found", recursive=True)
    after = select(func.min(column)).where(*of, column > found.c.name).scalar_subquery()
    found = found.union_all(select(after).where(found.c.name.is_not(None)))
    names = await connection.scalars(select(found.c.name).where(found.c.name.is_not(None)))
    return list(names.all())
