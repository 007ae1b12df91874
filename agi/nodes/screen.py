from agi.call import Call
from services.domain.card import Mark
from services.domain.nodes.screen import Screen
from services.store import lists
from services.store.breaker import AWAY


async def handle(call: Call, name: str, node: Screen) -> str:
    if not call.caller:
        return node.withheld or node.otherwise
    try:
        with call.room.guard:
            match = await lists.find(call.redis, node.lists, call.number)
    except AWAY:
        return node.otherwise
    if match is None:
        return node.otherwise
    call.marks.append(Mark(match.list, match.entry, match.reason))
    await call.channel.mark("LISTED", node=name, list=match.list, entry=match.entry, reason=match.reason or "")
    if match.sound is not None:
        await call.tell(match.sound)
    return node.listed
