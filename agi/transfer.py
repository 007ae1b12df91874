"""A caller whom an agent has transferred by phone: rung is whom it was sent to, then the agent who sent it.

Nobody is lost: when neither answers, the caller goes on in its flow where nobody answered.
"""

import logging

from agi.call import Call
from agi.reaching import reach
from services.domain.documents import Agent, Group
from services.domain.nodes import Node
from services.domain.nodes.queue import Queue
from services.store import documents
from services.store.breaker import AWAY

TARGET = "TRANSFER"
"""Channel variable: the number that the caller was transferred to; set by the dialplan."""

TRANSFERER = "BLINDTRANSFER"
"""Channel variable: the channel of the phone that did it; set by Asterisk."""

log = logging.getLogger(__name__)


async def handle(call: Call, name: str, number: str) -> str | None:
    """Handles a call that was transferred out of a talk it had come to by the node ``name``.

    Returns the node it goes on at, None when it is over.
    """
    node = call.hotline.flow.nodes[name]
    by = _endpoint(await call.channel.get_variable(TRANSFERER) or "")
    await call.channel.mark("TRANSFER", node=name, kind="blind", by=by, to=number)
    if node.ringing is None:
        log.error("call %s was transferred at the node %r, where nobody talks", call.id, name)
        return name
    terms = await _terms(call, node)
    for found in await _sides(call, by, number):
        if found and found.account == call.hotline.account and await reach(call, name, found, terms):
            return node.ringing.after
    await call.channel.set_variable(TARGET, "")
    return name if isinstance(node, Queue) else node.ringing.otherwise


async def _terms(call: Call, node: Node) -> Group | None:
    """The group by which the caller had come, if by one."""
    groups = [name for _, kind, name in node.references() if kind == "group"]
    found = await call.room.documents.get(Group, groups[0]) if groups else None
    return found.document if found else None


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
