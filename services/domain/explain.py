"""A charge in words: one line for each thing that its total is the sum of."""

from collections.abc import Iterator

from services.domain.charge import Adjustment, Charge, Segment


def explained(charge: Charge) -> Iterator[str]:
    yield from map(_segment, charge.segments)
    yield from map(_adjustment, charge.adjustments)
    if charge.caller_share is not None:
        yield f"the caller pays its operator {charge.caller_share.total}"
    yield from charge.notes


def _segment(segment: Segment) -> str:
    paid = segment.quantity - sum(part.quantity for part in segment.drawn)
    fee = "" if segment.connect == "0.00" else f"{segment.connect} + "
    leg = segment.leg if segment.agent is None else f"{segment.leg} {segment.agent}"
    drawn = "".join(f", {part.quantity} from {part.package}" for part in segment.drawn)
    price = f"{fee}{paid} x {segment.increment} s x {segment.rate} / {segment.per} s = {segment.amount}"
    return f"{leg}, {segment.tariff} {segment.rule}: {segment.seconds} s, {segment.quantity} begun{drawn}: {price}"


def _adjustment(adjustment: Adjustment) -> str:
    return f"{adjustment.leg or 'the call'}, {adjustment.reason}: {adjustment.amount}"
