import asyncio

from agi.call import Call
from services.domain import region
from services.domain.nodes.region import RegionNode
from services.domain.numbers import to_e164
from services.domain.region import Numbering, party, region_named


async def handle(call: Call, _name: str, node: RegionNode) -> str:
    numbering = None
    if node.numbering is not None and (found := await call.room.documents.get(Numbering, node.numbering)):
        numbering = found.document
    await asyncio.to_thread(region.load)  # has been loaded, but in a process that has just begun
    caller = party(call.caller or None, to_e164(call.caller), numbering, places=True)
    home = call.hotline.city
    return node.way(caller, None if home is None else region_named(home))
