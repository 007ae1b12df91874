"""The wallboard, and what supervisors do from it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field

from services.console import streams
from services.console.api import live
from services.console.api.live import LiveQuery, LoggingOut, Pausing, Pulling
from services.console.context import At, Page
from services.console.pages.analysis_words import FORMULAS
from services.console.problems import Away, Refused, Unknown
from services.console.push import Make, Seen
from services.console.rendering import part
from services.console.route import Routes
from services.console.streams import Frame
from services.domain.board import Board
from services.domain.documents import Account
from services.domain.rights import Right
from services.domain.statistics.days import day_of
from services.store import documents
from services.store.due import now
from services.store.supervision import Mode

pages = Routes()

PARTS = ("figures", "groups", "hours", "callers", "agents")
"""Each is an event of its own: what has not changed is not sent."""


class Wall(LiveQuery):
    """What the page shows in colour: beyond the first of two it is a warning, beyond twice as much an alarm."""

    waiting: Annotated[int, Field(ge=1, le=1000)] = 5
    """Callers who wait."""
    longest: Annotated[int, Field(ge=1, le=3600)] = 60
    """Seconds."""
    target: Annotated[int, Field(ge=1, le=100)] = 80
    """Percent of the service level; below three quarters of it is an alarm."""
    wall: bool = False
    """Nothing but figures, for a screen on the wall."""


class Supervising(BaseModel):
    mode: Mode


def _frame_of(at: At, query: Wall) -> Make[Frame]:
    texts, account, acts = at.texts, at.account, at.may(Right.ACT_LIVE)

    async def make(seen: Seen) -> Frame:
        found = live.drawn_of(query, seen)
        formula = {"name": texts(FORMULAS[query.formula][0]), "definition": texts(FORMULAS[query.formula][1])}
        values = {"formula": formula, "board": found, "wall": query, "account": account, "acts": acts, "seen": seen}
        drawn = {name: part(texts, f"live/{name}.html", values) for name in PARTS} if found else {}
        return {"stopped": part(texts, "live/stopped.html", values), **drawn}

    return make


async def _groups(seen: Seen) -> Sequence[tuple[str, str]]:
    """Ids and names, by name."""
    return sorted(seen.groups.items(), key=lambda group: (group[1], group[0]))


def _key(at: At, query: Wall) -> tuple[object, ...]:
    return "wallboard", at.texts.language, at.may(Right.ACT_LIVE), query.model_dump_json()


@pages.page("/accounts/{account}/live", Right.SEE_LIVE)
async def show(at: At, query: Wall) -> Page:
    drawn = await streams.newest(at, _frame_of(at, query))
    groups = await streams.newest(at, _groups)
    return Page(
        "live/page.html",
        drawn=drawn,
        wall=query,
        groups=groups,
        formulas=[(formula, at.texts(name)) for formula, (name, _) in FORMULAS.items()],
        events=f"{at.request.path}/events",
        today=date.fromordinal(day_of(now())),
    )


@pages.page("/accounts/{account}/live/events", Right.SEE_LIVE)
async def events(at: At, query: Wall) -> web.StreamResponse:
    return await streams.events(at, Right.SEE_LIVE, _key(at, query), _frame_of(at, query))


async def _board(at: At) -> Board:
    """As it is this moment."""
    found = await live.now(at, LiveQuery())
    if found.board is None:
        raise Away("Redis does not answer, so this cannot be shown or done now. Calls go on meanwhile.")
    return found.board


@pages.page("/accounts/{account}/live/agents/{agent}", Right.ACT_LIVE)
async def agent(at: At, agent: str) -> Page:
    """What may be done to an agent now."""
    found = next((one for one in (await _board(at)).agents if one.agent == agent), None)
    if found is None:
        raise Unknown("There is no agent %(agent)s.", agent=agent)
    account = await documents.get(at.redis, Account, at.account)
    reasons = list(account.document.pause_reasons.values()) if account else []
    return Page("live/agent.html", agent=found, reasons=reasons, account=at.account)


@pages.page("/accounts/{account}/live/calls/{call}", Right.ACT_LIVE)
async def call(at: At, call: str) -> Page:
    """What may be done to a caller now."""
    board = await _board(at)
    found = next((one for one in board.callers if one.call == call), None)
    if found is None:
        raise Refused("The call is over.")
    members = [one for one in board.agents if found.group_name in one.groups and one.state not in {"offline", "paused"}]
    return Page("live/call.html", caller=found, members=members, account=at.account)


@pages.form("/accounts/{account}/live/agents/{agent}/supervision", Right.ACT_LIVE)
async def supervise(at: At, agent: str, body: Supervising) -> Page:
    await live.supervise(at, agent, live.Listening(mode=body.mode))
    return _told(at.texts("You are in the talk of %(agent)s.", agent=agent))


@pages.form("/accounts/{account}/live/agents/{agent}/logout", Right.ACT_LIVE)
async def log_out(at: At, agent: str, body: LoggingOut) -> Page:
    await live.log_out(at, agent, body)
    return _told(at.texts("%(agent)s is logged out.", agent=agent))


@pages.form("/accounts/{account}/live/agents/{agent}/pause", Right.ACT_LIVE)
async def pause(at: At, agent: str, body: Pausing) -> Page:
    await live.pause(at, agent, body)
    return _told(at.texts("%(agent)s is paused, or will be when the call is over.", agent=agent))


@pages.form("/accounts/{account}/live/agents/{agent}/resume", Right.ACT_LIVE)
async def resume(at: At, agent: str) -> Page:
    await live.resume(at, agent)
    return _told(at.texts("%(agent)s's pause is over.", agent=agent))


@pages.form("/accounts/{account}/live/calls/{call}/pull", Right.ACT_LIVE)
async def pull(at: At, call: str, body: Pulling) -> Page:
    await live.pull(at, call, body)
    return _told(at.texts("The caller is offered to %(agent)s next.", agent=body.agent))


@pages.form("/accounts/{account}/live/calls/{call}/hangup", Right.ACT_LIVE)
async def hang_up(at: At, call: str) -> Page:
    await live.hang_up(at, call)
    return _told(at.texts("The call was ended."))


def _told(text: str) -> Page:
    return Page("live/told.html", text=text)
