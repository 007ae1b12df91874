from agi.call import Call
from agi.digits import Wanted, asked
from agi.reaching import kind_of, reach
from services.domain.nodes.menu import Extensions, Menu, goes_on
from services.store import documents
from services.store.breaker import AWAY


async def handle(call: Call, name: str, menu: Menu) -> str | None:
    choices = menu.keys.keys() | await _extensions(call, menu)
    wanted = Wanted(
        choices.__contains__, lambda keys: goes_on(keys, choices), pause=menu.pause, keys=set("".join(choices))
    )
    dialled = await asked(call, name, menu, wanted)
    if dialled is None:
        return menu.otherwise
    if menu.extensions is None or dialled in menu.keys:
        return menu.keys[dialled]
    return await _connect(call, name, menu.extensions, dialled)


async def _extensions(call: Call, menu: Menu) -> set[str]:
    """What may be dialled beside the keys; nothing while Redis is away."""
    if menu.extensions is None:
        return set()
    try:
        with call.room.guard:
            return await documents.extensions(call.redis, call.hotline.account)
    except AWAY:
        return set()


async def _connect(call: Call, name: str, terms: Extensions, extension: str) -> str | None:
    try:
        with call.room.guard:
            found = await documents.reached_by(call.redis, call.hotline.account, extension)
    except AWAY:
        found = None
    if found is None:
        return terms.otherwise
    await call.channel.mark("NODE", node=name, kind=kind_of(found))
    return terms.after if await reach(call, name, found) else terms.otherwise
