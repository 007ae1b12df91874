"""The desk, and what is pushed to it."""

from typing import Any

from aiohttp import web

from services.console import streams
from services.console.api import desk, desk_phone, desk_todo
from services.console.api.desk import NoteBody, Pause
from services.console.context import At, Page
from services.console.desk_parts import PARTS, Changes
from services.console.news import NEWS
from services.console.route import Routes
from services.console.seat import seat
from services.console.sip_relay import LINES
from services.domain.rights import Right

pages = Routes()
PATH = "/accounts/{account}/desk"


@pages.page(PATH, Right.DESK)
async def show(at: At) -> Page:
    values: dict[str, Any] = {"colleagues": await desk_phone.colleagues(at)}
    for part in PARTS.values():
        values |= await part(at)
    return Page("desk/page.html", **values)


async def _part(at: At, name: str) -> Page:
    return Page(f"desk/{name}.html", **await PARTS[name](at))


@pages.form(f"{PATH}/log-in", Right.DESK)
async def log_in(at: At) -> Page:
    await desk.log_in(at)
    return await _part(at, "duty")


@pages.form(f"{PATH}/log-out", Right.DESK)
async def log_out(at: At) -> Page:
    await desk.log_out(at)
    return await _part(at, "duty")


@pages.form(f"{PATH}/pause", Right.DESK)
async def pause(at: At, body: Pause) -> Page:
    await desk.pause(at, body)
    return await _part(at, "duty")


@pages.form(f"{PATH}/resume", Right.DESK)
async def resume(at: At) -> Page:
    await desk.resume(at)
    return await _part(at, "duty")


@pages.form(f"{PATH}/done", Right.DESK)
async def done(at: At) -> Page:
    await desk.done(at)
    return await _part(at, "duty")


@pages.form(f"{PATH}/notes", Right.DESK)
async def note(at: At, body: NoteBody) -> Page:
    await desk.note(at, body)
    return await _part(at, "caller")


@pages.form(f"{PATH}/callbacks/{{callback}}/call", Right.DESK)
async def call(at: At, callback: str) -> Page:
    await desk_todo.call(at, callback)
    return await _part(at, "todo")


@pages.form(f"{PATH}/callbacks/{{callback}}/cancel", Right.DESK)
async def cancel(at: At, callback: str) -> Page:
    await desk_todo.cancel(at, callback)
    return await _part(at, "todo")


@pages.form(f"{PATH}/voicemails/{{voicemail}}/heard", Right.DESK)
async def heard(at: At, voicemail: str) -> Page:
    await desk_todo.heard(at, voicemail)
    return await _part(at, "todo")


@pages.page(f"{PATH}/sip", Right.DESK)
async def sip(at: At) -> web.StreamResponse:
    """The softphone's websocket."""
    await desk_phone.phone(at)
    own = await seat(at)
    return await at.request.app[LINES].pass_on(at, own.agent.id)


@pages.page(f"{PATH}/events", Right.DESK)
async def events(at: At) -> web.StreamResponse:
    """Parts of the page, as they change (server-sent events)."""
    own = await seat(at)
    changes = Changes(at, own.agent.id, frozenset(await own.groups()))
    with at.request.app[NEWS].listen(at.account, changes.take):
        return await streams.stream(at, Right.DESK, changes)
