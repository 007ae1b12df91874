"""Agents in Redis: who is on duty, who is free, who talks. Each change looks at once for a caller who waits.

All raise ``services.store.distribution.Unknown``, and IllegalTransition for what cannot happen in the agent's state.
"""

from typing import Any, Literal

from pydantic import TypeAdapter

from services.domain.agents import Event, Standing
from services.domain.documents import Agent
from services.domain.workday import Workday, day_of, workday
from services.store import keys
from services.store.distribution import Distribution

MISSED_LIMIT = 3
"""Offers missed in a row after which a SIP phone is taken for left alone."""

_STANDING = TypeAdapter(Standing)

Phone = Literal["idle", "in_use", "unreachable"]


async def put(distribution: Distribution, agent: Agent, now: int) -> None:
    """Makes the agent known: at a SIP phone it begins offline; at a bound number it is ready from the first.

    Of a known agent only the limit of missed offers is changed.
    """
    limit = agent.pause_after_missed
    if limit is None:
        limit = MISSED_LIMIT if agent.sip else 0
    await distribution.run("put_agent", now, agent.id, limit, 0 if agent.sip else 1)


async def remove(distribution: Distribution, agent: str, now: int) -> None:
    """The agent is no more. During a call: logged out when the call is over."""
    await distribution.run("remove_agent", now, agent)


async def get(distribution: Distribution, agent: str) -> Standing | None:
    found: Any = await distribution.redis.hgetall(keys.agent(distribution.account, agent))
    known = {name.decode(): value.decode() for name, value in found.items()}
    return _STANDING.validate_python({**known, "agent": agent}) if known else None


async def today(distribution: Distribution, agent: str, now: int) -> Workday | None:
    """What the agent has done since midnight in China; None: there is no such agent."""
    standing = await get(distribution, agent)
    if standing is None:
        return None
    found: Any = await distribution.redis.hgetall(keys.workday(distribution.account, agent, day_of(now)))
    return workday({name.decode(): int(value) for name, value in found.items()}, standing, now)


async def groups(distribution: Distribution, agent: str) -> list[str]:
    """Those that the agent is a member of."""
    names: Any = await distribution.redis.hkeys(keys.memberships(distribution.account, agent))
    return sorted(name.decode() for name in names)


async def login(distribution: Distribution, agent: str, now: int) -> None:
    await distribution.run(Event.LOGIN, now, agent)


async def logout(distribution: Distribution, agent: str, now: int) -> None:
    """During a call: when the call is over."""
    await distribution.run(Event.LOGOUT, now, agent)


async def pause(distribution: Distribution, agent: str, reason: str, now: int) -> None:
    """During a call: when the call is over. ``reason`` is not empty."""
    await distribution.run(Event.PAUSE, now, agent, reason)


async def resume(distribution: Distribution, agent: str, now: int) -> None:
    """Ends a pause, also one that was asked for during a call."""
    await distribution.run(Event.RESUME, now, agent)


async def wrapped(distribution: Distribution, agent: str, now: int) -> None:
    """The agent ends its wrap-up before it is due."""
    await distribution.run(Event.WRAPPED, now, agent)


async def happen(distribution: Distribution, agent: str, event: Event, now: int, reason: str = "") -> None:
    """Any of the above; ``reason``: of a pause."""
    await distribution.run(event, now, agent, *([reason] if event is Event.PAUSE else []))


async def phone(distribution: Distribution, agent: str, state: Phone, now: int, pbx: str = "") -> None:
    """What an Asterisk says of the agent's phone; our own calls on it included.

    ``pbx``: which one, as ``services.domain.agents.counts`` wants to know; empty when whoever says so is right.
    """
    await distribution.run(f"phone_{state}", now, agent, pbx)
