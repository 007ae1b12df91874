"""What a supervisor does to agents and calls of its account. Each act is kept, refused or not (docs/audit.md).

``actor``: whoever says to be at the controls. All raise Refused, which says why, and redis.exceptions.RedisError.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from enum import StrEnum
from typing import TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.agents import IllegalTransition, State
from services.domain.documents import Agent
from services.store import agents, documents, queues, requests
from services.store.audit import Act, kept
from services.store.distribution import Distribution, Unknown
from services.store.due import now
from services.store.queues import Caller, Pulled
from services.store.requests import AwayError, Hangup, HangupPhone, Originate, RefusedError

T = TypeVar("T")

RING_SECONDS = 30
SPARE_SECONDS = 6.0
"""More than the phone rings, for the answer to come."""

STOPS, STOP_SECONDS = 20, 0.2
"""How often, and a pause between."""

_NOT_PULLED = {
    Pulled.UNKNOWN: "call %(call)s is in no queue of the account %(account)s",
    Pulled.RINGING: "call %(call)s is ringing already",
    Pulled.TALKING: "call %(call)s is talking already",
    Pulled.NO_MEMBER: "%(agent)s is no member of the group whose queue %(call)s waits in",
    Pulled.OFF_DUTY: "%(agent)s is offline or paused",
}


_ILLEGAL = "agent %(agent)s is %(state)s: %(event)s cannot happen"


class Refused(Exception):  # noqa: N818 - whoever asked is told
    """Says why. ``text``: with places for ``values``, so that it can be said in another language."""

    def __init__(self, text: str, **values: str) -> None:
        super().__init__(text % values)
        self.text, self.values = text, values


class Mode(StrEnum):
    LISTEN = "listen"
    """The supervisor hears both; nobody hears the supervisor."""
    WHISPER = "whisper"
    """The agent hears the supervisor, too."""
    BARGE = "barge"
    """Both hear the supervisor."""


async def spy(redis: Redis, actor: str, supervisor: str, agent: str, mode: Mode) -> None:
    """Rings the supervisor's phone, which then hears the talk that the agent had now, until that is over.

    Returns when the phone was picked up.
    """
    spied = await _agent(redis, agent)
    talk = await _talk(redis, spied)
    act = Act(spied.account, actor, mode, agent, talk.call if talk else "", supervisor)
    async with kept(redis, act):
        await _check_supervisor(redis, supervisor, spied)
        if talk is None or not talk.channel:
            raise Refused("%(agent)s talks to no caller of a queue", agent=agent)
        rings = Originate(
            dial=supervisor,
            context="supervise",
            extension=mode,
            seconds=RING_SECONDS,
            variables={"SPIED": talk.channel},
        )
        await _ask(redis, pbx_of(talk.channel), rings, RING_SECONDS + SPARE_SECONDS)


async def log_out(redis: Redis, actor: str, agent: str, *, hang_up: bool) -> None:
    """Ends the agent's duty now: a phone that rings for an offer rings no longer, no further call comes.

    A talk goes on to its end, unless ``hang_up``. The ringing of a bound number goes on to its end, too.
    """
    found = await _agent(redis, agent)
    distribution = Distribution(redis, found.account)
    standing = await agents.get(distribution, agent)
    async with kept(redis, Act(found.account, actor, "forced_logout", agent, standing.call if standing else "")):
        await _known(agents.logout(distribution, agent, now()))
        if found.sip:
            await _stop_ringing(distribution, agent)
        if hang_up and (talk := await _talk(redis, found)):
            channel = talk.channel or talk.call
            await _ask(redis, pbx_of(channel), Hangup(channel=channel))


async def pause(redis: Redis, actor: str, agent: str, reason: str) -> None:
    """During a call: when the call is over. ``reason`` is not empty."""
    found = await _agent(redis, agent)
    async with kept(redis, Act(found.account, actor, "pause", agent)):
        await _known(agents.pause(Distribution(redis, found.account), agent, reason, now()))


async def resume(redis: Redis, actor: str, agent: str) -> None:
    found = await _agent(redis, agent)
    async with kept(redis, Act(found.account, actor, "resume", agent)):
        await _known(agents.resume(Distribution(redis, found.account), agent, now()))


async def pull(redis: Redis, actor: str, call: str, agent: str) -> None:
    """Has a waiting caller offered to the agent next (``queues.pull``)."""
    found = await _agent(redis, agent)
    async with kept(redis, Act(found.account, actor, "pull", agent, call)):
        pulled = await _known(queues.pull(Distribution(redis, found.account), call, agent, now()))
        if pulled is not Pulled.PULLED:
            raise Refused(_NOT_PULLED[pulled], call=call, agent=agent, account=found.account)


async def hang_up(redis: Redis, actor: str, account: str, call: str) -> None:
    """Ends a call that is in a queue of the account, waiting, ringing or talking."""
    async with kept(redis, Act(account, actor, "hang_up", call, call)):
        if await queues.caller(Distribution(redis, account), call) is None:
            raise Refused(_NOT_PULLED[Pulled.UNKNOWN], call=call, account=account)
        await _ask(redis, pbx_of(call), Hangup(channel=call))


def pbx_of(uniqueid: str) -> str:
    """The Asterisk that a channel or call is at: its ids begin with its name."""
    return uniqueid.partition("-")[0]


async def _agent(redis: Redis, name: str) -> Agent:
    try:
        found = await documents.get(redis, Agent, name)
    except ValidationError as error:
        why = error.errors()[0]["msg"]
        raise Refused("agent %(agent)s was written by another release: %(why)s", agent=repr(name), why=why) from error
    if found is None:
        raise Refused("there is no agent %(agent)s", agent=repr(name))
    return found.document


async def _check_supervisor(redis: Redis, supervisor: str, agent: Agent) -> None:
    found = await _agent(redis, supervisor)
    if not found.supervisor:
        raise Refused("%(supervisor)s is no supervisor", supervisor=supervisor)
    if found.account != agent.account:
        raise Refused("%(supervisor)s belongs to another account than %(agent)s", supervisor=supervisor, agent=agent.id)
    if found.id == agent.id:
        raise Refused("%(supervisor)s cannot supervise itself", supervisor=supervisor)


async def _talk(redis: Redis, agent: Agent) -> Caller | None:
    distribution = Distribution(redis, agent.account)
    standing = await agents.get(distribution, agent.id)
    caller = await queues.caller(distribution, standing.call) if standing and standing.call else None
    return caller if caller and caller.state == "talking" and caller.agents == (agent.id,) else None


async def _stop_ringing(distribution: Distribution, agent: str) -> None:
    """An agent is reserved before its phone rings: until it does, or no longer has to, this is tried again."""
    for _ in range(STOPS):
        standing = await agents.get(distribution, agent)
        if standing is None or standing.state is not State.RINGING:
            return
        with contextlib.suppress(Refused):
            request = HangupPhone(endpoint=agent, call=standing.call)
            await _ask(distribution.redis, pbx_of(standing.call), request)
            return
        await asyncio.sleep(STOP_SECONDS)
    raise Refused("the phone of %(agent)s rings on", agent=agent)


async def _known(work: Awaitable[T]) -> T:
    try:
        return await work
    except Unknown as error:
        raise Refused("there is no %(kind)s %(name)s", kind=error.kind, name=repr(error.name)) from error
    except IllegalTransition as error:
        raise Refused(_ILLEGAL, agent=error.agent, state=error.state, event=error.event) from error


async def _ask(redis: Redis, pbx: str, request: requests.AnyRequest, deadline: float = requests.DEADLINE) -> None:
    try:
        await requests.ask(redis, pbx, request, deadline)
    except AwayError as error:
        raise Refused("Asterisk cannot be asked: %(why)s", why=str(error)) from error
    except RefusedError as error:
        raise Refused("Asterisk has not done it: %(why)s", why=str(error)) from error
