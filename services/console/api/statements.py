"""Statements: what an account owed for a month, or for a cycle of one of its packages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from redis.asyncio import Redis

from services.archive.own import own
from services.billing import commands, printed
from services.billing.printed import StatementFields
from services.billing.statements import CycleError, gather, package_cycles, span_of
from services.console.context import At
from services.console.problems import Away, Invalid, Refused
from services.console.route import Routes
from services.domain.cycle import add_months
from services.domain.model import Id, Model
from services.domain.rights import Right
from services.domain.statement import Statement, day_of
from services.domain.usage import UnratableError
from services.store import keys

routes = Routes("money")

_STATEMENTS = "/api/v1/accounts/{account}/money/statements"
MONTHS = 24
SECONDS = 60
"""That one may take: it reads all calls of the account since its begin."""


class CycleBody(BaseModel):
    cycle: Annotated[str, Field(description="A month, or the first day of a package's cycle.")]
    package: Annotated[str | None, Field(description="Whose cycle; null: a month.")]
    begin: date
    end: Annotated[date, Field(description="The first day that is no longer in it.")]


class CycleQuery(Model):
    package: Id | None = None


@routes.get(_STATEMENTS, Right.SEE_MONEY)
async def list_cycles(at: At) -> list[CycleBody]:
    """The months and the packages' cycles that there are statements of; the newest first."""
    async with _readable():
        cycles = await package_cycles(at.redis, at.account)
    own = [CycleBody(cycle=str(one.begin), package=name, begin=one.begin, end=one.end) for name, one in cycles]
    months = [
        CycleBody(cycle=f"{first:%Y-%m}", package=None, begin=first, end=add_months(first, 1))
        for first in _months(await _oldest(at.redis), commands.today())
    ]
    return sorted([*months, *own], key=lambda one: (one.begin, one.package or ""), reverse=True)


@routes.get(f"{_STATEMENTS}/{{cycle}}", Right.SEE_MONEY)
async def get_statement(at: At, cycle: str, query: CycleQuery) -> StatementFields:
    """Each call, the sums, what packages cost, and what came of the balance. `cycle`: `2026-10`, or `2026-10-15`."""
    return printed.fields(await gathered(at, cycle, query.package))


async def gathered(at: At, cycle: str, package: str | None) -> Statement:
    """Raises Invalid, Refused and Away."""
    async with _readable():
        span = await span_of(at.redis, at.account, cycle, package)
        return await gather(at.redis, own(at.redis, at.archive, at.account), at.account, span, commands.today())


@asynccontextmanager
async def _readable() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except TimeoutError:
        raise Away("That took too long here: hotline statement prints it, however long it takes.") from None
    except CycleError as error:
        raise Invalid("Cycle %(why)s.", why=error) from None
    except UnratableError as error:
        raise Refused("%(why)s.", why=error) from None
    except (ValidationError, KeyError, ValueError, ArithmeticError) as error:
        raise Refused("The account's book cannot be read: %(why)s", why=error) from None


async def _oldest(redis: Redis) -> date:
    """Day of the oldest rated call there is; today when there is none."""
    found: Any = await redis.xrange(keys.RATED_STREAM, count=1)
    return day_of(int(found[0][0].partition(b"-")[0])) if found else commands.today()


def _months(oldest: date, today: date) -> list[date]:
    """Their first days, MONTHS at most."""
    first = today.replace(day=1)
    every = [add_months(first, -number) for number in range(MONTHS)]
    return [month for month in every if add_months(month, 1) > oldest]
