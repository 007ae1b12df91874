"""Calls that attended transfers bring together."""

from collections.abc import Iterable
from dataclasses import replace

from services.domain.call import Call, Ring, Visit
from services.domain.cel import CelRow
from services.domain.folding.rows import text
from services.domain.record import Transfer


def bring_together(calls: Iterable[Call], row: CelRow) -> None:
    """An attended transfer: the caller talks on with whom the transferer had called, who was rung in another call."""
    sides = [text(row, f"{side}_channel_uniqueid") for side in ("transferee", "transfer_target")]
    transferers = [row.uniqueid, text(row, "channel2_uniqueid")]
    if text(row, "app"):  # the colleague's phone still rang: what comes of it is a transfer of its own
        for ring in (call.phones[channel] for call in calls for channel in transferers if channel in call.phones):
            ring.handed_on = True
        return
    phones = {channel: ring for call in calls for channel, ring in call.phones.items()}
    for call in calls:
        if call.hotline is not None and call.linkedid in sides:
            other = sides[1 - sides.index(call.linkedid)]
            by = next((call.phones[channel] for channel in transferers if channel in call.phones), None)
            _go_on(call, row.at, by, phones.get(other), other)


def _go_on(call: Call, at: int, by: Ring | None, to: Ring | None, channel: str) -> None:
    if by is not None:
        by.handed_on = True
    transfer = Transfer(kind="attended", by=by.agent if by else "", to=to.agent if to else "")
    call.visits.append(Visit(call.visits[-1].node if call.visits else "", "transfer", at, transfer=transfer))
    if to is not None:
        call.offers += 1
        call.phones[channel] = replace(to, offer=call.offers)
        call.visits[-1].rings.append(call.phones[channel])
