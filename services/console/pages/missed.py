"""The list of callers in vain."""

from datetime import timedelta

from services.console import words
from services.console.api import exports, missed
from services.console.api.missed import DEFAULT_DAYS, Dealt, MissedQuery
from services.console.context import At, Page, Redirect
from services.console.links import Links
from services.console.named import known_to
from services.console.route import Routes
from services.console.texts import local
from services.domain.rights import Right
from services.store.due import now

pages = Routes("calls")
pages.page("/accounts/{account}/calls/missed.csv", Right.SEE_CALLS)(exports.missed_csv)
pages.page("/accounts/{account}/calls/missed.xlsx", Right.SEE_CALLS)(exports.missed_xlsx)


@pages.page("/accounts/{account}/calls/missed", Right.SEE_CALLS)
async def list_missed(at: At, query: MissedQuery) -> Page | Redirect:
    """Of some days those who are still to be dealt with, when nothing is asked for."""
    path = f"/accounts/{at.account}/calls/missed"
    if not at.request.query:
        since = local(now()).date() - timedelta(days=DEFAULT_DAYS - 1)
        return Redirect(f"{path}?since={since}&open=true")
    return Page(
        "calls/missed.html",
        query=query,
        found=await missed.missed(at, query),
        link=Links(path, at.request.query),
        known=await known_to(at),
        words=words,
        states=exports.STATES,
    )


@pages.form("/accounts/{account}/calls/missed/{number}", Right.CHANGE_CALLS)
async def deal_with(at: At, number: str, body: Dealt) -> Redirect:
    await missed.deal_with(at, number, body)
    return _back(at)


@pages.form("/accounts/{account}/calls/missed/{number}/open", Right.CHANGE_CALLS)
async def open_again(at: At, number: str) -> Redirect:
    await missed.open_again(at, number)
    return _back(at)


def _back(at: At) -> Redirect:
    """To the list as it was: the form's own address has its filters."""
    asked = at.request.query_string
    return Redirect(f"/accounts/{at.account}/calls/missed" + (f"?{asked}" if asked else ""))
