"""The first page of who stands above the accounts."""

from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from services.console.api import accounts
from services.console.api.accounts import SORTS, AccountsQuery
from services.console.api.analysis import period
from services.console.context import At, Page, Redirect
from services.console.route import Routes
from services.console.words import label
from services.domain.rights import Right

pages = Routes()

SPANS = (7, 30, 90)
"""Days of the periods that one click chooses."""
_HEADS = (
    label("Account"),
    label("Name"),
    label("Calls"),
    label("Answered"),
    label("Abandoned"),
    label("Minutes billed"),
    label("Cost"),
)


@pages.page("/accounts", Right.OWN)
async def list_accounts(at: At, query: AccountsQuery) -> Page | Redirect:
    """Those that whoever asks may choose among."""
    if at.identity.account is not None:
        return Redirect(f"/accounts/{at.identity.account}/live")
    first, last = (date.fromordinal(day) for day in period(query))
    return Page(
        "accounts/list.html",
        query=query,
        first=first,
        last=last,
        found=await accounts.list_accounts(at, query),
        spans={days: _address(query, until=last, since=last - timedelta(days - 1), after=0) for days in SPANS},
        heads=[(title, sort, _address(query, sort=sort, after=0)) for title, sort in zip(_HEADS, SORTS, strict=True)],
        turned=lambda after: _address(query, after=after),
        decimal=Decimal,
    )


def _address(query: AccountsQuery, **changed: object) -> str:
    """What the address has behind the question mark."""
    return urlencode(query.model_dump(exclude_defaults=True, exclude_none=True) | changed)
