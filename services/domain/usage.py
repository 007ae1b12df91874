"""What of a call is priced: its legs, from when to when, and who was at the other end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from services.domain.record import Record

LONGEST_MS = 7 * 24 * 3600 * 1000
"""A call that lasted longer is taken for a mistake of the clock or of the line, and for nobody's debt."""


class UnratableError(Exception):
    """Says in one sentence why the call has no price."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A leg over the trunk, to a bound number or to a caller who is called back."""

    agent: str
    number: str
    answered: int
    ended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Times are milliseconds since 1970. Raises UnratableError when they cannot be."""

    caller: str | None
    """As the caller's operator sent it; None when withheld."""
    caller_e164: str | None
    answered: int | None
    agent_answered: int | None
    ended: int
    outbound: tuple[Outbound, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)
    """How often the call used extra services that are paid per use, by ``package.PER_USE``."""

    def __post_init__(self) -> None:
        legs = [("the platform answered", self.answered), ("the agent answered", self.agent_answered)]
        for what, begin in legs:
            if begin is not None:
                _possible(what, begin, self.ended)
        for leg in self.outbound:
            _possible(f"{leg.number} answered", leg.answered, leg.ended)


@dataclass(frozen=True, slots=True)
class Served:
    """A call, as far as its price asks."""

    hotline: str
    account: str | None
    """None: that of the hotline."""
    started: int
    ended: int
    usage: Usage


def _possible(what: str, begin: int, ended: int) -> None:
    if ended < begin:
        raise UnratableError(f"it ended {begin - ended} ms before {what}")
    if ended - begin > LONGEST_MS:
        raise UnratableError(
            f"it ended {(ended - begin) // 3_600_000} hours after {what}: more than a week is a mistake"
        )


def usage_of(record: Record) -> Usage:
    """Raises UnratableError. Who is called back has not called: only what was dialled over a trunk is priced."""
    if record.clock_set_ms:
        way = "back" if record.clock_set_ms < 0 else "forward"
        raise UnratableError(f"the clock of {record.pbx} was set {way} by {abs(record.clock_set_ms)} ms meanwhile")
    called = record.kind == "inbound"
    if called and record.answered is None and record.agent_answered is not None:
        raise UnratableError("an agent talked to the caller, but when the platform answered was lost")
    return Usage(
        caller=record.caller,
        caller_e164=record.caller_e164,
        answered=record.answered if called else None,
        agent_answered=record.agent_answered if called else None,
        ended=record.ended,
        outbound=tuple(_outbound(record)),
        uses=uses(_text_messages(record), recorded=bool(record.recordings)),
    )


def _text_messages(record: Record) -> int:
    return record.notices + sum(hop.text_message == "accepted" for hop in record.hops)


def uses(text_messages: int, *, recorded: bool) -> dict[str, int]:
    counted = {"sms": text_messages, "recording": int(recorded)}
    return {name: count for name, count in counted.items() if count}


def _outbound(record: Record) -> Iterator[Outbound]:
    """What was rung over a trunk and picked up."""
    for hop in record.hops:
        for attempt in hop.attempts:
            number, at, _ = attempt.dial.partition("@")
            if at and attempt.answered is not None:
                ended = record.ended if attempt.ended is None else attempt.ended
                yield Outbound(attempt.agent, number, attempt.answered, ended)
    customer = record.callback and record.callback.customer
    if customer and customer.answered is not None:
        ended = record.ended if customer.ended is None else min(customer.ended, record.ended)
        yield Outbound(record.agent or "", customer.dial.partition("@")[0], customer.answered, ended)
