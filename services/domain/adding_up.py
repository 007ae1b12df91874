"""Priced legs → a charge that explains itself.

Every amount is rounded once, and the total is the sum of all that is listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeVar

from services.domain import money
from services.domain.charge import Adjustment, ChargedLeg, Drawn, Segment
from services.domain.region import Party
from services.domain.rules import Run
from services.domain.tariff import RoundingRule

_MS = 1000
N = TypeVar("N", int, Fraction | int)


@dataclass(frozen=True, slots=True)
class PricedRun:
    run: Run
    connect: int = 0
    """Millionths; of the leg's first run."""
    drawn: tuple[Drawn, ...] = ()

    @property
    def paid(self) -> int:
        """Increments that no package covers."""
        return self.run.quantity - sum(part.quantity for part in self.drawn) if self.drawn else self.run.quantity

    @property
    def owed(self) -> bool:
        """Whether anything of it is paid with money, however little."""
        return bool(self.connect or (self.run.pricing.rate and self.paid))


@dataclass(frozen=True, slots=True)
class PricedLeg:
    leg: ChargedLeg
    party: Party
    runs: tuple[PricedRun, ...]
    minimum: int
    """Millionths, as ``maximum``."""
    maximum: int | None
    agent: str | None = None
    """Whose phone the leg led to."""
    unpublished: tuple[int, ...] = ()
    """Years of which a rule asked for holidays that nobody has published yet."""

    def bounded(self, amount: N) -> N | int:
        """By minimum and maximum, unless it is free, or packages cover all of it."""
        if not any(run.owed for run in self.runs):
            return amount
        least = max(amount, self.minimum)
        return least if self.maximum is None else min(least, self.maximum)


@dataclass(frozen=True, slots=True)
class Sum:
    segments: tuple[Segment, ...]
    adjustments: tuple[Adjustment, ...]
    total: int
    """Millionths."""


def add_up(legs: Sequence[PricedLeg], tariff: str, rounding: RoundingRule) -> Sum:
    """``tariff``: what the segments name, ``id@version``."""
    sums = [_leg(leg, tariff, rounding) for leg in legs]
    segments = tuple(segment for one in sums for segment in one.segments)
    adjustments = tuple(adjustment for one in sums for adjustment in one.adjustments)
    listed = sum(one.listed for one in sums)
    if rounding.each == "segment":
        return Sum(segments, adjustments, listed)
    total = money.rounded(sum(map(_exactly, legs)), rounding.mode, rounding.digits)
    if total != listed:
        adjustments += (Adjustment(leg=None, reason="rounding", amount=money.text(total - listed)),)
    return Sum(segments, adjustments, total)


@dataclass(frozen=True, slots=True)
class _LegSum:
    segments: list[Segment]
    adjustments: list[Adjustment]
    listed: int
    """What those add up to, in millionths."""


def _leg(leg: PricedLeg, tariff: str, rounding: RoundingRule) -> _LegSum:
    amounts = [_amount(run, rounding) for run in leg.runs]
    segments = [_segment(leg, run, amount, tariff) for run, amount in zip(leg.runs, amounts, strict=True)]
    listed = sum(amounts)
    bounded = leg.bounded(listed)
    if bounded == listed:
        return _LegSum(segments, [], listed)
    reason: Literal["minimum", "maximum"] = "minimum" if bounded > listed else "maximum"
    adjustment = Adjustment(leg=leg.leg, reason=reason, amount=money.text(bounded - listed))
    return _LegSum(segments, [adjustment], bounded)


def _amount(run: PricedRun, rounding: RoundingRule) -> int:
    price = run.run.pricing.price(run.paid, run.connect)
    return money.ratio(*price) if rounding.each == "call" else money.ratio(*price, rounding.mode, rounding.digits)


def _exactly(leg: PricedLeg) -> Fraction | int:
    """What the leg costs before anything is rounded."""
    return leg.bounded(sum(map(_exact_price, leg.runs)))


def _exact_price(run: PricedRun) -> Fraction | int:
    """Most prices are whole millionths, and integers add up far faster than fractions."""
    numerator, denominator = run.run.pricing.price(run.paid, run.connect)
    whole, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else whole


def _segment(leg: PricedLeg, priced: PricedRun, amount: int, tariff: str) -> Segment:
    run = priced.run
    pricing = run.pricing
    return Segment(
        leg=leg.leg,
        agent=leg.agent,
        from_=run.begin,
        to=run.end,
        rule=pricing.rule,
        tariff=tariff,
        seconds=-(-(run.end - run.begin) // _MS),
        increment=pricing.increment,
        quantity=run.quantity,
        rate=money.text(pricing.rate),
        per=pricing.per,
        connect=money.text(priced.connect),
        drawn=priced.drawn,
        amount=money.text(amount),
    )
