"""What an account's calls came to, day by day. Raises SQLAlchemyError."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.archive.schema import CALLS

_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Used:
    charge: int
    """Millionths, as after all corrections."""
    minutes: int
    """Started ones of the callers' way, from the answer that bills."""


async def by_day(connection: AsyncConnection, account: str, since: int, *, from_agent: bool) -> dict[date, Used]:
    """Days, in China, on which any of the calls begun since (milliseconds since 1970) did.

    ``from_agent``: a call bills from the agent's answer.
    """
    begin = CALLS.c.agent_answered if from_agent else CALLS.c.answered
    minutes = case((begin.is_not(None), (CALLS.c.ended - begin + (_MINUTE_MS - 1)) // _MINUTE_MS), else_=0)
    query = (
        select(CALLS.c.day, func.coalesce(func.sum(CALLS.c.charge), 0), func.sum(minutes))
        .where(CALLS.c.account == account, CALLS.c.started >= since)
        .group_by(CALLS.c.day)
    )
    return {
        date.fromordinal(day): Used(int(charge), int(minutes))
        for day, charge, minutes in await connection.execute(query)
    }
