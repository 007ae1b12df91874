"""What an account owes for a month: its calls, their sums, and what its packages cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from services.domain import clock, money, packages
from services.domain.correction import Correction
from services.domain.documents import Account, Subscription
from services.domain.package import Package
from services.domain.packages import Balance, Posting, Terms, subscribe
from services.domain.rating import CHINA_TIME
from services.domain.record import Charge, Record


@dataclass(slots=True)
class Sum:
    """Of all segments, or adjustments, that say the same. Amounts are millionths."""

    leg: str
    tariff: str
    """``id@version``."""
    rule: str
    """Or an adjustment's reason."""
    count: int = 0
    seconds: int = 0
    drawn: int = 0
    """Seconds that packages covered."""
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    account: str
    name: str
    begin: date
    end: date
    """The first day that is no longer in it."""
    currency: str
    calls: tuple[Record, ...]
    """Rated ones that ended in these days, in that order."""
    sums: tuple[Sum, ...]
    drawn: dict[str, int]
    """Seconds by package, ``id@version``."""
    postings: tuple[Posting, ...]
    corrections: tuple[Correction, ...]
    """Written in these days, of whatever days' calls."""
    unrated: int
    """Calls whose price is not known yet."""

    @property
    def calls_total(self) -> int:
        return sum(cost(call) for call in self.calls)

    @property
    def total(self) -> int:
        posted = sum(posting.amount for posting in self.postings)
        return self.calls_total + posted + sum(money.micros(Decimal(one.amount)) for one in self.corrections)


def cost(call: Record) -> int:
    """Millionths."""
    return 0 if call.charge is None else money.micros(Decimal(call.charge.total))


def day_of(call: Record) -> date:
    """The one it ended on, in China's time."""
    return clock.moment(call.ended, CHINA_TIME).day


def sums_of(calls: Iterable[Record]) -> tuple[Sum, ...]:
    """By leg, tariff and rule; together they are what the calls cost."""
    found: dict[tuple[str, str, str], Sum] = {}
    for call in calls:
        if call.charge is not None:
            for one in _parts(call.charge):
                known = found.setdefault((one.leg, one.tariff, one.rule), Sum(one.leg, one.tariff, one.rule))
                known.count += 1
                known.seconds += one.seconds
                known.drawn += one.drawn
                known.amount += one.amount
    return tuple(found[key] for key in sorted(found))


def _parts(charge: Charge) -> Iterator[Sum]:
    for segment in charge.segments:
        billed = segment.quantity * segment.increment
        drawn = sum(part.seconds for part in segment.drawn)
        amount = money.micros(Decimal(segment.amount))
        yield Sum(segment.leg, segment.tariff, segment.rule, 1, billed, drawn, amount)
    for change in charge.adjustments:
        tariff = f"{charge.tariff}@{charge.version}"
        yield Sum(change.leg or "call", tariff, change.reason, 1, amount=money.micros(Decimal(change.amount)))


def drawn_of(calls: Iterable[Record]) -> dict[str, int]:
    found: dict[str, int] = {}
    for call in calls:
        for segment in () if call.charge is None else call.charge.segments:
            for part in segment.drawn:
                found[part.package] = found.get(part.package, 0) + part.seconds
    return dict(sorted(found.items()))


def first_needed(account: Account, known: dict[str, Terms], begin: date) -> date:
    """The day from which calls decide what the packages cost in a month that begins with ``begin``."""
    days = [begin]
    for one in account.packages:
        if one.since < begin:
            balance, _ = packages.advance(_begun(one, known)[0], begin)
            if balance is not None:
                days.append(min(balance.cycle.begin, balance.month.begin))
    return min(days)


def postings_of(
    account: Account, known: dict[str, Terms], calls: Sequence[Record], begin: date, end: date
) -> tuple[Posting, ...]:
    """What the packages cost in [begin, end), and what a month or cycle in it ended with.

    ``known``: the account's packages; ``calls``: since the day that ``first_needed`` gives, in the order of their ends.
    """
    postings = [posting for one in account.packages if one.since < end for posting in _of(one, known, calls, end)]
    return tuple(sorted((one for one in postings if _is_in(one, begin, end)), key=lambda one: (one.day, one.package)))


def _of(one: Subscription, known: dict[str, Terms], calls: Sequence[Record], end: date) -> Iterator[Posting]:
    balance: Balance | None
    balance, postings = _begun(one, known)
    yield from postings
    for call in calls:
        day = day_of(call)
        if balance is None or day < one.since:
            continue
        balance, postings = packages.advance(balance, day)
        yield from postings
        if balance is not None:
            balance = _used(packages.spend(balance, cost(call)), call)
    if balance is not None:
        yield from packages.advance(balance, end)[1]


def _begun(one: Subscription, known: dict[str, Terms]) -> tuple[Balance, list[Posting]]:
    return subscribe(known[one.package], one.since, one.extras)


def _used(balance: Balance, call: Record) -> Balance:
    """Less what the call's charge says that this package covered."""
    drawn = drawn_of([call])
    rest = sum(seconds for name, seconds in drawn.items() if name.partition("@")[0] == balance.terms.package.id)
    left = []
    for allowance in balance.left:
        taken = min(rest, allowance)
        rest -= taken
        left.append(allowance - taken)
    return replace(balance, left=tuple(left))


def _is_in(posting: Posting, begin: date, end: date) -> bool:
    """A month's minimum, and what a cycle forfeits, stand on the day after it; a fee on the day that it is for."""
    if posting.kind in {"minimum", "forfeit"}:
        return begin < posting.day <= end
    return begin <= posting.day < end


def terms_of(found: Iterable[tuple[Package, int]]) -> dict[str, Terms]:
    return {package.id: Terms(package, version) for package, version in found}
