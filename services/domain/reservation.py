"""What running calls may yet cost is set aside, so that together they never spend more than there is (docs/ledger.md).

Pure: whoever keeps the reservations sees to it that the book and the others' holds have not changed meanwhile.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from services.domain import book, clock, money
from services.domain.book import Agreed, Book, Shelf, allowance
from services.domain.documents import Account, Caps
from services.domain.rating import Home, Rater
from services.domain.tariff import Metering
from services.domain.usage import Outbound, Usage

LEAST_MS = 6000
"""A call that cannot be paid for this long is not begun."""
END_MS = 2000
"""A call is ended so long before what is reserved ends: it takes a moment, and would begin another increment."""
SPARE_MS = 10_000
"""For a process to take over from another one, and for an end that failed to be tried again."""
FINISHED_MS = 26 * 3600 * 1000
"""A call that may go on unpaid is not looked at again: its record comes within a day (``services.billing.calls``)."""
STEP_MS = 500
"""How exactly it is known how long a call can be paid."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Over a trunk, to an agent's bound number or to a customer who is called back. Milliseconds since 1970."""

    agent: str
    number: str
    begun: int
    """When it began to ring: it may have been picked up since."""
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is known of a running call, as far as its price asks. Milliseconds since 1970."""

    caller: str | None
    caller_e164: str | None
    begun: int
    """When it was taken: the platform may have answered since."""
    inbound: bool = True
    """False: the customer is called back."""
    talking: int | None = None
    """Since when an agent may talk; None: may begin to at any moment."""
    outbound: tuple[Leg, ...] = ()
    talked: int | None = None
    """When the first agent began that has hung up again, while the call goes on; None: none has."""

    def usage(self, now: int, until: int) -> Usage:
        """The dearest that may be known at ``until``. Raises UnratableError."""
        return Usage(
            caller=self.caller,
            caller_e164=self.caller_e164,
            answered=self.begun if self.inbound else None,
            agent_answered=self.talked or self.talking or now if self.inbound else None,
            ended=until,
            outbound=tuple(
                Outbound(leg.agent, leg.number, leg.begun, until if leg.ended is None else leg.ended)
                for leg in self.outbound
            ),
        )

    def rings(self, legs: tuple[Leg, ...], now: int) -> "Ticket":
        return replace(self, talking=now, outbound=(*self.outbound, *legs))

    def rang(self, now: int, *, picked_up: bool) -> "Ticket":
        """Nobody has talked. ``picked_up``: of what rang something may have been, and costs what it took."""
        open_, ended = (
            [leg for leg in self.outbound if leg.ended is None],
            tuple(leg for leg in self.outbound if leg.ended),
        )
        closed = tuple(replace(leg, ended=now) for leg in open_) if picked_up else ()
        return replace(self, talking=None, outbound=(*ended, *closed))

    def over(self, now: int) -> "Ticket":
        """Somebody has talked, and nobody does any more. The call costs on as before, but for legs over a trunk."""
        return replace(self.rang(now, picked_up=True), talked=self.talked or self.talking)


@dataclass(frozen=True, slots=True)
class Hold:
    """What is set aside: of one call, or of several together."""

    money: int = 0
    """Millionths."""
    seconds: dict[str, int] = field(default_factory=dict)
    """By ``book.allowance``."""
    calls: int = 1

    def without(self, other: "Hold") -> "Hold":
        names = self.seconds.keys() | other.seconds.keys()
        left = {name: self.seconds.get(name, 0) - other.seconds.get(name, 0) for name in names}
        return Hold(self.money - other.money, left, self.calls - other.calls)


def total(holds: Iterable[Hold]) -> Hold:
    seconds: Counter[str] = Counter()
    money_, calls = 0, 0
    for hold in holds:
        seconds.update(hold.seconds)
        money_, calls = money_ + hold.money, calls + hold.calls
    return Hold(money_, dict(seconds), calls)


Act = Literal["warn", "end"]


def drift(kept: Hold, added_up: Hold) -> list[str]:
    """Each difference, as a sentence."""
    if kept == added_up:
        return []
    return [f"reserved for calls: {_text(kept)}, by the reservations {_text(added_up)}"]


def _text(hold: Hold) -> str:
    return f"{money.text(hold.money)} and {sum(hold.seconds.values())} seconds for {hold.calls} calls"


class Means(NamedTuple):
    """What an account's calls are priced by and paid from."""

    owner: Account
    book: Book
    others: Hold
    """What is set aside for other calls."""
    shelf: Shelf
    agreed: Agreed
    rater: Rater
    home: Home


def limited(owner: Account) -> bool:
    """Whether the account's calls are watched while they last."""
    return owner.prepaid or owner.caps is not None


def reserve(means: Means, ticket: Ticket, now: int, until: int) -> tuple[int, Hold] | None:
    """Until when, at most ``until``, the call can be paid, and what that takes; None: not even for LEAST_MS.

    Raises UnratableError.
    """
    if (found := _hold(means, ticket, now, until)) is not None:
        return until, found
    best, yes, no = None, now, until
    while no - yes > STEP_MS:
        middle = (yes + no) // 2
        if (found := _hold(means, ticket, now, middle)) is None:
            no = middle
        else:
            best, yes = found, middle
    return (yes, best) if best is not None and yes - now >= LEAST_MS else None


def next_look(until: int, terms: Metering, now: int, *, spent: bool) -> tuple[Act | None, int]:
    """What is to be done now with a call that is paid until then, and when to look at it next.

    ``spent``: nothing more could be reserved.
    """
    warning_ms, slice_ms = terms.warning_seconds * 1000, terms.slice_seconds * 1000
    if not spent:
        return None, until - min(slice_ms // 2, warning_ms + SPARE_MS)
    if terms.spent == "finish":
        return None, until + FINISHED_MS
    end = until - END_MS
    if now < end - warning_ms:
        return None, end - warning_ms
    return ("warn" if warning_ms else None, end) if now < end else ("end", now + SPARE_MS)


def _hold(means: Means, ticket: Ticket, now: int, until: int) -> Hold | None:
    """What the call takes if it ends at ``until``; None when the account cannot pay that."""
    owner, standing, others, shelf, agreed, rater, home = means
    day = clock.moment(until, home.zone).day
    before = book.on(standing, shelf, agreed, day).book
    after = book.call(standing, shelf, agreed, rater, ticket.usage(now, until), home, day, others.seconds).book
    cost = before.balance - after.balance
    if owner.prepaid and cost and after.balance < others.money:
        return None
    if owner.caps is not None and not _within(owner.caps, after, others):
        return None
    return Hold(cost, _drawn(before, after))


def _within(caps: Caps, after: Book, others: Hold) -> bool:
    if caps.cost is not None and after.month_cost + others.money > money.micros(caps.cost):
        return False
    return caps.calls is None or after.month_calls + others.calls <= caps.calls


def _drawn(before: Book, after: Book) -> dict[str, int]:
    return {
        allowance(kept, index): had - left
        for kept, then in zip(before.packages, after.packages, strict=True)
        for index, (had, left) in enumerate(zip(kept.left, then.left, strict=True))
        if had != left
    }
