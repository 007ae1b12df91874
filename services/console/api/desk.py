"""An agent's own place of work: on duty or not, whom the phone rings for, what is noted of callers."""

import asyncio
import logging
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints
from sqlalchemy.exc import SQLAlchemyError

from services.archive import queries
from services.archive.wanted import Wanted
from services.console.context import At
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.console.seat import Seat, seat
from services.domain.agents import Event, IllegalTransition, State, once_idle
from services.domain.card import Card
from services.domain.documents import Account, Group, Hotline
from services.domain.lists import NumberList
from services.domain.record import EndState
from services.domain.rights import Right
from services.store import agents, cards, documents, notes
from services.store.due import now
from services.store.notes import Note

routes = Routes()
PATH = "/api/v1/accounts/{account}/desk"

EARLIER = 5
"""Calls that are shown of a caller."""
ARCHIVE_SECONDS = 3.0
"""That a caller's card waits for them."""

log = logging.getLogger(__name__)

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\n\r]*$")]


class Duty(BaseModel):
    """Times are milliseconds since 1970."""

    agent: str
    name: str
    state: State
    reason: str
    since: int
    on_duty: bool
    pause: str
    """Why it is paused, or will be after the call; empty: it is not."""
    afterwards: State
    """What it is in once the phone is put down."""
    ready_at: int
    """Of a wrap-up: its end."""
    call: str
    phone: str
    """``idle``, ``in_use``, ``unreachable``."""
    browser: bool
    """The phone is a browser at the desk."""
    reasons: list[str]
    """Why agents of the account pause; any other may be given."""
    now: int


class Today(BaseModel):
    """Since midnight in China. Durations are milliseconds; calls are those of queues and those to the agent by name."""

    answered: int
    missed: int
    talking: int
    wrap_up: int
    ready: int
    paused: int
    own_calls: int
    on_duty: int


class Pause(BaseModel):
    reason: Reason


class NoteBody(BaseModel):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    call: Annotated[str, StringConstraints(max_length=100)]
    """The call that is shown."""


class Noted(BaseModel):
    id: str
    at: int
    author: str
    text: str


class Earlier(BaseModel):
    """A call of the same number before."""

    call: str
    started: int
    hotline: str
    end_state: EndState
    agent: str | None
    group: str | None
    talk_ms: int
    waited_ms: int | None


class Step(BaseModel):
    node: str
    keys: str
    outcome: str


class OnList(BaseModel):
    list: str
    name: str
    reason: str | None


class Caller(BaseModel):
    """Whom the agent's phone rings for, or rang for last. All that a caller or its operator says is text."""

    kind: Literal["inbound", "callback"]
    call: str
    number: str
    """Empty: withheld."""
    name: str
    region: str
    """Empty: not known."""
    hotline: str
    hotline_name: str
    group: str
    group_name: str
    began: int
    waited_ms: int | None
    """In queues, until the phone rang; None: in none."""
    rang: int
    keys: list[Step]
    lists: list[OnList]
    notes: list[Noted]
    earlier: list[Earlier] | None
    """The newest first; None: the archive does not answer."""


@routes.get(PATH, Right.DESK)
async def duty(at: At) -> Duty:
    """What the agent is in."""
    own = await seat(at)
    standing, account, at_now = await own.standing(), await documents.get(at.redis, Account, at.account), now()
    return Duty(
        agent=own.agent.id,
        name=own.agent.name,
        state=standing.state,
        reason=standing.reason,
        since=standing.since,
        on_duty=bool(standing.on_duty),
        pause=standing.pause,
        afterwards=once_idle(standing, at_now)[0],
        ready_at=standing.ready_at,
        call=standing.call,
        phone=standing.phone,
        browser=bool(own.agent.sip and own.agent.sip.browser),
        reasons=list(account.document.pause_reasons.values()) if account else [],
        now=at_now,
    )


@routes.get(f"{PATH}/today", Right.DESK)
async def today(at: At) -> Today:
    """What the agent has done today."""
    own = await seat(at)
    done = await agents.today(own.distribution, own.agent.id, now())
    if done is None:
        raise Refused("No calls are distributed to agent %(agent)s.", agent=own.agent.id)
    return Today(
        answered=done.answered,
        missed=done.missed,
        talking=done.busy,
        wrap_up=done.wrap_up,
        ready=done.ready + done.ringing,
        paused=done.paused,
        own_calls=done.own_call,
        on_duty=done.on_duty,
    )


@routes.post(f"{PATH}/log-in", Right.DESK)
async def log_in(at: At) -> Duty:
    """Go on duty: calls may come."""
    return await _do(at, Event.LOGIN, "log_in")


@routes.post(f"{PATH}/log-out", Right.DESK)
async def log_out(at: At) -> Duty:
    """Go off duty; during a call, when it is over."""
    return await _do(at, Event.LOGOUT, "log_out")


@routes.post(f"{PATH}/pause", Right.DESK)
async def pause(at: At, body: Pause) -> Duty:
    """Pause; during a call, when it is over."""
    return await _do(at, Event.PAUSE, "pause", body.reason)


@routes.post(f"{PATH}/resume", Right.DESK)
async def resume(at: At) -> Duty:
    """End a pause."""
    return await _do(at, Event.RESUME, "resume")


@routes.post(f"{PATH}/done", Right.DESK)
async def done(at: At) -> Duty:
    """End the wrap-up before it is due."""
    return await _do(at, Event.WRAPPED, "wrapped")


async def _do(at: At, event: Event, action: str, reason: str = "") -> Duty:
    own = await seat(at)
    await own.standing()
    try:
        async with at.act(action, own.agent.id):
            await agents.happen(own.distribution, own.agent.id, event, now(), reason)
    except IllegalTransition as error:
        raise Refused("That cannot be done in the state that you are in.") from error
    return await duty(at)


@routes.get(f"{PATH}/caller", Right.DESK)
async def caller(at: At) -> Caller:
    """Whom the agent's phone rings for, or rang for last."""
    own = await seat(at)
    card = await _card(own)
    if card is None:
        raise Unknown("The phone has rung for nobody yet.")
    hotline = await documents.get(at.redis, Hotline, card.hotline)
    group = await documents.get(at.redis, Group, card.group) if card.group else None
    return Caller(
        kind=card.kind,
        call=card.call,
        number=card.number,
        name=card.name,
        region=card.region,
        hotline=card.hotline,
        hotline_name=hotline.document.name if hotline else "",
        group=card.group,
        group_name=group.document.name if group else "",
        began=card.began,
        waited_ms=None if card.waits_since is None else max(0, card.rang - card.waits_since),
        rang=card.rang,
        keys=[Step(node=one.node, keys=one.keys, outcome=one.outcome) for one in card.pressed],
        lists=[await _on_list(at, one.list, one.reason) for one in card.marks],
        notes=[_noted(note) for note in await notes.of(at.redis, at.account, card.number)] if card.number else [],
        earlier=await _earlier(at, card),
    )


@routes.post(f"{PATH}/notes", Right.DESK)
async def note(at: At, body: NoteBody) -> Noted:
    """Note something of the caller who is shown."""
    own = await seat(at)
    card = await _card(own)
    if card is None or card.call != body.call:
        raise Refused("Another caller is shown by now: nothing was noted.")
    if not card.number:
        raise Refused("The caller's number was withheld, so nothing can be noted of it.")
    written = Note(notes.new_id(), now(), own.person.name, body.text, card.call)
    async with at.act("note", own.agent.id, card.call):
        await notes.add(at.redis, at.account, card.number, written)
    return _noted(written)


async def _card(own: Seat) -> Card | None:
    return await cards.last(own.distribution, own.agent.id)


async def _on_list(at: At, name: str, reason: str | None) -> OnList:
    found = await documents.get(at.redis, NumberList, name)
    return OnList(list=name, name=found.document.name if found else name, reason=reason)


def _noted(written: Note) -> Noted:
    return Noted(id=written.id, at=written.at, author=written.author, text=written.text)


async def _earlier(at: At, card: Card) -> list[Earlier] | None:
    if not card.number:
        return []
    try:
        async with asyncio.timeout(ARCHIVE_SECONDS), at.archive.connect() as connection:
            page = await queries.search(connection, Wanted(account=at.account, number=card.number), limit=EARLIER + 1)
    except (SQLAlchemyError, TimeoutError, OSError):
        log.warning("the archive does not answer", exc_info=True)
        return None
    before = [call for call in page.calls if call.call_id != card.call][:EARLIER]
    return [
        Earlier(
            call=call.call_id,
            started=call.started,
            hotline=call.hotline,
            end_state=call.end_state,
            agent=call.agent,
            group=call.first_group,
            talk_ms=call.talk_ms,
            waited_ms=call.waited_ms,
        )
        for call in before
    ]
