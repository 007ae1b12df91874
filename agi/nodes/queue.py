import contextlib

from agi import recording
from agi.call import JOINED, PRIORITY, Call
from agi.ringing import ring_offer
from agi.room import Held
from agi.waiting import Waiting
from services.domain.documents import Group
from services.domain.nodes.queue import Queue
from services.domain.prompts import DEFAULT_MUSIC_CLASS, music_class
from services.store import queues
from services.store.breaker import AWAY
from services.store.distribution import Unknown
from services.store.due import now


async def handle(call: Call, name: str, node: Queue) -> str | None:
    await (call.channel.answer_at_once() if node.answer else call.channel.sound_unanswered())
    try:
        trigger = await _turned_away(call, node) or await _waits(call, name, node)
    except (Unknown, *AWAY):
        return node.otherwise
    if trigger is None:
        return node.after
    await call.channel.mark("OVERFLOW", node=name, trigger=trigger)
    return dict(node.nexts()).get(trigger, node.otherwise)


async def _turned_away(call: Call, node: Queue) -> str | None:
    """The trigger that keeps the call from waiting."""
    status = await queues.status(call.distribution, node.group, now())
    if not status.on_duty:
        return "nobody_on_duty"
    return "nobody_ready" if node.nobody_ready and not status.ready else None


async def _waits(call: Call, name: str, node: Queue) -> str | None:
    """The trigger that leads the call elsewhere; None when it talked."""
    brought = await call.channel.get_variable(JOINED) if node.keeps_place else None
    if found := await call.room.documents.get(Group, node.group):
        await recording.prepare(call, found.document)
        await call.channel.choose_music(music_class(node.group) if found.document.music else DEFAULT_MUSIC_CLASS)
    waiting = Waiting(call, name, node)
    hold = call.room.hold(
        call.distribution, call.id, node.group, number=call.number, priority=node.priority,
        joined=int(brought) if brought else None, hotline=call.hotline.number, region=call.region,
    )  # fmt: skip
    async with hold as held:
        if held is None:
            return "full"
        trigger = None if held.woken.is_set() else await waiting.enter(held)
        while (trigger := trigger or await waiting.until_offered(held)) is None:
            with contextlib.suppress(*AWAY):  # who waits waits on: the room wakes it when Redis is back
                if await _served(call, name, node, held):
                    held.reason = "ended"
                    return None
        await call.channel.set_variable(JOINED, str(held.joined))
        await call.channel.set_variable(PRIORITY, str(node.priority))
        held.reason = "key" if trigger.startswith("keys.") else "overflow"
        return trigger


async def _served(call: Call, name: str, node: Queue, held: Held) -> bool:
    """Whether somebody talked to the caller."""
    offer = await held.offer()
    while offer is not None:
        rung = await ring_offer(call, name, node, held, offer)
        if rung.talked:
            return True
        offer = await held.missed(offer, rung.dropped)
    return False
