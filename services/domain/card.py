"""What an agent is shown of whom its phone rings for (来电弹屏). Times are milliseconds since 1970."""

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Pressed:
    """At one node; of a password nothing is shown."""

    node: str
    keys: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The list of numbers that the caller is on."""

    list: str
    entry: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    kind: Literal["inbound", "callback"]
    call: str
    """Asterisk's linkedid; of a callback its id."""
    number: str
    """As it is dialled within China; empty when withheld."""
    name: str
    """As the caller's operator has sent it; empty: none."""
    region: str
    """Where the number is from, ``广东深圳``; empty: not known."""
    hotline: str
    node: str
    group: str
    """Empty: none."""
    began: int
    """When the call came; of a callback, when it was asked for."""
    waits_since: int | None
    """Since when it waited in queues; None: in none."""
    rang: int
    pressed: tuple[Pressed, ...] = ()
    marks: tuple[Mark, ...] = ()


_ADAPTER = TypeAdapter(Card)


def to_json(card: Card) -> str:
    return _ADAPTER.dump_json(card).decode()


def from_json(text: bytes | str) -> Card:
    """pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)
