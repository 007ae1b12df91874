"""The documents a company's configuration is made of (YAML in files, JSON in Redis)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from services.domain.flow import Flow, Id, Model, Password
from services.domain.pbx import Pbx

HotlineNumber = Annotated[str, StringConstraints(pattern=r"^400\d{7}$")]
BoundNumber = Annotated[str, StringConstraints(pattern=r"^\+?\d{3,20}$")]
"""A number that the trunk dials: mobile, landline with area code, or E.164."""
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Account(Model):
    kind: Literal["account"]
    id: Id
    name: Title
    tariff: Id

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "tariff", "tariff", self.tariff


class Price(Model):
    """``rate`` for every ``per`` seconds, counted in started increments."""

    rate: Annotated[Decimal, Field(ge=0, le=1000, max_digits=12, decimal_places=6)]
    per: Annotated[int, Field(ge=1, le=3600)] = 60
    increment: Annotated[int, Field(ge=1, le=3600)] = 60


class Tariff(Model):
    """``bill_from``: ``platform`` bills from our answer (a menu is billed), ``agent`` from the agent's (FIELD 1)."""

    kind: Literal["tariff"]
    id: Id
    name: Title
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "CNY"
    bill_from: Literal["platform", "agent"]
    price: Price

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield from ()


class Sip(Model):
    password: Password


class Agent(Model):
    """Answers calls at a SIP phone that registers here, or at a bound number dialled over the trunk."""

    kind: Literal["agent"]
    id: Id
    account: Id
    name: Title
    sip: Sip | None = None
    bound: BoundNumber | None = None

    @model_validator(mode="after")
    def _one_phone(self) -> "Agent":
        if (self.sip is None) == (self.bound is None):
            raise ValueError("an agent has either 'sip' or 'bound'")
        return self

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account


Strategy = Literal["sequence", "ringall"]


class Group(Model):
    """Agents who are rung together; ``sequence`` one after the other, ``ringall`` all at once."""

    kind: Literal["group"]
    id: Id
    account: Id
    name: Title
    strategy: Strategy
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 20
    members: Annotated[list[Id], Field(min_length=1, max_length=50)]

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account
        yield from ((f"members.{index}", "agent", agent) for index, agent in enumerate(self.members))


class Hotline(Model):
    kind: Literal["hotline"]
    number: HotlineNumber
    account: Id
    name: Title
    voice: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+-]{2,40}$")] = "cmn"
    """Voice of the speech engine: of espeak-ng ``cmn`` (Mandarin), ``en``, …"""
    flow: Flow

    @property
    def id(self) -> str:
        return self.number

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "account", "account", self.account
        for name, node in self.flow.nodes.items():
            if node.kind == "group":
                yield f"flow.nodes.{name}.group", "group", node.group


Document = Annotated[Account | Tariff | Agent | Group | Hotline | Pbx, Field(discriminator="kind")]
