from zoneinfo import ZoneInfo

from agi.call import Call
from services.domain import clock, opening
from services.domain.calendar import CHINA, Calendar, day
from services.domain.nodes.hours import HoursNode
from services.store.due import now


async def handle(call: Call, _name: str, node: HoursNode) -> str:
    calendar = CHINA
    if node.calendar is not None and (found := await call.room.documents.get(Calendar, node.calendar)):
        calendar = found.document
    at, zone = now(), ZoneInfo(call.hotline.timezone)
    if opening.is_open(node, at, zone, calendar):
        return node.next
    is_holiday = day(clock.moment(at, zone).day, calendar).kind == "holiday"
    return node.holiday if node.holiday and is_holiday else node.closed
