"""A package (套餐) as a document: what is paid for each cycle, and what that includes."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from services.domain.cycle import Anchor
from services.domain.model import DocumentModel, Id, Model
from services.domain.region import NumberType
from services.domain.tariff import Currency, Money, Place

Months = Annotated[int, Field(ge=1, le=120)]
PER_USE = ("sms", "recording")
"""Extra services that are counted by use: a text message sent for a call; a call of which a talk was recorded."""


class Cycle(Model):
    months: Months = 1
    anchor: Anchor = "first_day"
    renews: bool = True
    """By itself, at its end; otherwise the package ends there, until it is renewed."""


class Allowance(Model):
    """Minutes of each cycle; conditions as in a tariff's rules."""

    minutes: Annotated[int, Field(ge=1, le=100_000_000)]
    leg: Annotated[list[Literal["inbound", "outbound"]], Field(min_length=1)] | None = None
    type: Annotated[list[NumberType], Field(min_length=1)] | None = None
    region: Annotated[list[Place], Field(min_length=1, max_length=400)] | None = None


class Extra(Model):
    """A service beside calls: a text message, a recording, a further bound number or level, a vanity number."""

    price: Money
    per: Literal["use", "cycle"]
    """``cycle``: for each one that the account has, with every cycle's fee."""
    included: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """In each cycle, without being paid for."""


class Package(DocumentModel):
    kind: Literal["package"]
    id: Id
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    currency: Currency = "CNY"
    priority: Annotated[int, Field(ge=0, le=100)] = 0
    """Of several packages of an account the higher is drawn from first; of equals, the one that ends first."""
    cycle: Cycle
    fee: Money
    """For each cycle, when it begins."""
    minimum: Money | None = None
    """Least that calls of a month cost; a first part of a month costs only what it was used for."""
    included: Annotated[list[Allowance], Field(max_length=50, default_factory=list)]
    """Drawn from in this order."""
    extras: Annotated[dict[Id, Extra], Field(max_length=100, default_factory=dict)]
    alerts: Annotated[list[Annotated[int, Field(ge=1, le=100)]], Field(max_length=20, default_factory=list)]
    """Percentages of all included minutes at whose use the company is told, once a cycle."""

    @field_validator("extras")
    @classmethod
    def _uses_are_counted(cls, extras: dict[str, Extra]) -> dict[str, Extra]:
        for name, extra in extras.items():
            if extra.per == "use" and name not in PER_USE:
                raise ValueError(f"nobody counts the uses of {name!r}; paid per use are {' and '.join(PER_USE)}")
        return extras

    @model_validator(mode="after")
    def _alerts_have_minutes(self) -> "Package":
        if self.alerts and not self.included:
            raise ValueError("'alerts' tell of minutes, and nothing is 'included'")
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield from ()

    def places(self) -> set[str]:
        """All that allowances are for."""
        return {place for allowance in self.included for place in allowance.region or ()}
