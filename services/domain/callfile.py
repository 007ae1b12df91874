"""A company's own calls, one JSON object a line, to be rated offline."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from services.domain.documents import HotlineNumber
from services.domain.instant import from_rfc3339, to_rfc3339
from services.domain.numbers import to_e164
from services.domain.usage import Outbound, Served, UnratableError, Usage, uses

Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{2,20}$")]
_LATEST = 4_102_444_800_000
"""2100."""
_ORDER = ("started", "answered", "agent_answered", "ended")


def _at(text: object) -> int:
    """A number is refused: nobody can tell whether it means seconds."""
    try:
        at = from_rfc3339(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        at = None
    if not isinstance(at, int) or not 0 <= at < _LATEST:
        raise ValueError("expected a time with its zone, like '2026-03-02T10:00:00+08:00', from 1970 to 2099")
    return at


At = Annotated[int, BeforeValidator(_at)]


class _Fields(BaseModel):
    """What a line must have, more is passed over: lines may be rated records as the stream has them."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class OutboundCall(_Fields):
    agent: str = ""
    number: Number
    answered: At
    ended: At

    @model_validator(mode="after")
    def _in_order(self) -> "OutboundCall":
        _follow([("answered", self.answered), ("ended", self.ended)])
        return self


class OwnCall(_Fields):
    """Times are RFC 3339 with a zone."""

    hotline: HotlineNumber
    caller: Number | None
    """Null when withheld."""
    started: At
    answered: At | None
    """When the platform answered; null when it never did."""
    agent_answered: At | None
    ended: At
    outbound: list[OutboundCall] = Field(default_factory=list)
    """Calls over a trunk to bound numbers."""
    text_messages: Annotated[int, Field(ge=0, le=1000)] = 0
    """That were sent for the call."""
    recorded: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> "OwnCall":
        _follow([(name, at) for name in _ORDER if (at := getattr(self, name)) is not None])
        return self

    def usage(self) -> Usage:
        """Raises UnratableError."""
        return Usage(
            caller=self.caller,
            caller_e164=None if self.caller is None else to_e164(self.caller),
            answered=self.answered,
            agent_answered=self.agent_answered,
            ended=self.ended,
            outbound=tuple(Outbound(leg.agent, leg.number, leg.answered, leg.ended) for leg in self.outbound),
            uses=uses(self.text_messages, recorded=self.recorded),
        )


def _follow(times: list[tuple[str, int]]) -> None:
    for (before, one), (after, other) in pairwise(times):
        if other < one:
            raise ValueError(f"{after!r}, {to_rfc3339(other)}, is before {before!r}, {to_rfc3339(one)}")


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    call: OwnCall
    usage: Usage

    @property
    def served(self) -> Served:
        return Served(self.call.hotline, None, self.call.started, self.call.ended, self.usage)


def read(lines: Iterator[bytes]) -> Iterator[Line | tuple[int, str]]:
    """Each line's call, or its number and what is wrong with it; empty lines are passed over.

    Lines are UTF-8, the first one with or without a byte order mark, as Windows' programs write it.
    """
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(BOM_UTF8) if number == 1 else line
        if text.strip():
            try:
                call = OwnCall.model_validate_json(text)
                yield Line(number, call, call.usage())
            except ValidationError as error:
                yield from ((number, _sentence(details)) for details in error.errors())
            except UnratableError as error:
                yield number, f"ended: {to_rfc3339(call.ended)}: {error}"


def _sentence(details: ErrorDetails) -> str:
    key = ".".join(map(str, details["loc"]))
    value = details["input"]
    shown = "" if not key or details["type"] == "missing" or isinstance(value, dict) else repr(value)[:60]
    return ": ".join(part for part in (key, shown, details["msg"].removeprefix("Value error, ")) if part)
