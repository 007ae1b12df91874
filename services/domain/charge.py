"""What an account owes for a call, segment by segment, as in the call's record (docs/cdr-stream.md)."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from services.domain.instant import Instant
from services.domain.model import DOCUMENTED
from services.domain.region import NumberType

Amount = Annotated[str, Field(pattern=r"^-?\d+\.\d{2,6}$")]
"""Money in the charge's currency, exact, two to six decimals."""

ChargedLeg = Literal["inbound", "outbound", "caller_share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Increments of a segment that a package covers."""

    __pydantic_config__ = DOCUMENTED

    package: str
    """The package document and its version, ``id@version``."""
    quantity: int
    seconds: int
    """``quantity`` x the segment's ``increment``: what the package has less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One price for one piece of time.

    ``amount`` = ``connect`` + (``quantity`` less what is ``drawn``) x ``increment`` x ``rate`` / ``per``.
    """

    __pydantic_config__ = DOCUMENTED

    leg: ChargedLeg
    """What is priced: ``inbound``, the caller's way to the platform; ``outbound``, a call over the trunk to a bound
    number; ``caller_share``, the caller's own part."""
    agent: str | None = None
    """Whose bound number the outbound leg led to; null when it was nobody's."""
    from_: Annotated[Instant, Field(alias="from")]
    """Where the first increment begins."""
    to: Instant
    """Where the last increment ends, or the leg."""
    rule: str
    """Which rule of the tariff priced it."""
    tariff: str
    """The tariff document and its version, ``id@version``."""
    seconds: int
    """Seconds begun between ``from`` and ``to``."""
    increment: int
    """Seconds that are charged at once."""
    quantity: int
    """Increments begun between ``from`` and ``to``."""
    rate: Amount
    """Price of ``per`` seconds."""
    per: int
    connect: Amount = "0.00"
    """Fee for the connection, with the leg's first segment."""
    drawn: tuple[Drawn, ...] = ()
    """What packages cover; it is not paid with money."""
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What the sum of the segments is changed by."""

    __pydantic_config__ = DOCUMENTED

    leg: ChargedLeg | None
    """Null for the whole call."""
    reason: Literal["minimum", "maximum", "rounding"]
    """The leg's least or most by the tariff, or the call's one rounding."""
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerShare:
    """What the caller pays beside the company: for statements only, nobody here collects it."""

    __pydantic_config__ = DOCUMENTED

    collected_by: Literal["caller_operator"]
    total: Amount
    segments: tuple[Segment, ...]
    adjustments: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the account owes for the call; ``total`` is the sum of the amounts of segments and adjustments."""

    __pydantic_config__ = DOCUMENTED

    tariff: str
    version: int
    currency: str
    total: Amount
    segments: tuple[Segment, ...]
    """Empty when nothing was served that this tariff bills."""
    adjustments: tuple[Adjustment, ...] = ()
    caller_type: NumberType | None = None
    """Null in older records."""
    caller_region: str | None = None
    """``广东深圳``; null when it is unknown, and when the tariff does not ask for places."""
    caller_share: CallerShare | None = None
    """Null when the tariff does not name it."""
    notes: tuple[str, ...] = ()
    """What a reader should know: a year whose holidays are not published."""


_ADAPTER = TypeAdapter(Charge)


def charge_fields(charge: Charge) -> Any:
    """As in a record's JSON."""
    return _ADAPTER.dump_python(charge, mode="json", by_alias=True)
