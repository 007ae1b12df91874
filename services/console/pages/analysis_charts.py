"""Each chart of the analysis, as the table that it is drawn from."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal

from services.archive.analysis.callers import MOST
from services.console.api import analysis
from services.console.api.analysis_models import (
    MOST_CALLERS_DAYS,
    ByQuery,
    ClassOfCalls,
    ComparedQuery,
    Day,
    Filter,
    KeyFigures,
    LostCalls,
    ServiceQuery,
    StepFound,
)
from services.console.context import At
from services.console.pages.analysis_names import Names, called, end_state, node, pressed
from services.console.pages.analysis_tables import Column, Drawing, Drawn, Row, Table
from services.console.pages.analysis_words import FORMULAS, WEEKDAYS
from services.console.words import label as _
from services.domain.money import micros

By = Literal["day", "hour", "weekday", "week_hour", "end_state", "province", "region", "agent", "group", "hotline"]


class SectionQuery(ServiceQuery):
    """What the addresses of the pages know."""

    by: By = "hour"
    before: Day | None = None


Builder = Callable[[At, SectionQuery, Names], Awaitable[Table]]


def _only(query: SectionQuery, **more: object) -> dict[str, object]:
    return {name: getattr(query, name) for name in Filter.model_fields} | more


def _by(id_: str, by: By, title: str, drawing: Drawing = "bars") -> Builder:
    async def build(at: At, query: SectionQuery, names: Names) -> Table:
        found = await analysis.figures(at, ByQuery.model_validate(_only(query, by=by)))
        texts = at.texts
        rows = [Row([called(texts, names, by, one.key), *_cells(one)], one.key or "") for one in found]
        head = Column(texts(HEADS[by]), "text")
        return Table(id_, texts(title), drawing, [head, *_columns(at, by)], rows)

    return build


HEADS: Mapping[str, str] = {
    "day": _("Day"),
    "hour": _("Hour"),
    "weekday": _("Weekday"),
    "week_hour": _("Hour of the week"),
    "end_state": _("How it ended"),
    "province": _("Province"),
    "region": _("Region"),
    "agent": _("Agent"),
    "group": _("Group"),
    "hotline": _("Hotline"),
}


def _columns(at: At, by: By) -> list[Column]:
    texts = at.texts
    bar: Drawn = "" if by == "end_state" else "bar"
    return [
        Column(texts("Calls"), drawn="bar"),
        Column(texts("Answered"), drawn=bar),
        Column(texts("Abandoned"), drawn=bar),
        Column(texts("Answer rate"), "share", "line" if bar else ""),
        Column(texts("Abandon rate"), "share"),
        Column(texts("ASA"), "seconds"),
        Column(texts("Mean talk"), "seconds"),
        Column(texts("AHT"), "seconds"),
        Column(texts("Talk, all together"), "seconds"),
        Column(texts("Minutes billed")),
    ]


def _cells(some: KeyFigures) -> list[object]:
    rates = [some.answer_rate, some.abandon_rate, some.asa_ms, some.talk_mean_ms, some.aht_ms]
    return [some.calls, some.answered, some.abandoned, *rates, some.talk_ms, minutes(some.billed_s)]


def minutes(seconds: int) -> int:
    return -(-seconds // 60)


async def week(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    found = await analysis.figures(at, ByQuery.model_validate(_only(query, by="week_hour")))
    texts = at.texts
    columns = [Column(texts("Weekday"), "text"), *(Column(f"{hour:02}", drawn="bar") for hour in range(24))]
    calls = [one.calls for one in found]
    rows = [Row([texts(name), *calls[24 * day : 24 * day + 24]]) for day, name in enumerate(WEEKDAYS)]
    return Table("week", texts("Calls by weekday and hour"), "heat", columns, rows)


async def service_levels(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    found = await analysis.summary(at, query)
    texts = at.texts
    rows = [
        Row([*map(texts, FORMULAS[one.formula]), one.met, one.of, one.share], one.formula)
        for one in found.service_levels
    ]
    columns = [
        Column(texts("Service level"), "text"),
        Column(texts("Definition"), "text"),
        Column(texts("Met")),
        Column(texts("Of")),
        Column(texts("Share"), "share", "bar"),
    ]
    values = {"threshold": query.threshold_s, "short": query.short_s}
    note = texts("Threshold %(threshold)d s; a short abandon is one within %(short)d s.", **values)
    return Table("service-levels", texts("Service level by every definition"), "bars", columns, rows, note)


async def waits(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    columns = [
        Column(texts("Duration"), "text"),
        Column(texts("Calls")),
        Column(texts("Answered"), drawn="stack"),
        Column(texts("Abandoned"), drawn="stack"),
        Column(texts("Went elsewhere"), drawn="stack"),
    ]
    rows = [
        Row([_class(at, one), one.calls, one.answered, one.abandoned, one.calls - one.answered - one.abandoned])
        for one in await analysis.waits(at, query)
    ]
    return Table("waits", texts("How long callers waited"), "bars", columns, rows)


async def talks(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    rows = [Row([_class(at, one), one.calls]) for one in await analysis.talks(at, query)]
    columns = [Column(texts("Duration"), "text"), Column(texts("Answered"), drawn="bar")]
    return Table("talks", texts("How long talks took"), "bars", columns, rows)


def _class(at: At, one: ClassOfCalls) -> str:
    over, upto = ("" if s is None else at.texts.duration(s * 1000) for s in (one.over_s, one.upto_s))
    return f"≤ {upto}" if not over else f"{over} – {upto}" if upto else f"> {over}"


async def agents(at: At, query: SectionQuery, names: Names) -> Table:
    texts = at.texts
    rows = []
    for one in await analysis.agents(at, query):
        figures, duty = one.figures, one.duty
        spent = [duty.on_duty_ms, duty.ready_ms, duty.busy_ms, duty.wrap_ms, duty.paused_ms, duty.own_call_ms]
        rates = [figures.asa_ms, figures.talk_mean_ms, figures.aht_ms, duty.occupancy]
        rows.append(Row([called(texts, names, "agent", one.agent), figures.answered, *rates, *spent], one.agent))
    columns = [
        Column(texts("Agent"), "text"),
        Column(texts("Answered"), drawn="bar"),
        Column(texts("ASA"), "seconds"),
        Column(texts("Mean talk"), "seconds"),
        Column(texts("AHT"), "seconds"),
        Column(texts("Occupancy"), "share", "line"),
        Column(texts("On duty"), "seconds"),
        Column(texts("Ready"), "seconds"),
        Column(texts("Talking"), "seconds"),
        Column(texts("Wrap-up"), "seconds"),
        Column(texts("Paused"), "seconds"),
        Column(texts("Own calls"), "seconds"),
    ]
    note = texts("Occupancy is talk and wrap-up, of the time that the agent was there for callers.")
    return Table("agents", texts("Agents"), "bars", columns, rows, note)


async def flow(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    rows = [_step(at, one) for one in await analysis.steps(at, query)]
    columns = [
        Column(texts("Step")),
        Column(texts("From"), "text"),
        Column(texts("Key"), "digits"),
        Column(texts("To"), "text"),
        Column(texts("Calls"), drawn="bar"),
    ]
    return Table("flow", texts("Ways through the flow"), "flow", columns, rows)


def _step(at: At, one: StepFound) -> Row:
    texts = at.texts
    begin, key = node(texts, one.node, one.node_kind), pressed(texts, one.keys)
    ended = one.next_kind == "end"
    end = end_state(texts, one.next) if ended else node(texts, one.next, one.next_kind)
    here = f"{one.depth}:{one.node}"
    by_key = [(f"{here}:{one.keys}", texts("Key %(key)s", key=key))] if one.keys else []
    there = f"end:{one.next}" if ended else f"{one.depth + 1}:{one.next}"
    return Row([one.depth + 1, begin, key, end, one.calls], way=[(here, begin), *by_key, (there, end)])


async def unserved_nodes(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    found = await analysis.unserved(at, query)
    by_place: dict[tuple[str, str, str, str], list[LostCalls]] = defaultdict(list)
    for one in found:
        by_place[one.node, one.node_kind, one.end_state, one.currency].append(one)
    rows = [
        Row([node(texts, name, kind), end_state(texts, ended), *_lost(some), currency])
        for (name, kind, ended, currency), some in by_place.items()
    ]
    rows.sort(key=lambda row: (-row.cells[5], -row.cells[3], row.cells[0]))
    columns = [Column(texts("Node"), "text"), Column(texts("How it ended"), "text"), *_lost_columns(at)]
    columns.append(Column(texts("Currency"), "text"))
    title = texts("Billed and never served, by the node where the call ended")
    return Table("unserved-nodes", title, "bars", columns, rows)


async def unserved_hours(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    found = await analysis.unserved(at, query)
    rows = [Row([f"{hour:02}:00", *_lost([one for one in found if one.hour == hour])]) for hour in range(24)]
    columns = [Column(texts("Hour"), "text"), *_lost_columns(at)]
    return Table("unserved-hours", texts("Billed and never served, by hour"), "bars", columns, rows)


def _lost_columns(at: At) -> list[Column]:
    texts = at.texts
    return [
        Column(texts("Calls")),
        Column(texts("Minutes billed"), drawn="bar"),
        Column(texts("Cost"), "money"),
        Column(texts("Worth by the tariff"), "money", "line"),
    ]


def _lost(some: Sequence[LostCalls]) -> list[int]:
    calls, billed = (sum(getattr(one, name) for one in some) for name in ("calls", "billed_s"))
    paid, worth = (sum(micros(Decimal(getattr(one, name))) for one in some) for name in ("amount", "worth"))
    return [calls, minutes(billed), paid, worth]


def _lately(query: SectionQuery) -> SectionQuery:
    """The end of a period that is too long for who calls again."""
    first, last = analysis.period(query)
    days = {"since": date.fromordinal(max(first, last - MOST_CALLERS_DAYS + 1)), "until": date.fromordinal(last)}
    return query.model_copy(update=days)


async def callers(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    found = (await analysis.callers(at, _lately(query))).by_calls
    most = max(found, default=0)
    rows = [Row([f"{times}+" if times == MOST else str(times), found.get(times, 0)]) for times in range(1, most + 1)]
    columns = [Column(texts("Calls of one number"), "text"), Column(texts("Numbers"), drawn="bar")]
    return Table("callers", texts("How often numbers called"), "bars", columns, rows)


async def repeats(at: At, query: SectionQuery, names: Names) -> Table:
    del names
    texts = at.texts
    most = (await analysis.callers(at, _lately(query))).most
    rows = [Row([one.number, one.calls, one.answered, one.first, one.last]) for one in most]
    columns = [
        Column(texts("Number"), "digits"),
        Column(texts("Calls")),
        Column(texts("Answered")),
        Column(texts("First call"), "time"),
        Column(texts("Last call"), "time"),
    ]
    return Table("repeats", texts("Who called most"), "none", columns, rows)


async def comparison(at: At, query: SectionQuery, names: Names) -> Table:
    texts = at.texts
    asked = ComparedQuery.model_validate(_only(query, by=query.by, before=query.before))
    found = await analysis.comparison(at, asked)
    rows = [_compared(texts("Together"), found.total.now, found.total.before, total=True)]
    rows += [_compared(called(texts, names, query.by, one.key), one.now, one.before) for one in found.parts]
    columns = [
        Column(texts(HEADS[query.by]), "text"),
        Column(texts("Calls"), drawn="bar"),
        Column(texts("Before"), drawn="bar"),
        Column(texts("Change"), "share"),
        Column(texts("Answer rate"), "share"),
        Column(texts("Before"), "share"),
        Column(texts("Abandon rate"), "share"),
        Column(texts("Before"), "share"),
        Column(texts("ASA"), "seconds"),
        Column(texts("Before"), "seconds"),
        Column(texts("AHT"), "seconds"),
        Column(texts("Before"), "seconds"),
    ]
    values = {name: getattr(found, name) for name in ("since", "until", "before_since", "before_until")}
    note = texts("%(since)s to %(until)s, compared with %(before_since)s to %(before_until)s.", **values)
    return Table("comparison", texts("Two periods"), "bars", columns, rows, note)


def _compared(name: str, new: KeyFigures, old: KeyFigures, *, total: bool = False) -> Row:
    change = new.calls / old.calls - 1 if old.calls else None
    pairs = [
        value
        for figure in ("answer_rate", "abandon_rate", "asa_ms", "aht_ms")
        for value in (getattr(new, figure), getattr(old, figure))
    ]
    return Row([name, new.calls, old.calls, change, *pairs], total=total)


TABLES: Mapping[str, Builder] = {
    "days": _by("days", "day", _("Calls by day")),
    "hours": _by("hours", "hour", _("Calls by hour of the day")),
    "weekdays": _by("weekdays", "weekday", _("Calls by weekday")),
    "week": week,
    "ends": _by("ends", "end_state", _("How calls ended")),
    "provinces": _by("provinces", "province", _("Calls by province"), "map"),
    "regions": _by("regions", "region", _("Calls by region"), "none"),
    "service-levels": service_levels,
    "waits": waits,
    "talks": talks,
    "agents": agents,
    "groups": _by("groups", "group", _("Calls by group")),
    "hotlines": _by("hotlines", "hotline", _("Calls by hotline")),
    "flow": flow,
    "unserved-nodes": unserved_nodes,
    "unserved-hours": unserved_hours,
    "callers": callers,
    "repeats": repeats,
    "comparison": comparison,
}
