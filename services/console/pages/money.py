"""Money: balance and packages, forecast, statements, rates, comparison, top-ups."""

import base64
import hashlib
import logging
import re
import secrets
from datetime import timedelta
from decimal import Decimal
from typing import Any

from aiohttp import hdrs, web
from sqlalchemy.exc import SQLAlchemyError

from services.billing import commands, printed
from services.console import comparing, words
from services.console.api import comparisons, forecast, rates, statements
from services.console.api import money as api
from services.console.api.comparisons import Wanted
from services.console.api.forecast import ForecastBody
from services.console.api.money import LedgerQuery, Renewal, TopUp
from services.console.api.rates import RateQuery
from services.console.api.statements import CycleQuery
from services.console.context import At, Page, Redirect
from services.console.problems import Refused
from services.console.route import Routes
from services.console.sentences import told
from services.domain import amounts, money
from services.domain.cycle import add_months
from services.domain.rights import Right

pages = Routes()

_MONEY = "/accounts/{account}/money"
_NEWEST = 8
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)

log = logging.getLogger(__name__)


@pages.page(_MONEY, Right.SEE_MONEY)
async def show(at: At) -> Page:
    return _page(
        at,
        "money/money.html",
        now=await api.get_money(at),
        ahead=await _forecast(at),
        ledger=await api.list_ledger(at, LedgerQuery(limit=_NEWEST)),
        id=secrets.token_hex(8),
    )


def _page(at: At, template: str, **values: Any) -> Page:
    """With what shows amounts: ``amount`` of a text with its currency, ``micros`` of millionths."""

    def amount(text: str | Decimal, currency: str) -> str:
        return at.texts.money(Decimal(text), currency)

    named: dict[str, Any] = {
        "LINES": words.LINES,
        "LEGS": words.LEGS,
        "CALLER_TYPES": words.CALLER_TYPES,
        "DAY_KINDS": words.DAY_KINDS,
    }
    return Page(template, amount=amount, micros=money.text, **named, **values)


async def _forecast(at: At) -> ForecastBody | None:
    """None: the archive does not answer, and all else is shown without it."""
    try:
        return await forecast.get_forecast(at)
    except (SQLAlchemyError, OSError):
        log.warning("the archive does not answer", exc_info=True)
        return None


@pages.form(f"{_MONEY}/top-up", Right.CHANGE_MONEY)
async def check_top_up(at: At, body: TopUp) -> Page:
    """Shows the amount in words before anything is added."""
    now = await api.get_money(at)
    if not now.keeps_book:
        raise Refused("The account keeps no balance that could be topped up.")
    in_words = amounts.in_words(money.micros(body.amount), now.currency, at.texts.language)
    return _page(at, "money/top_up.html", now=now, wanted=body, words=in_words)


@pages.form(f"{_MONEY}/top-up/confirmed", Right.CHANGE_MONEY)
async def top_up(at: At, body: TopUp) -> Redirect:
    await api.top_up(at, body)
    return Redirect(f"/accounts/{at.account}/money")


@pages.form(f"{_MONEY}/renewals", Right.CHANGE_MONEY)
async def renew(at: At, body: Renewal) -> Redirect:
    await api.renew(at, body)
    return Redirect(f"/accounts/{at.account}/money")


@pages.page(f"{_MONEY}/ledger", Right.SEE_MONEY)
async def list_ledger(at: At, query: LedgerQuery) -> Page:
    return _page(at, "money/ledger.html", ledger=await api.list_ledger(at, query), later=query.before is not None)


@pages.page(f"{_MONEY}/statements", Right.SEE_MONEY)
async def list_statements(at: At) -> Page:
    return _page(at, "money/statements.html", cycles=await statements.list_cycles(at))


@pages.page(f"{_MONEY}/statements/{{cycle}}", Right.SEE_MONEY)
async def show_statement(at: At, cycle: str, query: CycleQuery) -> Page:
    found = await statements.gathered(at, cycle, query.package)
    lines = printed.alike(found.lines)
    return _page(at, "money/statement.html", s=found, lines=lines, cycle=cycle, package=query.package)


@pages.page(f"{_MONEY}/statements/{{cycle}}/csv", Right.SEE_MONEY)
async def download_statement(at: At, cycle: str, query: CycleQuery) -> web.Response:
    text = printed.table(await statements.gathered(at, cycle, query.package))
    name = f"{at.account}-{cycle}.csv"
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type="text/csv", charset="utf-8", headers=headers)


@pages.page(f"{_MONEY}/statements/{{cycle}}/print", Right.SEE_MONEY)
async def print_statement(at: At, cycle: str, query: CycleQuery) -> web.Response:
    """A page of its own with its style in it, which is all that it may load."""
    found = await statements.gathered(at, cycle, query.package)
    text = printed.html(found, "zh" if at.texts.language == "zh-CN" else "en")
    digests = (base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _STYLE.findall(text))
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    policy = f"default-src 'none'; style-src {allowed}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})


@pages.page(f"{_MONEY}/rates", Right.SEE_MONEY)
async def show_rates(at: At, query: RateQuery) -> Page:
    return _page(at, "money/rates.html", rates=await rates.get_rates(at, query))


@pages.page(f"{_MONEY}/comparisons", Right.SEE_MONEY)
async def ask_comparison(at: At) -> Page:
    until = commands.today().replace(day=1)
    since = add_months(until, -1)
    return _page(at, "money/compare.html", packages=await comparisons.list_packages(at), since=since, until=until)


@pages.form(f"{_MONEY}/comparisons", Right.SEE_MONEY)
async def begin_comparison(at: At, body: Wanted) -> Redirect:
    begun = await comparisons.begin_comparison(at, body)
    return Redirect(f"/accounts/{at.account}/money/comparisons/{begun.id}")


@pages.page(f"{_MONEY}/comparisons/{{comparison}}", Right.SEE_MONEY)
async def show_comparison(at: At, comparison: str) -> Page:
    found = await comparing.get(at.redis, at.account, comparison)
    template = "money/progress.html" if "HX-Request" in at.request.headers else "money/comparison.html"
    why = told(at.texts, found.said, found.values)
    return _page(at, template, found=found, last=found.until - timedelta(days=1), why=why)
