"""Callers who wait, and who rings for them. Whoever arrives, caller or agent, is matched in the same step.

All take and give times in milliseconds since 1970; all raise ``services.store.distribution.Unknown`` for a group that
was never ``put``, and redis.exceptions.RedisError.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import TypeAdapter

from services.domain.documents import Group
from services.domain.waiting import Band, estimate, trusted
from services.store import keys
from services.store.distribution import Distribution

LEASE_MS = 10_000
"""A call that nobody renews for so long is given up, and its agents are free."""

LEASE = "lease:"
"""Begins what is due for each call that is held."""

HEARD_MS = 4500
"""Less than the silence after which leases are prolonged (SILENCE_MS in lua/base.lua)."""

RENEWED_AT_ONCE = 500

Reason = Literal["abandoned", "ended", "overflow", "key", "closed", "unanswered"]
"""Why a caller left: hung up while waiting (its place is kept for its number), the talk is over, the flow goes
elsewhere, the caller pressed a key, the queue turned it away, or the customer who was called back did not answer."""


@dataclass(frozen=True, slots=True)
class Offer:
    number: int
    """Which offer of the account this is: a later one makes it void."""
    agents: tuple[str, ...]
    """To be rung, together when there are several; in the group's order."""


@dataclass(frozen=True, slots=True)
class Place:
    joined: int
    """When the caller's age began: earlier than now when its place was kept."""
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class Wake:
    """What is published to a process when a caller that it holds gets an offer."""

    account: str
    call: str
    offer: int


class Pulled(StrEnum):
    """What became of a pull."""

    PULLED = "pulled"
    UNKNOWN = "unknown"
    RINGING = "ringing"
    TALKING = "talking"
    NO_MEMBER = "no_member"
    """The agent is not in the group whose queue the caller waits in."""
    OFF_DUTY = "off_duty"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is in the distribution. Times are milliseconds since 1970."""

    call: str
    group: str
    number: str
    """Empty when withheld."""
    state: Literal["waiting", "ringing", "talking"]
    priority: int
    joined: int
    """When its age began."""
    agents: tuple[str, ...]
    """Who rings or talks."""
    pulled: str
    """The agent whom it was pulled to."""
    channel: str
    """Of a talk: the agent's channel, Asterisk's uniqueid of it."""


@dataclass(frozen=True, slots=True)
class Status:
    waiting: int
    ready: int
    on_duty: int
    """Members who are neither offline nor paused."""
    longest_since: int | None
    """When the age of who waits longest began."""


@dataclass(frozen=True, slots=True)
class Outlook:
    position: int
    """From 1; callers who are being rung for stand no longer in the queue."""
    wait: Band | None
    trusted: bool
    """False while what was announced lately came true too seldom: say the position only."""


async def put(distribution: Distribution, group: Group, now: int) -> None:
    """Makes the group's terms those of the document. Does nothing when they are; else all who wait are aimed anew."""
    steps = [(step.after_seconds * 1000, step.level) for step in group.widening] if group.strategy == "skills" else []
    members = [
        f"{agent} {index} {group.skills.get(agent, 1)} {group.priorities.get(agent, 0)} {group.weights.get(agent, 1)}"
        for index, agent in enumerate(group.members)
    ]
    seconds = (group.wrap_up_seconds, group.retry_seconds, group.returning_seconds, group.place_seconds)
    terms: list[str | int] = [group.strategy, json.dumps(steps or [(0, 1)]), group.capacity]
    await distribution.run("put_group", now, group.id, *terms, *(1000 * one for one in seconds), *members)


async def join(  # noqa: PLR0913 - what is known of a caller
    distribution: Distribution,
    call: str,
    group: str,
    now: int,
    *,
    process: str,
    stay: str = "",
    number: str = "",
    priority: int = 0,
    joined: int | None = None,
    hotline: str = "",
    region: str = "",
) -> Place | None:
    """The caller's place, or None when the queue is full.

    A call that stands there already, or stood there before its process died, and a number whose line dropped keep
    their age, full or not. ``process``: whom to wake. ``stay``: what ``leave`` names. ``number``: the caller's, empty
    when withheld. ``priority``: 0 … 9, higher first. ``joined``: the age that it brings along from another queue.
    ``hotline``: which one was called. ``region``: where the number is from, empty when that is not known.
    """
    since = "" if joined is None else joined
    reply = await distribution.run("join", now, call, group, number, priority, process, stay, since, hotline, region)
    return Place(reply[0], _offer(reply[1:])) if reply else None


async def claim(  # noqa: PLR0913 - what is known of a call
    distribution: Distribution, call: str, group: str, agent: str, now: int, *, process: str, stay: str = ""
) -> Offer | None:
    """Offers the call to one agent whom somebody has named, in whatever state but with a call; None: it has one.

    The group's terms apply, empty: no group's; the call stands in no queue. What it was in before it has left.
    """
    return _offer(await distribution.run("claim", now, call, group, agent, process, stay))


async def handed(distribution: Distribution, call: str, agent: str, now: int) -> bool:
    """The talk goes on with this agent; whoever had it is free. Empty: with nobody of ours. False: there is no talk."""
    return bool(await distribution.run("handed", now, call, agent))


async def leave(distribution: Distribution, call: str, reason: Reason, now: int, *, stay: str = "") -> bool:
    """The call is over or goes elsewhere, whatever it was doing; its agents are free. False: it was unknown.

    ``stay``: nothing happens when the call has begun another one since.
    """
    return bool(await distribution.run("leave", now, call, reason, stay))


async def ended(distribution: Distribution, call: str, now: int) -> bool:
    """The talk is over; the agent's wrap-up begins. False: the call was unknown."""
    return await leave(distribution, call, "ended", now)


async def answered(  # noqa: PLR0913 - what is known of an answer
    distribution: Distribution, call: str, offer: int, agent: str, now: int, *, channel: str = ""
) -> bool:
    """The agent has begun to talk; the offer's others are free. False: another was faster, or the offer is void.

    ``channel``: Asterisk's uniqueid of the phone's channel, for who has to find it; empty when it is not known.
    """
    return bool(await distribution.run("answered", now, call, offer, agent, channel))


async def missed(
    distribution: Distribution, call: str, offer: int, now: int, agents: Sequence[str] = ()
) -> Offer | None:
    """These agents, by default all whom it was made to, did not take the offer: no answer, busy, unreachable, declined.

    Or one did, and dropped the caller at once: then it is that one alone. When none is left the caller waits on, at
    its place. Gives the offer that is the caller's now; None: it waits.
    """
    return _offer(await distribution.run("missed", now, call, offer, *agents))


async def pull(distribution: Distribution, call: str, agent: str, now: int) -> Pulled:
    """A waiting caller is offered to this member next, before all others, and to nobody else.

    When the member misses it, or goes off duty or out of the group, the caller is again anybody's, at its place.
    """
    reply: bytes = await distribution.run("pull", now, call, agent)
    return Pulled(reply.decode())


async def renew(distribution: Distribution, process: str, calls: Sequence[str], now: int) -> dict[str, Offer | None]:
    """Keeps the calls, waiting, ringing or talking, for another LEASE_MS; ``process`` is who is woken from now on.

    Gives the calls that are held, each with its present offer. Who is missing was given up: ``join`` again.
    """
    held: dict[str, Offer | None] = {}
    for first in range(0, len(calls), RENEWED_AT_ONCE):
        some = calls[first : first + RENEWED_AT_ONCE]
        for call, (known, *offer) in zip(some, await distribution.run("renew", now, process, *some), strict=True):
            if known:
                held[call] = _offer(offer)
    return held


async def advance(distribution: Distribution, now: int) -> None:
    """Does what is due: wrap-ups end, searches widen, leases of the dead run out. To be called when it is due."""
    while (due := await next_due(distribution)) is not None and due <= now:
        await distribution.run("advance", now)


async def next_due(distribution: Distribution) -> int | None:
    """When to ``advance`` next; None while there is nothing to wait for.

    That is never later than HEARD_MS after anybody was heard of: a lease runs out in time only where it can be told
    that Redis was there all the while.
    """
    async with distribution.redis.pipeline(transaction=False) as pipe:
        pipe.zrange(keys.due(distribution.account), 0, 0, withscores=True)
        pipe.get(keys.heard(distribution.account))
        first, heard = await pipe.execute()
    return min(int(first[0][1]), int(heard or 0) + HEARD_MS) if first else None


async def status(distribution: Distribution, group: str, now: int) -> Status:
    return Status(*await distribution.run("status", now, group))


async def caller(distribution: Distribution, call: str) -> Caller | None:
    [found] = await _callers(distribution, [call])
    return found


async def callers(distribution: Distribution) -> list[Caller]:
    """Everybody in the account's queues, ringing and talking included; who is there longest first."""
    due: Any = await distribution.redis.zrange(keys.due(distribution.account), 0, -1)
    leases = [what.decode().removeprefix(LEASE) for what in due if what.startswith(LEASE.encode())]
    found = [one for one in await _callers(distribution, leases) if one]
    return sorted(found, key=lambda one: (one.joined, one.call))


async def _callers(distribution: Distribution, calls: Sequence[str]) -> list[Caller | None]:
    async with distribution.redis.pipeline(transaction=False) as pipe:
        for call in calls:
            pipe.hgetall(keys.call(distribution.account, call))
        found: list[dict[bytes, bytes]] = await pipe.execute()
    return [_caller(call, record) if record else None for call, record in zip(calls, found, strict=True)]


def _caller(call: str, record: Mapping[bytes, bytes]) -> Caller:
    known = {name.decode(): value.decode() for name, value in record.items()}
    return _CALLER.validate_python({**known, "call": call, "agents": tuple(known["agents"].split())})


async def outlook(distribution: Distribution, call: str, now: int) -> Outlook | None:
    """None: the caller does not wait, because it is being rung for or is gone."""
    reply = await distribution.run("outlook", now, call)
    if not reply:
        return None
    position, served, scores = reply
    band = estimate(position, [int(at) for at in served], now)
    return Outlook(position, band, trusted([score == b"1" for score in scores]))


async def announce(distribution: Distribution, call: str, wait: Band, now: int) -> None:
    """Keeps what an outlook says, to be scored when the caller is answered.

    Also while it is not trusted and so not spoken: that is how trust comes back.
    """
    await distribution.run("announce", now, call, wait.least, wait.most)


_CALLER = TypeAdapter(Caller)


def wake_of(message: bytes) -> Wake:
    """Of a message on ``keys.wake(process)``."""
    return Wake(**json.loads(message))


def _offer(reply: Sequence[Any]) -> Offer | None:
    return Offer(reply[0], tuple(reply[1].decode().split())) if reply else None
