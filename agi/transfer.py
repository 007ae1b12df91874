"""A caller whom an agent has transferred by phone: rung is whom it was sent to, then the agent who sent it.

Nobody is lost: when neither answers, the caller goes on in its flow where nobody answered.
"""

import contextlib
import logging

from agi.call import Call
from agi.nodes import group, queue
from agi.ringing import ring_offer
from services.domain.documents import Agent, Group
from services.domain.nodes.group import GroupNode
from services.domain.nodes.queue import Queue
from services.store import documents
from services.store.breaker import AWAY

TARGET = "TRANSFER"
"""Channel variable: the number that the caller was transferred to; set by the dialplan."""

TRANSFERER = "BLINDTRANSFER"
"""Channel variable: the channel of the phone that did it; set by Asterisk."""

NOT_REACHED = "not-reached"

log = logging.getLogger(__name__)


async def handle(call: Call, name: str, number: str) -> str | None:
    """Handles a call that was transferred out of a talk it had come to by the node ``name``.

    Returns the node it goes on at, None when it is over.
    """
    node = call.hotline.flow.nodes[name]
    by = _endpoint(await call.channel.get_variable(TRANSFERER) or "")
    await call.channel.mark("TRANSFER", node=name, kind="blind", by=by, to=number)
    if not isinstance(node, GroupNode | Queue):
        log.error("call %s was transferred at the node %r, where nobody talks", call.id, name)
        return name
    for found in await _sides(call, by, number):
        if found and found.account == call.hotline.account and await _reaches(call, name, node, found):
            return node.after
    await call.channel.set_variable(TARGET, "")
    return name if isinstance(node, Queue) else node.otherwise


async def _sides(call: Call, by: str, number: str) -> list[Agent | Group | None]:
    """Whom the caller was sent to, and who sent it; nobody while Redis is away."""
    try:
        transferer = await call.room.documents.get(Agent, by)
        target = await documents.reached_by(call.redis, call.hotline.account, number)
    except AWAY:
        return []
    return [target, transferer.document if transferer else None]


def _endpoint(channel: str) -> str:
    """``1001`` of ``PJSIP/1001-0000000a``."""
    return channel.removeprefix("PJSIP/").rpartition("-")[0]


async def _rings(call: Call, name: str, node: GroupNode | Queue, agent: Agent) -> bool:
    with contextlib.suppress(*AWAY):
        async with call.room.claim(call.distribution, call.id, node.group, agent.id) as claimed:
            if claimed is None:
                return False
            held, offer = claimed
            talked = (await ring_offer(call, name, node, held, offer)).talked
            held.reason = "ended" if talked else "overflow"
            return talked
    return False


async def _reaches(call: Call, name: str, node: GroupNode | Queue, target: Agent | Group) -> bool:
    """Whether they talked."""
    if isinstance(target, Agent):
        return await _rings(call, name, node, target)
    if target.strategy in {"sequence", "ringall"}:
        ring = GroupNode(kind="group", group=target.id, otherwise=NOT_REACHED)
        return await group.handle(call, name, ring) is None
    wait = Queue(kind="queue", group=target.id, max_wait_seconds=target.ring_seconds, otherwise=NOT_REACHED)
    return await queue.handle(call, name, wait) is None
