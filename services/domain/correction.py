"""What a call that was priced again costs more, or less, than its record says (docs/cdr-stream.md)."""

from dataclasses import dataclass, replace
from decimal import Decimal

from pydantic import TypeAdapter

from services.domain import money
from services.domain.adding_up import PricedLeg
from services.domain.charge import Amount, Charge, Drawn
from services.domain.instant import Instant
from services.domain.rating import Priced
from services.domain.record import Record


def covered_again(priced: Priced, before: Charge) -> Priced:
    """A call priced anew, with the minutes that were drawn for it (``before``: its record's charge) covering it again.

    They stay drawn, as many as they were. An increment that they reach into is covered as a whole: so what they covered
    wholly they still do, whatever increments the new prices have.
    """
    drawn: dict[tuple[str, str | None], list[tuple[str, int]]] = {}
    for segment in before.segments:
        parts = drawn.setdefault((segment.leg, segment.agent), [])
        parts += [(part.package, part.seconds) for part in segment.drawn]
    legs = (_covered_by(leg, drawn.get((leg.leg, leg.agent), [])) for leg in priced.legs)
    return replace(priced, legs=tuple(legs))


def _covered_by(leg: PricedLeg, drawn: list[tuple[str, int]]) -> PricedLeg:
    left, runs = list(drawn), []
    for run in leg.runs:
        increment, wanted = run.run.pricing.increment, run.run.quantity
        parts = []
        for index, (package, seconds) in enumerate(left):
            taken = min(wanted, -(-seconds // increment))
            if taken:
                wanted -= taken
                left[index] = (package, max(0, seconds - taken * increment))
                parts.append(Drawn(package=package, quantity=taken, seconds=taken * increment))
        runs.append(replace(run, drawn=tuple(parts)))
    return replace(leg, runs=tuple(runs))


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

    @property
    def micros(self) -> int:
        """``amount`` in millionths."""
        return money.micros(Decimal(self.amount))


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
