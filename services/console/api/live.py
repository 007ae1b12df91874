"""What goes on in an account now, and what supervisors do about it (docs/live.md)."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from services.console import streams
from services.console.context import At
from services.console.problems import Invalid, Refused, Unknown
from services.console.push import Make, Seen
from services.console.route import Routes
from services.console.streams import EVENT_STREAM, Frame
from services.domain.board import Board, Drawn, board
from services.domain.documents import Agent, Reason
from services.domain.model import Id
from services.domain.rights import Right
from services.domain.statistics.service_level import FORMULAS
from services.store import documents, supervision
from services.store.supervision import Mode

routes = Routes()

_FORMULAS = {formula.id: formula for formula in FORMULAS}


class LiveQuery(BaseModel):
    group: Annotated[Id | None, Field(description="Of this group only.")] = None
    answer_within: Annotated[int, Field(ge=0, le=3600, description="Threshold of the service level, in seconds.")] = 20

    formula: Annotated[
        Literal["answered", "finished", "offered", "long_abandons", "waited", "queued"],
        Field(description="How the service level is reckoned: as the analysis names it."),
    ] = "offered"


class LiveNow(BaseModel):
    account: str
    at: Annotated[int, Field(description="Milliseconds since 1970, as all times here.")]
    stopped: Annotated[int | None, Field(description="Since when Redis does not answer: `board` is of then.")]
    board: Annotated[Board | None, Field(description="Null before there was any figure.")]


class Listening(BaseModel):
    mode: Mode
    supervisor: Annotated[
        Id | None, Field(description="At whose phone; left out: at that of the person who asks. Programs name one.")
    ] = None


class LoggingOut(BaseModel):
    hang_up: Annotated[bool, Field(description="Ends the agent's talk, too.")] = False


class Pausing(BaseModel):
    reason: Reason


class Pulling(BaseModel):
    agent: Id


CallId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


def drawn_of(query: LiveQuery, seen: Seen) -> Board | None:
    if seen.live is None:
        return None
    names = Drawn(
        lambda one: seen.groups.get(one, one),
        lambda one: seen.agents.get(one, one),
        query.answer_within,
        _FORMULAS[query.formula],
    )
    return board(seen.live, query.group, seen.at, names)


def _frame_of(at: At, query: LiveQuery) -> Make[Frame]:
    account = at.account

    async def make(seen: Seen) -> Frame:
        found = LiveNow(account=account, at=seen.at, stopped=seen.stopped, board=drawn_of(query, seen))
        return {"board": found.model_dump_json()}

    return make


@routes.get("/api/v1/accounts/{account}/live", Right.SEE_LIVE)
async def now(at: At, query: LiveQuery) -> LiveNow:
    """What goes on now: queues, callers, agents, and the day's figures."""
    found = await streams.newest(at, _frame_of(at, query))
    return LiveNow.model_validate_json(found["board"])


@routes.get("/api/v1/accounts/{account}/live/events", Right.SEE_LIVE, media=EVENT_STREAM)
async def events(at: At, query: LiveQuery) -> web.StreamResponse:
    """The same as events `board`, at every change; `gone` when whoever asks may no longer see it."""
    return await streams.events(at, Right.SEE_LIVE, ("api", query.model_dump_json()), _frame_of(at, query))


@routes.post("/api/v1/accounts/{account}/live/agents/{agent}/supervision", Right.ACT_LIVE)
async def supervise(at: At, agent: str, body: Listening) -> None:
    """Rings the supervisor's phone, which then hears the agent's talk; answers when it was picked up."""
    await _own(at, agent)
    with _asked():
        await supervision.spy(at.redis, at.identity.login, _phone(at, body), agent, body.mode)


@routes.post("/api/v1/accounts/{account}/live/agents/{agent}/logout", Right.ACT_LIVE)
async def log_out(at: At, agent: str, body: LoggingOut) -> None:
    """Ends the agent's duty now; a phone that rings for a call stops."""
    await _own(at, agent)
    with _asked():
        await supervision.log_out(at.redis, at.identity.login, agent, hang_up=body.hang_up)


@routes.post("/api/v1/accounts/{account}/live/agents/{agent}/pause", Right.ACT_LIVE)
async def pause(at: At, agent: str, body: Pausing) -> None:
    """Pauses the agent; during a call, when it is over."""
    await _own(at, agent)
    with _asked():
        await supervision.pause(at.redis, at.identity.login, agent, body.reason)


@routes.post("/api/v1/accounts/{account}/live/agents/{agent}/resume", Right.ACT_LIVE)
async def resume(at: At, agent: str) -> None:
    """Ends the agent's pause."""
    await _own(at, agent)
    with _asked():
        await supervision.resume(at.redis, at.identity.login, agent)


@routes.post("/api/v1/accounts/{account}/live/calls/{call}/pull", Right.ACT_LIVE)
async def pull(at: At, call: str, body: Pulling) -> None:
    """Has a waiting caller offered to this agent next, before all others."""
    await _own(at, body.agent)
    with _asked():
        await supervision.pull(at.redis, at.identity.login, call, body.agent)


@routes.post("/api/v1/accounts/{account}/live/calls/{call}/hangup", Right.ACT_LIVE)
async def hang_up(at: At, call: str) -> None:
    """Ends a call that waits, rings or talks in a queue."""
    with _asked():
        await supervision.hang_up(at.redis, at.identity.login, at.account, call)


async def _own(at: At, agent: str) -> Agent:
    """Raises Unknown for another account's, too."""
    found = await documents.get(at.redis, Agent, agent)
    if found is None or found.document.account != at.account:
        raise Unknown("There is no agent %(agent)s.", agent=agent)
    return found.document


def _phone(at: At, body: Listening) -> str:
    person = at.identity.person
    if person is None:
        if body.supervisor is None:
            raise Invalid("body.supervisor: expected the agent at whose phone the talk is to be heard.")
        return body.supervisor
    if person.agent is None:
        raise Refused("You have no phone here: somebody who may change people has to say which agent you are.")
    if body.supervisor not in {None, person.agent}:
        raise Refused("Talks are heard at your own phone only.")
    return person.agent


@contextlib.contextmanager
def _asked() -> Iterator[None]:
    try:
        yield
    except supervision.Refused as error:
        raise Refused(error.text, (), **error.values) from error
