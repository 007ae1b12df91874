"""What the CEL rows of one linkedid say, gathered as they come; docs/cel-events.md has the rows.

A call that an attended transfer has brought together with another is given the rows of both.
"""

from services.domain.call import Call
from services.domain.cel import CelRow
from services.domain.folding.caller import OF_CALLER
from services.domain.folding.phones import OF_PHONE
from services.domain.folding.transfers import bring_together

__all__ = ["bring_together", "take"]


def take(call: Call, row: CelRow) -> None:
    call.last = row.at
    if row.event == "LINKEDID_END":
        call.closed = call.closed or row.linkedid == call.linkedid
        return
    tells = (OF_CALLER if row.uniqueid == call.linkedid else OF_PHONE).get(row.event)
    if tells is not None:
        tells(call, row)
