"""Callbacks that are pending: who is to be called back, by which group, and who sees to it.

A callback that is due and held by a process is a caller in its group's queue, under the callback's id. So a process
that dies loses it as it loses a caller, and another one claims it. Times are milliseconds since 1970; all raise
``services.store.distribution.Unknown`` for a group that was never ``put``, and redis.exceptions.RedisError.
"""

import secrets
from collections.abc import AsyncIterator
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from services.domain.callbacks import CallbackTerms
from services.store import keys
from services.store.distribution import Distribution
from services.store.queues import Pulled

OF_HOTLINE = 100
"""Callbacks that may be pending for one hotline: who names others' numbers has us ring no more than these."""
OF_ACCOUNT = 1000
CLAIMED_AT_ONCE = 100

Asked = Literal["agreed", "pending", "refused"]
"""``pending``: there was one already for this number and group. ``refused``: too many are pending."""
State = Literal["waiting", "queued", "offered", "ringing"]
"""docs/distribution.md has what they mean."""
Reason = Literal["by_hand", "no_terms"]
Postponed = Literal["window", "away", "spent"]


class Callback(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    state: State
    group: str
    number: str
    """As it is dialled within China."""
    hotline: str
    node: str
    """Of the hotline's flow, where it was agreed on."""
    asked_in: str
    """The call in which it was asked for."""
    pbx: str
    """The Asterisk host which that call came in by."""
    joined: int
    """When its age in the queue began."""
    priority: int
    asked: int
    due: int
    expires: int
    attempts: int
    """Times that the customer was dialled."""


class Offered(NamedTuple):
    callback: str
    offer: int
    agent: str


async def ask(  # noqa: PLR0913 - what is known of a callback
    distribution: Distribution,
    number: str,
    group: str,
    now: int,
    *,
    hotline: str,
    node: str,
    asked_in: str,
    pbx: str,
    joined: int,
    priority: int,
    due: int,
    expires: int,
) -> tuple[Asked, str]:
    """What became of the request, and the callback's id; no id when it was refused. ``due``: not before this time."""
    await distribution.redis.sadd(keys.CALLBACK_ACCOUNTS, distribution.account)
    bounds = (OF_HOTLINE, OF_ACCOUNT, due)
    known: dict[str, str | int] = {
        "node": node, "asked_in": asked_in, "pbx": pbx, "joined": joined, "priority": priority, "expires": expires,
    }  # fmt: skip
    fields = [part for pair in known.items() for part in pair]
    name = f"callback-{secrets.token_hex(6)}"
    asked, found = await distribution.run("callback_ask", now, name, group, number, hotline, *bounds, *fields)
    return asked.decode(), found.decode()


async def claim(distribution: Distribution, process: str, stay: str, now: int) -> list[str]:
    """Those that are due and nobody holds: from now on ``process`` does, as it holds callers, in this ``stay``."""
    claimed: list[str] = []
    while more := await distribution.run("callback_claim", now, process, stay, CLAIMED_AT_ONCE):
        claimed += [name.decode() for name in more]
    return claimed


async def postpone(  # noqa: PLR0913
    distribution: Distribution, callback: str, until: int, reason: Postponed, now: int, *, stay: str
) -> None:
    """Out of the queue, by its holder; nothing happens when another one holds it."""
    await distribution.run("callback_postpone", now, callback, until, reason, stay)


async def take(distribution: Distribution, offered: Offered, now: int, *, process: str, stay: str) -> bool:
    """The agent has picked up; ``process`` holds the callback now. False: the offer is void."""
    return bool(await distribution.run("callback_take", now, *offered, process, stay))


async def ring(distribution: Distribution, offered: Offered, terms: CallbackTerms, now: int) -> int:
    """Which attempt this is, from 1: dial the customer. 0: do not, the offer is void or was used already.

    If the customer does not answer and the callback leaves the queue, it comes back after the terms' interval.
    """
    limits = (terms.attempts, 1000 * terms.interval_seconds, 1000 * terms.ring_seconds)
    return int(await distribution.run("callback_ring", now, *offered, *limits))


async def reached(distribution: Distribution, callback: str, now: int) -> None:
    """The customer has answered; ``queues.answered`` says so as well, when it knows the offer."""
    await distribution.run("callback_reached", now, callback)


async def cancel(distribution: Distribution, callback: str, reason: Reason, now: int) -> bool:
    """False: there is none of this id. A customer who is being dialled already is not hung up on."""
    return bool(await distribution.run("callback_cancel", now, callback, reason))


async def want(distribution: Distribution, callback: str, agent: str, now: int) -> Pulled:
    """The agent makes it next, also if it was not due yet; within the group's windows all the same."""
    reply: bytes = await distribution.run("callback_want", now, callback, agent)
    return Pulled(reply.decode())


async def get(distribution: Distribution, callback: str) -> Callback | None:
    found: Any = await distribution.redis.hgetall(keys.callback(distribution.account, callback))
    known = {name.decode(): value.decode() for name, value in found.items()}
    return Callback.model_validate({**known, "id": callback}) if known else None


async def pending(distribution: Distribution) -> AsyncIterator[Callback]:
    """Who waits longest first."""
    names: Any = await distribution.redis.hvals(keys.pending_callbacks(distribution.account))
    found = [await get(distribution, name.decode()) for name in names]
    for callback in sorted((one for one in found if one), key=lambda one: one.joined):
        yield callback


async def accounts(redis: Redis) -> list[str]:
    """All that may have callbacks."""
    names: Any = await redis.smembers(keys.CALLBACK_ACCOUNTS)
    return sorted(name.decode() for name in names)
