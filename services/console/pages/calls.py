"""Pages of calls: the list, and one call."""

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import quote

from services.archive.counting import ABANDONED
from services.console import drawing, words
from services.console.api import calls, exports, notes, recordings
from services.console.api.calls import CallQuery
from services.console.api.notes import Written
from services.console.context import At, Page, Redirect
from services.console.links import Filters, Links
from services.console.named import known_to
from services.console.route import Routes
from services.console.texts import local
from services.console.words import Spoken, label
from services.domain.divisions import CITIES
from services.domain.ladder import rungs
from services.domain.rights import Right
from services.store.due import now

pages = Routes("calls")
pages.page("/accounts/{account}/calls.csv", Right.SEE_CALLS)(exports.calls_csv)
pages.page("/accounts/{account}/calls.xlsx", Right.SEE_CALLS)(exports.calls_xlsx)


@pages.page("/accounts/{account}/calls", Right.SEE_CALLS)
async def list_calls(at: At, query: CallQuery) -> Page | Redirect:
    """Today's, when nothing is asked for."""
    path, today = f"/accounts/{at.account}/calls", local(now()).date()
    if not at.request.query:
        return Redirect(f"{path}?since={today}")
    return Page(
        "calls/list.html",
        query=query,
        found=await calls.search(at, query),
        link=Links(path, at.request.query),
        known=await known_to(at),
        provinces=list(CITIES),
        words=words,
        days=_days(today),
        states=_STATES,
    )


def _days(today: date) -> Sequence[tuple[str, Filters]]:
    def ago(days: int) -> str:
        return (today - timedelta(days)).isoformat()

    return (
        (label("Today"), {"since": ago(0), "until": None}),
        (label("Yesterday"), {"since": ago(1), "until": ago(1)}),
        (label("7 days"), {"since": ago(6), "until": None}),
        (label("30 days"), {"since": ago(29), "until": None}),
        (label("All time"), {"since": "", "until": None}),
    )


_STATES: Sequence[tuple[str, Filters]] = (
    (label("All"), {"state": None, "missed": None}),
    (label("Answered"), {"state": "answered", "missed": None}),
    (label("Missed"), {"state": None, "missed": "true"}),
    (label("Gave up"), {"state": ABANDONED, "missed": None}),
    (label("Voicemails"), {"state": "voicemail", "missed": None}),
)


@pages.page("/accounts/{account}/calls/{call}", Right.SEE_CALLS)
async def show_call(at: At, call: str) -> Page:
    found = await calls.whole(at, call)
    record = found.record
    charges = [record.charge, *(one.charge for one in found.corrections)]
    return Page(
        "calls/call.html",
        call=calls.CallRow.of(found.call),
        number=found.call.number,
        record=record,
        charge=charges[-1],
        first_charge=charges[0],
        corrections=found.corrections,
        time_line=drawing.time_line(record),
        ticks=drawing.ticks(record),
        rungs=rungs(record, Spoken(at.texts)),
        recordings=await recordings.states(at, record),
        notes=await notes.of_number(at, found.call.number),
        known=await known_to(at),
        words=words,
        here=f"/accounts/{at.account}/calls/{quote(call)}",
        sounds=f"/api/v1/accounts/{at.account}/calls/{quote(call)}/recordings",
    )


@pages.page("/accounts/{account}/calls/{call}/recordings/{number}/drawn", Right.HEAR_RECORDINGS)
async def draw_recording(at: At, call: str, number: str) -> Page:
    """For the place beside the player."""
    drawn = await recordings.draw(at, call, number)
    return Page("calls/wave.html", path=drawing.wave_path(drawn.peaks), number=number)


@pages.form("/accounts/{account}/calls/{call}/notes", Right.CHANGE_CALLS)
async def write_note(at: At, call: str, body: Written) -> Redirect:
    await notes.write(at, call, body)
    return Redirect(f"/accounts/{at.account}/calls/{quote(call)}#notes")
