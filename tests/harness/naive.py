"""A second way to a call's price: second by second, from a tariff as it is written, with nothing of the product's.

It follows docs/tariffs.md word by word and is as slow as that.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

Fields = dict[str, Any]
KindOf = Callable[[date], str]
"""Of a day: ``working_day``, ``weekend`` or ``holiday``."""
_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "up": ROUND_UP, "down": ROUND_DOWN}
_EXACT = Context(prec=80)


class NoPriceError(Exception):
    """No prices hold yet on the day."""


@dataclass(frozen=True)
class Other:
    """Who is at the other end of a leg."""

    type: str
    places: frozenset[str] = frozenset()
    """All names of where it is: ``广东`` and ``广东深圳``."""


@dataclass(frozen=True)
class Call:
    """Times are milliseconds since 1970."""

    zone: str
    home: str | None
    caller: Other
    answered: int | None
    agent_answered: int | None
    ended: int
    outbound: Sequence[tuple[Other, int, int]] = ()


@dataclass
class Allowance:
    left: int
    """Seconds."""
    when: Fields
    """``leg``, ``type``, ``region``; None, or not there, for all."""


@dataclass
class Piece:
    leg: str
    rule: str
    step: int
    price: Fraction
    """Of one increment."""
    connect: Fraction
    quantity: int = 0
    covered: int = 0

    @property
    def exact(self) -> Fraction:
        return self.connect + self.price * (self.quantity - self.covered)


@dataclass
class Bill:
    total: Decimal
    pieces: list[Piece]
    amounts: list[Decimal]
    """Of the pieces, where each is rounded."""
    covered: int
    """Seconds that allowances have less."""
    share: Decimal | None


@dataclass
class _Leg:
    terms: Fields
    pieces: list[Piece] = field(default_factory=list)

    def bounded(self, amount: Fraction) -> Fraction:
        """By the least and the most, where anything is paid at all."""
        if not any(piece.exact for piece in self.pieces):
            return amount
        amount = max(amount, Fraction(self.terms.get("minimum", 0)))
        return min(amount, Fraction(self.terms["maximum"])) if "maximum" in self.terms else amount


def bill(tariff: Fields, call: Call, kind_of: KindOf, allowances: Sequence[Allowance] = ()) -> Bill:
    """``allowances``: in the order in which they are drawn from; they have less afterwards. Raises NoPriceError."""
    rounding = {"mode": "half_up", "digits": 6, "each": "segment"} | tariff.get("rounding", {})
    begin = call.answered if tariff["bill_from"] == "platform" else call.agent_answered
    asked = [("inbound", call.caller, begin, call.ended)]
    asked += [("outbound", other, answered, ended) for other, answered, ended in call.outbound]
    before = sum(allowance.left for allowance in allowances)
    legs = [_leg(tariff, name, other, begin, end, call, kind_of, allowances) for name, other, begin, end in asked]
    share = _leg(tariff, "caller_share", call.caller, call.answered, call.ended, call, kind_of, ())
    known = [leg for leg in legs if leg is not None]
    pieces = [piece for leg in known for piece in leg.pieces]
    return Bill(
        total=_sum(known, rounding),
        pieces=pieces,
        amounts=[_round(piece.exact, rounding) for piece in pieces],
        covered=before - sum(allowance.left for allowance in allowances),
        share=None if share is None else _sum([share], rounding),
    )


def _sum(legs: list[_Leg], rounding: Fields) -> Decimal:
    if rounding["each"] == "call":
        return _round(sum((leg.bounded(sum(_exact(leg), Fraction())) for leg in legs), Fraction()), rounding)
    rounded = [leg.bounded(sum((Fraction(_round(one, rounding)) for one in _exact(leg)), Fraction())) for leg in legs]
    return _decimal(sum(rounded, Fraction()))


def _exact(leg: _Leg) -> Iterator[Fraction]:
    return (piece.exact for piece in leg.pieces)


def _round(amount: Fraction, rounding: Fields) -> Decimal:
    return _decimal(amount).quantize(Decimal(10) ** -rounding["digits"], _MODES[rounding["mode"]])


def _decimal(amount: Fraction) -> Decimal:
    """To 80 digits: halves, on which rounding turns, are exact."""
    return _EXACT.divide(Decimal(amount.numerator), Decimal(amount.denominator))


def _leg(  # noqa: PLR0917  # all that a price depends on
    tariff: Fields,
    name: str,
    other: Other,
    begin: int | None,
    end: int,
    call: Call,
    kind_of: KindOf,
    allowances: Sequence[Allowance],
) -> _Leg | None:
    """None where there is nothing to price, or the tariff has no such leg."""
    if begin is None:
        return None
    terms = _prices(tariff, _local(begin, call.zone).date()).get(name)
    if terms is None:
        return None
    leg = _Leg(terms)
    begin += terms.get("free_seconds", 0) * 1000
    second, until = 0, 0
    while begin + second * 1000 < end:
        if second == until:  # an increment begins
            rule, number = _in_force(terms, second, begin + second * 1000, other, call, kind_of)
            until += _count(leg, name, rule, number, other, call, allowances)
        second += 1
    return leg if leg.pieces else None


def _count(  # noqa: PLR0917
    leg: _Leg, name: str, rule: Fields, number: int, other: Other, call: Call, allowances: Sequence[Allowance]
) -> int:
    """Adds an increment, and says how many seconds it has."""
    step = {"per": 60, "increment": 60} | rule["steps"][number]
    price = Fraction(step["rate"]) * step["increment"] / step["per"]
    if not leg.pieces or (leg.pieces[-1].rule, leg.pieces[-1].step) != (rule["rule"], number):
        connect = Fraction(0) if leg.pieces else Fraction(rule.get("connect", 0))
        leg.pieces.append(Piece(name, rule["rule"], number, price, connect))
    piece = leg.pieces[-1]
    piece.quantity += 1
    for allowance in allowances if price else ():
        legs = allowance.when.get("leg")
        if (legs is None or name in legs) and _suits(allowance.when, other, call.home) and _takes(allowance, step):
            piece.covered += 1
            break
    return int(step["increment"])


def _takes(allowance: Allowance, step: Fields) -> bool:
    if allowance.left < step["increment"]:
        return False
    allowance.left -= step["increment"]
    return True


def _prices(tariff: Fields, day: date) -> Fields:
    held = [prices for prices in tariff["prices"] if date.fromisoformat(str(prices.get("valid_from", date.min))) <= day]
    if not held:
        raise NoPriceError(day)
    return dict(held[-1])


def _in_force(  # noqa: PLR0917
    terms: Fields, second: int, at: int, other: Other, call: Call, kind_of: KindOf
) -> tuple[Fields, int]:
    """The rule, and the number of its step."""
    local = _local(at, call.zone)
    rule = next(rule for rule in terms["rules"] if _holds(rule.get("when", {}), local, other, call.home, kind_of))
    return rule, max(number for number, step in enumerate(rule["steps"]) if step.get("from", 0) <= second)


def _holds(when: Fields, local: datetime, other: Other, home: str | None, kind_of: KindOf) -> bool:
    return (
        _suits(when, other, home)
        and ("day" not in when or kind_of(local.date()) in when["day"])
        and ("hours" not in when or any(_within(hours, local) for hours in when["hours"]))
    )


def _suits(when: Fields, other: Other, home: str | None) -> bool:
    return ("type" not in when or other.type in when["type"]) and (
        "region" not in when or any(_is_at(place, other, home) for place in when["region"])
    )


def _is_at(place: str, other: Other, home: str | None) -> bool:
    if place == "unknown":
        return not other.places
    return (home if place == "home_city" else place) in other.places


def _within(hours: str, local: datetime) -> bool:
    first, last = hours.split("-")
    wall = local.strftime("%H:%M")
    return first <= wall < last if first < last else wall >= first or wall < last


def _local(at: int, zone: str) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))
