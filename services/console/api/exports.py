"""Any result as a file: for spreadsheets (XLSX), and for programs and people (CSV)."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from aiohttp import hdrs, web

from services.archive.missed import Sought
from services.archive.queries import Call, count
from services.console import words
from services.console.api import calls, missed
from services.console.api.calls import CallFilter
from services.console.api.missed import MissedCaller, MissedFilter
from services.console.context import At
from services.console.export import Column, Kind, Pages, Value, csv_of
from services.console.problems import TooLarge, TooMany
from services.console.route import Routes
from services.console.sheet import MOST_IN_XLSX, xlsx_of
from services.console.texts import Texts, local
from services.console.words import label, word
from services.domain.rights import Right
from services.store.due import now

routes = Routes("calls")

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AT_ONCE = 4

T = TypeVar("T")
Form = Literal["csv", "xlsx"]

RUNNING = web.AppKey("exports", asyncio.Semaphore)
"""Of one process, those that are being made."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    title: str
    kind: Kind
    width: int
    value: Callable[[Texts, T], Value]


OF_CALLS: Sequence[Field[Call]] = (
    Field(label("Time"), "time", 19, lambda _, call: call.started),
    Field(label("Caller"), "digits", 15, lambda _, call: call.caller),
    Field(label("Name"), "text", 12, lambda _, call: call.caller_name),
    Field(label("Region"), "text", 12, lambda _, call: call.region),
    Field(label("Type of number"), "text", 10, lambda texts, call: word(texts, words.CALLER_TYPES, call.caller_type)),
    Field(label("Direction"), "text", 8, lambda texts, call: word(texts, words.KINDS, call.kind)),
    Field(label("Hotline"), "digits", 12, lambda _, call: call.hotline),
    Field(label("Group"), "text", 12, lambda _, call: call.first_group),
    Field(label("Agent"), "text", 12, lambda _, call: call.agent),
    Field(label("End state"), "text", 16, lambda texts, call: word(texts, words.END_STATES, call.end_state)),
    Field(label("Ended by"), "text", 8, lambda texts, call: word(texts, words.PARTIES, call.hung_up_by)),
    Field(label("Waited (s)"), "seconds", 9, lambda _, call: call.waited_ms),
    Field(label("Rang (s)"), "seconds", 9, lambda _, call: call.ring_ms),
    Field(label("Talked (s)"), "seconds", 9, lambda _, call: call.talk_ms),
    Field(label("In all (s)"), "seconds", 9, lambda _, call: call.total_ms),
    Field(label("Score"), "whole", 6, lambda _, call: call.score),
    Field(label("Cost"), "money", 9, lambda _, call: call.charge),
    Field(label("Currency"), "text", 6, lambda _, call: call.currency),
    Field(label("Recordings"), "whole", 6, lambda _, call: call.recordings),
    Field(label("Call id"), "text", 26, lambda _, call: call.call_id),
)
STATES = {
    "open": label("still open"),
    "called_again": label("called again and was answered"),
    "called_back": label("was called back"),
    "by_hand": label("dealt with"),
}
OF_MISSED: Sequence[Field[MissedCaller]] = (
    Field(label("Last call"), "time", 19, lambda _, one: one.call.started),
    Field(label("Caller"), "digits", 15, lambda _, one: one.number),
    Field(label("Name"), "text", 12, lambda _, one: one.call.caller_name),
    Field(label("Region"), "text", 12, lambda _, one: one.call.region),
    Field(label("Hotline"), "digits", 12, lambda _, one: one.call.hotline),
    Field(label("Group"), "text", 12, lambda _, one: one.call.first_group),
    Field(label("End state"), "text", 16, lambda texts, one: word(texts, words.END_STATES, one.call.end_state)),
    Field(label("Waited (s)"), "seconds", 9, lambda _, one: one.call.waited_ms),
    Field(label("Attempts"), "whole", 8, lambda _, one: one.attempts),
    Field(label("State"), "text", 22, lambda texts, one: word(texts, STATES, one.state)),
    Field(label("Served at"), "time", 19, lambda _, one: one.served_at),
    Field(label("Served by"), "text", 12, lambda _, one: one.served_by),
    Field(label("Marked by"), "text", 14, lambda _, one: one.marked.by if one.marked else None),
    Field(label("Note"), "text", 30, lambda _, one: one.marked.note if one.marked else None),
    Field(label("Call id"), "text", 26, lambda _, one: one.call.call_id),
)


@routes.get("/api/v1/accounts/{account}/calls.csv", Right.SEE_CALLS, media=CSV)
async def calls_csv(at: At, query: CallFilter) -> web.StreamResponse:
    """All calls that were wanted, as CSV."""
    return await _sent(at, "calls", "csv", OF_CALLS, calls.every(at, query.wanted(at.account)))


@routes.get("/api/v1/accounts/{account}/calls.xlsx", Right.SEE_CALLS, media=XLSX)
async def calls_xlsx(at: At, query: CallFilter) -> web.StreamResponse:
    """All calls that were wanted, as XLSX; no more than 1048575."""
    wanted = query.wanted(at.account)
    async with at.archive.connect() as connection:
        if await count(connection, wanted, MOST_IN_XLSX + 1) > MOST_IN_XLSX:
            raise TooLarge("An XLSX file has at most %(most)d rows: export fewer calls, or CSV.", most=MOST_IN_XLSX)
    return await _sent(at, "calls", "xlsx", OF_CALLS, calls.every(at, wanted))


@routes.get("/api/v1/accounts/{account}/missed.csv", Right.SEE_CALLS, media=CSV)
async def missed_csv(at: At, query: MissedFilter) -> web.StreamResponse:
    """All missed callers that were wanted, as CSV."""
    return await _sent(at, "missed", "csv", OF_MISSED, _missed(at, query.sought(at.account)))


@routes.get("/api/v1/accounts/{account}/missed.xlsx", Right.SEE_CALLS, media=XLSX)
async def missed_xlsx(at: At, query: MissedFilter) -> web.StreamResponse:
    """All missed callers that were wanted, as XLSX."""
    return await _sent(at, "missed", "xlsx", OF_MISSED, _missed(at, query.sought(at.account)))


async def _missed(at: At, sought: Sought) -> AsyncGenerator[list[MissedCaller], None]:
    async for page in missed.pages(at, sought):
        yield [one for _, one in page]


async def _sent(
    at: At, of: str, form: Form, fields: Sequence[Field[T]], pages: AsyncGenerator[list[T], None]
) -> web.StreamResponse:
    running = at.request.app[RUNNING]
    if running.locked():
        raise TooMany("%(most)d exports are being made at the moment: try again in a minute.", most=AT_ONCE)
    name = f"{at.account}-{of}-{local(now()):%Y%m%d-%H%M%S}.{form}"
    media, made = _FORMS[form]
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"', hdrs.CONTENT_TYPE: media}
    response = web.StreamResponse(headers=headers)
    columns = [Column(at.texts(field.title), field.kind, field.width) for field in fields]
    async with running, aclosing(pages), aclosing(made(columns, _rows(at, fields, pages))) as pieces:
        try:
            async for piece in pieces:
                if not response.prepared:
                    await response.prepare(at.request)
                await response.write(piece)
            await response.write_eof()
        except ConnectionError:
            log.info("%s: whoever asked for it has gone away", name)
        except Exception:
            if not response.prepared:
                raise
            log.exception("%s: broken off", name)
            if at.request.transport is not None:
                at.request.transport.abort()  # a file that is not whole is not to look like one
    return response


_FORMS = {"csv": (f"{CSV}; charset=utf-8", csv_of), "xlsx": (XLSX, xlsx_of)}


async def _rows(at: At, fields: Sequence[Field[T]], pages: AsyncIterator[list[T]]) -> Pages:
    """Raises ConnectionError as soon as nobody waits any more."""
    async for page in pages:
        if at.request.transport is None or at.request.transport.is_closing():
            raise ConnectionResetError
        yield [[field.value(at.texts, one) for field in fields] for one in page]
