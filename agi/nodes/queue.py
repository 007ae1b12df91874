import asyncio
from urllib.parse import urlencode

from agi.call import Call
from agi.nodes.group import dial_of, offer_pairs
from agi.room import Held, LostError
from services.domain.documents import Agent, Group
from services.domain.flow import Queue
from services.store import documents, queues
from services.store.distribution import Unknown
from services.store.due import now
from services.store.queues import Offer


async def handle(call: Call, name: str, node: Queue) -> str | None:
    await call.channel.answer_at_once()
    try:
        if (elsewhere := await _turned_away(call, node)) is not None:
            return elsewhere
        until = asyncio.get_running_loop().time() + node.max_wait_seconds
        while True:
            try:
                return await _wait(call, name, node, until)
            except LostError:
                continue  # its place is kept
    except Unknown:
        return node.otherwise


async def _turned_away(call: Call, node: Queue) -> str | None:
    status = await queues.status(call.distribution, node.group, now())
    if not status.on_duty:
        return node.nobody_on_duty or node.otherwise
    return node.nobody_ready if not status.ready else None


async def _wait(call: Call, name: str, node: Queue, until: float) -> str | None:
    hold = call.room.hold(call.distribution, call.id, node.group, number=call.caller, priority=node.priority)
    async with hold as held:
        if held is None:
            return node.full or node.otherwise
        await call.channel.start_music()
        while await call.channel.wait_for(held.woken, max(0, until - asyncio.get_running_loop().time())):
            offer = await held.offer()
            while offer is not None:
                if await _rings_and_talks(call, name, node, held, offer):
                    held.reason = "ended"
                    return None
                offer = await queues.missed(call.distribution, call.id, offer.number, now())
                await call.channel.start_music()
        held.reason = "overflow"
        return node.waited or node.otherwise


async def _rings_and_talks(call: Call, name: str, node: Queue, held: Held, offer: Offer) -> bool:
    """Whether the two talked: then the call is over."""
    group = await documents.get(call.redis, Group, node.group)
    agents = [agent.document for agent in await documents.get_many(call.redis, Agent, list(offer.agents)) if agent]
    if group is None or not agents:
        return False
    offered = {dial_of(agent, call.trunk): agent for agent in agents}
    await call.channel.mark("OFFER", offer_pairs(name, group.document.id, offered))
    agent_of = urlencode({dial: agent.id for dial, agent in offered.items()})
    options = f"mb(dial^s^1)U(answered^{held.distribution.account}^{offer.number}^{agent_of})"
    seconds = group.document.ring_seconds
    return await call.channel.dial([f"PJSIP/{dial}" for dial in offered], seconds, options) == "ANSWER"
