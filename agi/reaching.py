"""Brings a caller to somebody who was named: by its flow, by the extension that it dialled, by an agent's transfer."""

import contextlib
from typing import Literal

from agi import recording
from agi.call import Call
from agi.nodes import group, queue
from agi.ringing import Rung, Terms, ring
from services.domain.documents import Agent, Group
from services.domain.nodes.group import GroupNode
from services.domain.nodes.queue import Queue
from services.store.breaker import AWAY
from services.store.distribution import Unknown

Outcome = Literal["talked", "busy", "unanswered"]
NOT_REACHED = "not-reached"


async def reach(call: Call, name: str, target: Agent | Group, terms: Group | None = None) -> bool:
    """Whether they talked. ``terms``: whose apply to an agent; a group has its own."""
    if isinstance(target, Agent):
        return await reach_agent(call, name, target, terms) == "talked"
    if kind_of(target) == "group":
        rings = GroupNode(kind="group", group=target.id, otherwise=NOT_REACHED)
        return await group.handle(call, name, rings) is None
    waits = Queue(kind="queue", group=target.id, max_wait_seconds=target.ring_seconds, otherwise=NOT_REACHED)
    return await queue.handle(call, name, waits) is None


def kind_of(target: Agent | Group) -> Literal["agent", "group", "queue"]:
    """Of the node that would reach the same."""
    if isinstance(target, Agent):
        return "agent"
    return "group" if target.strategy in {"sequence", "ringall"} else "queue"


async def reach_agent(call: Call, name: str, agent: Agent, terms: Group | None) -> Outcome:
    """Rings the agent, in whatever state it is, unless it has a call already."""
    await recording.prepare(call, terms)
    claim = call.room.claim(call.distribution, call.id, terms.id if terms else "", agent.id)
    async with contextlib.AsyncExitStack() as stack:
        try:
            claimed = await stack.enter_async_context(claim)
        except (Unknown, *AWAY):  # then nobody is reserved
            return _outcome(await ring(call, name, Terms.of(terms), [agent]))
        if claimed is None:
            return "busy"
        held, offer = claimed
        rung = await ring(call, name, Terms.of(terms), [agent], f"{held.distribution.account}^{offer.number}")
        held.reason = "ended" if rung.talked else "overflow"
        return _outcome(rung)


def _outcome(rung: Rung) -> Outcome:
    if rung.talked:
        return "talked"
    return "busy" if rung.status == "BUSY" else "unanswered"
