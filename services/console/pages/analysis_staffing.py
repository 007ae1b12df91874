"""The answer to "what if there had been more agents", as a table."""

from collections.abc import Sequence

from services.console.api.analysis_models import ErlangFigures, OutlookFigures, WhatIfFound
from services.console.context import At
from services.console.pages.analysis_tables import Column, Row, Table
from services.console.pages.analysis_words import FORMULAS


def outlooks(at: At, found: WhatIfFound, threshold_s: int) -> Table:
    """Recorded, replayed as it was, replayed with more; and Erlang C, which knows no abandoned calls."""
    texts = at.texts
    more = texts("with %(extra)d more", extra=found.extra)
    rows = [
        _replayed(texts("Recorded"), found.agents, found.recorded),
        _replayed(texts("Replayed as it was"), found.agents, found.as_it_was),
        _replayed(texts("Replayed %(more)s", more=more), found.agents + found.extra, found.changed),
        *_by_erlang(texts("Erlang C as it was"), found.erlang_as_it_was),
        *_by_erlang(texts("Erlang C %(more)s", more=more), found.erlang_changed),
        *_by_erlang(texts("Erlang C: needed for four in five"), found.erlang_needed),
    ]
    columns = [
        Column(texts("Model"), "text"),
        Column(texts("Agents")),
        Column(texts("Calls")),
        Column(texts("Abandoned")),
        Column(texts("ASA"), "seconds"),
        *(Column(texts(name), "share", "bar") for name, _ in FORMULAS.values()),
    ]
    note = texts(
        "Service level within %(threshold)d s, of the calls that came between the hours.", threshold=threshold_s
    )
    return Table("what-if", texts("What if"), "bars", columns, rows, note)


def _replayed(name: str, agents: float, one: OutlookFigures) -> Row:
    shares = {level.formula: level.share for level in one.service_levels}
    figures = one.figures
    cells = [round(agents), figures.calls, figures.abandoned, figures.asa_ms]
    return Row([name, *cells, *(shares[formula] for formula in FORMULAS)])


def _by_erlang(name: str, one: ErlangFigures | None) -> Sequence[Row]:
    """Where nobody abandons, all definitions are the same."""
    if one is None:
        return []
    return [Row([name, one.agents, None, None, one.asa_ms, *(one.within for _ in FORMULAS)])]
