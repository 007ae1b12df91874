"""A call as lanes on a line of time: its hops, and below each the phones rung. Times are milliseconds since 1970."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from services.domain.record import Attempt, Hop, Leg, Record

Doing = Literal["hop", "ring", "talk"]


@dataclass(frozen=True, slots=True)
class Bar:
    doing: Doing
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Lane:
    """``kind``: of a hop its kind of node, of a phone the result."""

    of: Literal["hop", "phone"]
    name: str
    kind: str
    bars: tuple[Bar, ...]

    @property
    def begin(self) -> int:
        return self.bars[0].begin

    @property
    def end(self) -> int:
        return self.bars[-1].end


def lanes(record: Record) -> list[Lane]:
    ends = [*(later.at for _, later in pairwise(record.hops)), record.ended]
    found = [lane for hop, end in zip(record.hops, ends, strict=False) for lane in _of_hop(hop, end, record)]
    if record.callback and record.callback.customer:
        found.append(_phone(record.callback.customer.dial, record.callback.customer, record.ended))
    return found


def _of_hop(hop: Hop, end: int, record: Record) -> Iterator[Lane]:
    """A talk goes on behind its hop's end when an agent has sent the caller on."""
    name = hop.node if hop.group in {None, hop.node} else f"{hop.node} ({hop.group})"
    yield Lane("hop", name, hop.kind, (Bar("hop", hop.at, max(hop.at, end)),))
    for attempt in hop.attempts:
        yield _phone(attempt.agent or attempt.dial, attempt, record.ended)


def _phone(name: str, rung: Attempt | Leg, ended: int) -> Lane:
    never = rung.started if rung.result == "unreachable" else ended
    end = max(rung.started, min(ended, never if rung.ended is None else rung.ended))
    if rung.answered is None:
        return Lane("phone", name, rung.result, (Bar("ring", rung.started, end),))
    answered = min(max(rung.started, rung.answered), end)
    return Lane("phone", name, rung.result, (Bar("ring", rung.started, answered), Bar("talk", answered, end)))
