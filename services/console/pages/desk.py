"""The desk, and what is pushed to it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from redis.exceptions import RedisError

from services.console.api import desk, desk_phone, desk_todo
from services.console.api.desk import NoteBody, Pause
from services.console.context import At, Page
from services.console.news import NEWS
from services.console.problems import Problem, Unknown
from services.console.rendering import render
from services.console.route import Routes
from services.console.seat import Seat, seat
from services.console.sip_relay import LINES, holds
from services.domain.live import Fields
from services.domain.rights import Right
from services.store.live import Entry

pages = Routes()
PATH = "/accounts/{account}/desk"

BEAT_SECONDS = 15.0
"""Between two signs of life, and two looks at whether the session holds."""
AWAY_SECONDS = 2.0


@pages.page(PATH, Right.DESK)
async def show(at: At) -> Page:
    values: dict[str, Any] = {"colleagues": await desk_phone.colleagues(at)}
    for part in PARTS.values():
        values |= await part(at)
    return Page("desk/page.html", **values)


async def _duty(at: At) -> dict[str, Any]:
    return {"duty": await desk.duty(at)}


async def _caller(at: At) -> dict[str, Any]:
    try:
        return {"caller": await desk.caller(at)}
    except Unknown:
        return {"caller": None}


async def _todo(at: At) -> dict[str, Any]:
    return {"todo": await desk_todo.todo(at)}


async def _today(at: At) -> dict[str, Any]:
    return {"today": await desk.today(at)}


PARTS: Mapping[str, Callable[[At], Awaitable[dict[str, Any]]]] = {
    "duty": _duty,
    "caller": _caller,
    "todo": _todo,
    "today": _today,
}
"""Of the page, each a template of that name."""


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
    changed = _Changed(own, frozenset(await own.groups()))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(at.request)
    news = at.request.app[NEWS]
    with contextlib.suppress(ConnectionError, Problem), news.listen(at.account, changed.take):
        while not news.over.is_set() and await _still(at):
            await _push(at, response, changed)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await changed.event.wait()
    return response


class _Changed:
    """Which parts are not as they were pushed."""

    def __init__(self, own: Seat, groups: frozenset[str]) -> None:
        self.event = asyncio.Event()
        self._agent = own.agent.id
        self._groups = groups
        self._parts = set(PARTS)

    def take(self, entry: Entry | None) -> None:
        if found := self._of(entry.fields if entry else None):
            self._parts |= found
            self.event.set()

    def taken(self) -> list[str]:
        self.event.clear()
        parts, self._parts = self._parts, {"today"}
        return [name for name in PARTS if name in parts]

    def again(self) -> None:
        self._parts |= set(PARTS)

    def _of(self, fields: Fields | None) -> set[str]:
        if fields is None:
            return set(PARTS)
        match fields.get("of"):
            case "agent" if fields.get("agent") == self._agent:
                return {"duty", "today"}
            case "card" if self._agent in fields.get("agents", "").split():
                return {"caller", "duty"}
            case "callback" | "voicemail" if fields.get("group") in self._groups:
                return {"todo"}
            case _:
                return set()


async def _push(at: At, response: web.StreamResponse, changed: _Changed) -> None:
    try:
        for name in changed.taken():
            await _send(response, name, render(at, f"desk/{name}.html", await PARTS[name](at)))
        await _send(response, "away", "")
    except RedisError:
        changed.again()
        await _send(response, "away", render(at, "desk/away.html", {}))
        await asyncio.sleep(AWAY_SECONDS)
        changed.event.set()


async def _send(response: web.StreamResponse, event: str, text: str) -> None:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    await response.write(f"event: {event}\n{lines}\n".encode())


async def _still(at: At) -> bool:
    try:
        return await holds(at)
    except RedisError:
        return True
