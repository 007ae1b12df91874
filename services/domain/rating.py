"""What a call costs its account by a tariff: FIELD 1 has the trade's rules."""

from services.domain import money
from services.domain.documents import Tariff
from services.domain.record import Charge, Record, Segment

_MS = 1000


def rate(record: Record, tariff: Tariff, version: int) -> Charge:
    """The call's price: every increment begun between the tariff's start of billing and the call's end."""
    segments = tuple(_segments(record, tariff, version))
    return Charge(
        tariff=tariff.id,
        version=version,
        currency=tariff.currency,
        total=money.text(sum(amount for amount, _ in segments)),
        segments=tuple(segment for _, segment in segments),
    )


def _segments(record: Record, tariff: Tariff, version: int) -> list[tuple[int, Segment]]:
    begin = record.answered if tariff.bill_from == "platform" else record.agent_answered
    if begin is None or begin >= record.ended:
        return []
    price = tariff.price
    quantity = started(record.ended - begin, price.increment)
    rate_micros = money.micros(price.rate)
    amount = money.share(rate_micros, quantity * price.increment, price.per)
    segment = Segment(
        leg="inbound",
        from_=begin,
        to=record.ended,
        rule="price",
        tariff=f"{tariff.id}@{version}",
        seconds=started(record.ended - begin, 1),
        increment=price.increment,
        quantity=quantity,
        rate=money.text(rate_micros),
        per=price.per,
        amount=money.text(amount),
    )
    return [(amount, segment)]


def started(duration: int, increment: int) -> int:
    """How many increments of so many seconds were begun in ``duration`` milliseconds."""
    return -(-duration // (increment * _MS))
