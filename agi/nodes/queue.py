import asyncio

from agi import recording
from agi.call import Call
from agi.ringing import rings_and_talks
from agi.room import LostError
from services.domain.documents import Group
from services.domain.flow import Queue
from services.store import documents, queues
from services.store.distribution import Unknown
from services.store.due import now


async def handle(call: Call, name: str, node: Queue) -> str | None:
    await call.channel.answer_at_once()
    try:
        if (elsewhere := await _turned_away(call, node)) is not None:
            return elsewhere
        if found := await documents.get(call.redis, Group, node.group):
            await recording.prepare(call, found.document)
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
                if await rings_and_talks(call, name, node, held, offer):
                    held.reason = "ended"
                    return None
                offer = await queues.missed(call.distribution, call.id, offer.number, now())
                await call.channel.start_music()
        held.reason = "overflow"
        return node.waited or node.otherwise
