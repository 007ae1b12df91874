"""What a call costs, as a document: FIELD 1 has the trade's rules, the words are CGRateS'."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from services.domain.calendar import DayKind
from services.domain.divisions import divided
from services.domain.model import DocumentModel, Id, Model
from services.domain.money import DIGITS, Rounding
from services.domain.region import NumberType

Money = Annotated[Decimal, Field(ge=0, le=1_000_000, max_digits=12, decimal_places=DIGITS)]
"""Units of the currency, down to a millionth."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _some_time(hours: str) -> str:
    if not re.fullmatch(r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}", hours):
        raise ValueError("expected hours of a day, like 09:00-18:00")
    begin, end = hours.split("-")
    for time, last in ((begin, "23:59"), (end, "24:00")):
        if time > last or time[3:] > "59":
            raise ValueError(f"there is no {time} at which it could {'begin' if last == '23:59' else 'end'}")
    if begin == end:
        raise ValueError("begins and ends at the same time: no time, or the whole day? That is 00:00-24:00")
    return hours


Hours = Annotated[str, AfterValidator(_some_time)]
"""``08:00-18:00``, or ``22:00-06:00`` over midnight; the second time is no longer in it."""
HOME, NOWHERE = "home_city", "unknown"
RELATIVE = {HOME, NOWHERE}


def _known_place(text: str) -> str:
    return text if text in RELATIVE else divided(text) and text


Place = Annotated[str, StringConstraints(max_length=20), AfterValidator(_known_place)]
"""A region, ``广东`` or ``广东深圳``; or ``home_city``, the hotline's own; or ``unknown``, a number whose place nobody
knows, every foreign one too."""
LegName = Literal["inbound", "outbound", "caller_share"]


class When(Model):
    """All that is named must hold.

    ``type`` and ``region`` are the other end's: the caller's, inbound, and outbound those of the number dialled.
    ``day`` and ``hours`` are in the hotline's time zone.
    """

    type: Annotated[list[NumberType], Field(min_length=1)] | None = None
    region: Annotated[list[Place], Field(min_length=1, max_length=400)] | None = None
    day: Annotated[list[DayKind], Field(min_length=1)] | None = None
    hours: Annotated[list[Hours], Field(min_length=1, max_length=24)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "When":
        if not self.model_fields_set:
            raise ValueError("names no condition; leave 'when' out for a rule that always holds")
        return self


class Step(Model):
    """From this second of the leg on: ``rate`` for every ``per`` seconds, counted in started increments."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: Annotated[int, Field(alias="from", ge=0, le=86_400)] = 0
    rate: Money
    per: Annotated[int, Field(ge=1, le=3600)] = 60
    increment: Annotated[int, Field(ge=1, le=3600)] = 60


class Rule(Model):
    rule: Id
    """Its name, which every segment that it prices bears."""
    when: When | None = None
    connect: Money = Decimal(0)
    """Once, when the leg begins under this rule."""
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _steps_follow(self) -> "Rule":
        begins = [step.from_ for step in self.steps]
        if begins[0] != 0 or any(begin >= following for begin, following in pairwise(begins)):
            raise ValueError(f"'steps' begin from 0, and each later than the one before; these begin from {begins}")
        return self


class Leg(Model):
    """The first rule that holds prices; the last one always does."""

    free_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """Not billed at the leg's begin; a leg that is no longer costs nothing."""
    minimum: Money = Decimal(0)
    maximum: Money | None = None
    """Least and most that a leg costs of which something is paid with money."""
    rules: Annotated[list[Rule], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _is_whole(self) -> "Leg":
        if (last := self.rules[-1]).when is not None:
            raise ValueError(f"the last rule, {last.rule!r}, has conditions: calls that no rule takes have no price")
        if self.maximum is not None and self.maximum < self.minimum:
            raise ValueError(f"'maximum' {self.maximum} is less than 'minimum' {self.minimum}")
        return self


class RoundingRule(Model):
    mode: Rounding = "half_up"
    digits: Annotated[int, Field(ge=0, le=DIGITS)] = DIGITS
    each: Literal["segment", "call"] = "segment"


class Prices(Model):
    """``outbound`` prices the legs to bound numbers and to called-back callers; left out, they cost nothing.

    ``caller_share`` is what the caller pays its own operator beside this, from the platform's answer on.
    """

    valid_from: date | None = None
    """First day, in the hotline's time zone, of the calls that they price; the first prices may leave it out."""
    inbound: Leg
    outbound: Leg | None = None
    caller_share: Leg | None = None

    def legs(self) -> Iterator[tuple[LegName, Leg]]:
        legs: dict[LegName, Leg | None] = {
            "inbound": self.inbound,
            "outbound": self.outbound,
            "caller_share": self.caller_share,
        }
        yield from ((name, leg) for name, leg in legs.items() if leg is not None)


class Metering(Model):
    """How calls of prepaid and of capped accounts are watched while they last (docs/ledger.md)."""

    slice_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    """What a call costs is reserved for so long at a time."""
    warning_seconds: Annotated[int, Field(ge=0, le=60)] = 20
    """So long before the end both sides hear a tone; 0: they do not."""
    spent: Literal["end", "finish"] = "end"
    """What becomes of a call that nothing more can be reserved for: it is ended then, or may go on to its end."""


class Tariff(DocumentModel):
    """``bill_from``: ``platform`` bills from our answer (a menu is billed), ``agent`` from the agent's (FIELD 1)."""

    kind: Literal["tariff"]
    id: Id
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    currency: Currency = "CNY"
    bill_from: Literal["platform", "agent"]
    rounding: RoundingRule = RoundingRule()
    metering: Metering = Metering()
    calendar: Id | None = None
    numbering: Id | None = None
    prices: Annotated[list[Prices], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _prices_follow(self) -> "Tariff":
        begins = [prices.valid_from or date.min for prices in self.prices]
        for begin, following in pairwise(begins):
            if begin >= following:
                raise ValueError(
                    f"'prices' are valid one after the other; those from {following} follow those from {begin}"
                )
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        for kind, name in (("calendar", self.calendar), ("numbering", self.numbering)):
            if name is not None:
                yield kind, kind, name

    def places(self) -> set[str]:
        """All that rules ask for."""
        rules = (rule for prices in self.prices for _, leg in prices.legs() for rule in leg.rules)
        return {place for rule in rules if rule.when for place in rule.when.region or ()}

    def prices_at(self, day: date) -> Prices | None:
        """None before the first day of all."""
        return next((prices for prices in reversed(self.prices) if (prices.valid_from or date.min) <= day), None)
