"""The pages of the analysis: one for each kind of question, with one filter for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.console.api import analysis, what_if
from services.console.api.analysis_models import OutlookFigures, Staffing, WhatIfFound, WhatIfQuery
from services.console.context import At, Page
from services.console.pages.analysis_charts import HEADS, TABLES, SectionQuery, minutes
from services.console.pages.analysis_names import names_of
from services.console.pages.analysis_staffing import outlooks
from services.console.pages.analysis_tables import csv_of, shown
from services.console.problems import Problem, Unknown
from services.console.route import Routes
from services.console.words import KINDS, word
from services.console.words import label as _
from services.domain.rights import Right
from services.domain.statistics.bins import SHOWN_WAITS_S

pages = Routes()
BASE = "/accounts/{account}/analysis"
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    tables: Sequence[str]
    note: str = ""


_NO_AGENT = _("Which agent answered is not asked for here.")
SECTIONS: Mapping[str, Section] = {
    "traffic": Section(_("Traffic"), ("days", "hours", "weekdays", "week", "ends")),
    "places": Section(_("Places"), ("provinces", "regions")),
    "service": Section(_("Service level"), ("service-levels", "waits", "talks")),
    "agents": Section(_("Agents and groups"), ("agents", "groups", "hotlines")),
    "flow": Section(_("Key path"), ("flow",), _NO_AGENT),
    "unserved": Section(_("Billed, never served"), ("unserved-nodes", "unserved-hours"), _NO_AGENT),
    "callers": Section(_("Repeat callers"), ("callers", "repeats"), _("Of a longer period only the last 92 days.")),
    "comparison": Section(_("Comparison"), ("comparison",)),
}
SPANS = (7, 30, 90, 365)
"""Days of the periods that one click chooses."""


class WhatIfForm(SectionQuery, Staffing):
    """Without ``group`` nothing is asked yet."""


@pages.page(BASE, Right.SEE_ANALYSIS)
async def overview(at: At, query: SectionQuery) -> Page:
    """The first section, under the figures of the whole period."""
    found = await analysis.summary(at, query)
    return await _section(at, query, "traffic", summary=found)


@pages.page(f"{BASE}/what-if", Right.SEE_ANALYSIS)
async def staffing(at: At, query: WhatIfForm) -> Page:
    found: WhatIfFound | None = None
    problem: Problem | None = None
    if query.group is not None:
        try:
            wanted = {name: getattr(query, name) for name in WhatIfQuery.model_fields}
            found = await what_if.ask(at, WhatIfQuery.model_validate(wanted))
        except Problem as error:
            problem = error
    table = outlooks(at, found, query.threshold_s) if found else None
    values = {"found": found, "problem": problem, "tables": [table] if table else [], "share": _in_time}
    status = problem.status if problem else 200
    return Page("analysis/what_if.html", status, **await _frame(at, query, "what-if"), **values)


@pages.page(f"{BASE}/{{section}}", Right.SEE_ANALYSIS)
async def show(at: At, query: SectionQuery, section: str) -> Page:
    return await _section(at, query, section)


@pages.page(f"{BASE}/{{section}}/{{table}}.csv", Right.SEE_ANALYSIS)
async def download(at: At, query: SectionQuery, section: str, table: str) -> web.StreamResponse:
    """A chart's numbers."""
    if section not in SECTIONS or table not in SECTIONS[section].tables:
        raise Unknown("There is no analysis %(name)s.", name=table)
    made = await TABLES[table](at, query, await names_of(at))
    body = b"".join([part async for part in csv_of(made)])
    name = f'attachment; filename="{table}.csv"'
    return web.Response(body=body, headers={"Content-Type": CSV, "Content-Disposition": name})


async def _section(at: At, query: SectionQuery, name: str, **more: Any) -> Page:
    if name not in SECTIONS:
        raise Unknown("There is no analysis %(name)s.", name=name)
    frame = await _frame(at, query, name)
    tables = [await TABLES[table](at, query, frame["names"]) for table in SECTIONS[name].tables]
    values = {"summary": None, "tables": tables, "section": SECTIONS[name], **more}
    return Page("analysis/section.html", **frame, **values)


async def _frame(at: At, query: SectionQuery, here: str) -> dict[str, Any]:
    first, last = (date.fromordinal(day) for day in analysis.period(query))
    return {
        "query": query,
        "first": first,
        "last": last,
        "names": await names_of(at),
        "sections": {**{name: one.title for name, one in SECTIONS.items()}, "what-if": _("What if")},
        "here": here,
        "base": f"/accounts/{at.account}/analysis",
        "spans": {days: _address(query, until=last, since=last - timedelta(days - 1)) for days in SPANS},
        "address": _address(query),
        "thresholds": SHOWN_WAITS_S,
        "shown": shown,
        "kinds": {kind: word(at.texts, KINDS, kind) for kind in KINDS},
        "heads": HEADS,
        "minutes": minutes,
        "decimal": Decimal,
    }


def _in_time(one: OutlookFigures) -> float | None:
    return next(level.share for level in one.service_levels if level.formula == "offered")


def _address(query: SectionQuery, **changed: object) -> str:
    """What the address has behind the question mark."""
    known = query.model_dump(exclude_defaults=True, exclude_none=True) | changed
    return urlencode(known)
