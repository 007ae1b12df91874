"""What goes out to people: one message to one place (docs/notify.md)."""

from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import TypeAdapter

from services.domain.instant import Instant
from services.domain.webhook import Event

SCHEMA: Final = 1

Kind = Literal["text_message", "missed_call", "voicemail", "usage_alert"] | Event
Value = str | int | None | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: str
    """The same at every attempt, and made of what the message is about: who has seen it may drop it."""
    kind: Kind
    account: str
    at: Instant
    """When what it tells of happened."""
    to: str | None
    """The number that gets ``text``; None: the message is for the account's own webhook."""
    text: str
    values: dict[str, Value]
    """The same as facts; docs/notify.md has them for each kind."""
    schema: Literal[1] = field(default=SCHEMA)


_ADAPTER = TypeAdapter(Message)


def to_json(message: Message) -> str:
    return _ADAPTER.dump_json(message).decode()


def from_json(text: str | bytes) -> Message:
    """Raises pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)
