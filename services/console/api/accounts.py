"""All accounts, and how each has been called of late: for who stands above them."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from services.archive import analysis
from services.archive.analysis import Asked
from services.archive.wanted import ALL
from services.console.api.analysis import asking, period
from services.console.api.analysis_models import Period
from services.console.context import At
from services.console.route import Routes
from services.domain import money
from services.domain.charge import Amount
from services.domain.documents import Account, Hotline, owner_of
from services.domain.rights import Right
from services.domain.statistics.figures import Figures
from services.store import documents
from services.store.documents import Row

routes = Routes()
log = logging.getLogger(__name__)

Sort = Literal["account", "name", "calls", "answered", "abandoned", "billed", "cost"]
_FEWEST_DIGITS = 3
"""That are looked for in the numbers of hotlines."""
_MOST_HOTLINES = 100


class AccountsQuery(Period):
    find: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    """Part of an id or a name, or at least three digits of a hotline's number."""
    sort: Sort = "calls"
    """Ids and names from the first, of the rest the largest first; rates of who had no calls last."""
    after: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many are left out at the begin."""
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class AccountFigures(BaseModel):
    """Rates are null where nothing is known."""

    account: str
    name: str
    suspended: bool
    calls: int
    answered: int
    abandoned: int
    answer_rate: float | None
    abandon_rate: float | None
    billed_s: int
    cost: dict[str, Amount]
    """By currency."""


class Together(BaseModel):
    """Of all that were found, on whatever page they stand."""

    accounts: int
    calls: int
    answer_rate: float | None
    abandon_rate: float | None
    billed_s: int
    cost: dict[str, Amount]


class AccountsFound(BaseModel):
    accounts: list[AccountFigures]
    together: Together
    next: int | None
    """What ``after`` is to go on; null: there are no more."""
    counted: bool
    """False: the archive does not answer, and all figures are 0."""


@dataclass(frozen=True, slots=True)
class _Called:
    figures: Mapping[Any, Figures] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@routes.get("/api/v1/accounts", Right.SEE_ANALYSIS)
async def list_accounts(at: At, query: AccountsQuery) -> AccountsFound:
    """All accounts, with the calls of a period."""
    first, last = period(query)
    names = await documents.names(at.redis, Account)
    rows = await documents.rows(at.redis, [(Account, one, None) for one in names])
    owners = await _owners(at, query.find)
    accounts = await asyncio.to_thread(_chosen, zip(names, rows, strict=True), query.find.casefold(), owners)
    called = await _called(at, first, last)
    known = called or _Called()
    made = [_figures(one, known) for one in accounts]
    made.sort(key=_ORDERS[query.sort])
    end = query.after + query.limit
    return AccountsFound(
        accounts=made[query.after : end],
        together=_together(accounts, known),
        next=end if end < len(made) else None,
        counted=called is not None,
    )


async def _owners(at: At, find: str) -> set[str]:
    """Whose hotlines have these digits."""
    digits = "".join(filter(str.isdigit, find))
    if len(digits) < _FEWEST_DIGITS:
        return set()
    numbers = [one for one in await documents.names(at.redis, Hotline) if digits in one][:_MOST_HOTLINES]
    rows = await documents.rows(at.redis, [(Hotline, one, None) for one in numbers])
    found = await asyncio.to_thread(lambda: [_read(Hotline, row) for row in rows])
    return {owner for one in found if one is not None and (owner := owner_of(one)) is not None}


def _chosen(rows: Iterable[tuple[str, Row]], find: str, owners: set[str]) -> list[Account]:
    found = [_read(Account, row) or _unread(name) for name, row in rows]
    return [one for one in found if not find or one.id in owners or find in one.id or find in one.name.casefold()]


def _read(kind: type[Any], row: Row) -> Any:
    """None for what is gone meanwhile, or was written by a later release."""
    try:
        found = documents.versioned(kind, row)
    except ValidationError:
        return None
    return None if found is None else found.document


def _unread(name: str) -> Account:
    return Account.model_construct(id=name, name=name)


async def _called(at: At, first: int, last: int) -> _Called | None:
    asked = Asked(account=ALL, first=first, last=last)
    try:
        async with asking(at) as connection:
            figures = await analysis.figures(connection, asked, "account")
            return _Called(figures, await analysis.account_costs(connection, asked))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("accounts are shown without figures: %r", error)
        return None


def _figures(account: Account, called: _Called) -> AccountFigures:
    some = called.figures.get(account.id, Figures())
    return AccountFigures(
        account=account.id,
        name=account.name,
        suspended=account.suspended,
        calls=some.calls,
        answered=some.answered,
        abandoned=some.abandoned,
        answer_rate=some.answer_rate,
        abandon_rate=some.abandon_rate,
        billed_s=some.billed_s,
        cost=_amounts(called.costs.get(account.id, {})),
    )


def _together(accounts: Sequence[Account], called: _Called) -> Together:
    some = sum((called.figures.get(one.id, Figures()) for one in accounts), Figures())
    cost: dict[str, int] = defaultdict(int)
    for one in accounts:
        for currency, amount in called.costs.get(one.id, {}).items():
            cost[currency] += amount
    return Together(
        accounts=len(accounts),
        calls=some.calls,
        answer_rate=some.answer_rate,
        abandon_rate=some.abandon_rate,
        billed_s=some.billed_s,
        cost=_amounts(cost),
    )


def _amounts(cost: Mapping[str, int]) -> dict[str, str]:
    return {currency: money.text(amount) for currency, amount in sorted(cost.items())}


def _largest(figure: Callable[[AccountFigures], Any]) -> Callable[[AccountFigures], tuple[Any, ...]]:
    def order(one: AccountFigures) -> tuple[Any, ...]:
        value = figure(one)
        return (value is None, -(value or 0), one.account)

    return order


_ORDERS: Mapping[Sort, Callable[[AccountFigures], tuple[Any, ...]]] = {
    "account": lambda one: (one.account,),
    "name": lambda one: (one.name.casefold(), one.account),
    "calls": _largest(lambda one: one.calls),
    "answered": _largest(lambda one: one.answer_rate),
    "abandoned": _largest(lambda one: one.abandon_rate),
    "billed": _largest(lambda one: one.billed_s),
    "cost": _largest(lambda one: max(map(Decimal, one.cost.values()), default=Decimal(0))),
}
SORTS: Sequence[Sort] = tuple(_ORDERS)
