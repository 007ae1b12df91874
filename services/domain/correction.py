"""What a call that was priced again costs more, or less, than its record says (docs/cdr-stream.md)."""

from dataclasses import dataclass
from decimal import Decimal

from pydantic import TypeAdapter

from services.domain import money
from services.domain.record import Amount, Charge, Instant, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    id: str
    call_id: str
    number: int
    """Which of the call's corrections it is, from 1."""
    account: str
    hotline: str
    ended: Instant
    currency: str
    amount: Amount
    """To be added to what has been booked; negative when the call becomes cheaper."""
    before: str
    """Tariff and version, ``id@version``."""
    charge: Charge
    """What the call costs now, in place of all that was said before."""


_ADAPTER = TypeAdapter(Correction)


def correction(record: Record, account: str, before: Charge, after: Charge, number: int) -> Correction:
    named = f"{before.tariff}@{before.version}"
    return Correction(
        id=f"{record.call_id}:{number}:{named}>{after.tariff}@{after.version}",
        call_id=record.call_id,
        number=number,
        account=account,
        hotline=record.hotline,
        ended=record.ended,
        currency=after.currency,
        amount=money.text(total(after) - total(before)),
        before=named,
        charge=after,
    )


def total(charge: Charge) -> int:
    """Millionths."""
    return money.micros(Decimal(charge.total))


def to_json(one: Correction) -> bytes:
    return _ADAPTER.dump_json(one, by_alias=True)


def from_json(text: bytes) -> Correction:
    """pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)
