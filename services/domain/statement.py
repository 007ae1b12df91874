"""What an account owes for some days: its calls, their sums, what its packages cost, and what came of its balance."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.domain import clock, money
from services.domain.book import Book, Line, Shelf
from services.domain.charge import Charge
from services.domain.correction import Correction
from services.domain.cycle import Span, cycle
from services.domain.packages import Terms
from services.domain.rating import CHINA_TIME
from services.domain.record import Record


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
class Change:
    """What a book's balance grew by, and the day that it counts for."""

    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class Balance:
    """Millionths."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    account: str
    name: str
    span: Span
    currency: str
    calls: tuple[Record, ...]
    """Rated ones of these days, in the order of their ends."""
    sums: tuple[Sum, ...]
    drawn: dict[str, int]
    """Seconds by package, ``id@version``."""
    lines: tuple[Line, ...]
    """Of these days, from the account's ledger, but for the top-ups."""
    top_ups: tuple[Line, ...]
    corrections: tuple[Correction, ...]
    """Written in these days, of whatever days' calls."""
    balance: Balance | None
    """None: the account keeps no book."""
    outside: int
    """What of the total is in no book, because the account had none when the call ended. Millionths."""
    unrated: int
    """Calls whose price is not known yet."""
    unbooked: int
    """Entries that are due and do not stand on the ledger yet."""

    @property
    def calls_total(self) -> int:
        return sum(cost(call) for call in self.calls)

    @property
    def total(self) -> int:
        """What is owed: balance at the end = balance at the begin + ``top_ups`` - (``total`` - ``outside``)."""
        booked = sum(line.amount for line in self.lines)
        return self.calls_total - booked + sum(one.micros for one in self.corrections)


def cost(call: Record) -> int:
    """Millionths."""
    return 0 if call.charge is None else money.micros(Decimal(call.charge.total))


def day_of(at: int) -> date:
    """In China's time."""
    return clock.moment(at, CHINA_TIME).day


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


def books_day(line: Line) -> date:
    """The one that an entry counts for: a month's minimum, and what a cycle forfeits, stand on the day after it."""
    return line.day - timedelta(1) if line.kind in {"minimum", "forfeit"} else line.day


def balance_of(now: int, changes: Iterable[Change], span: Span) -> Balance:
    """``now``: the book's; ``changes``: all that the book has taken since the span began."""
    inside = after = 0
    for change in changes:
        if change.day >= span.end:
            after += change.amount
        elif change.day >= span.begin:
            inside += change.amount
    return Balance(now - after - inside, now - after)


def cycles_of(lines: Iterable[Line], book: Book, shelf: Shelf) -> list[tuple[str, Span]]:
    """Each package's id and each of its cycles that has begun, as the fees on the ledger tell."""
    fees = [line for line in lines if line.kind == "fee"]
    return [(_id(fee), Span(fee.day, _end(fee, fees, book, shelf[fee.package]))) for fee in fees]


def _end(fee: Line, fees: Sequence[Line], book: Book, terms: Terms) -> date:
    rule = terms.package.cycle
    by_itself = cycle(fee.day, fee.day, rule.months, rule.anchor).end
    following = min((one.day for one in fees if _id(one) == _id(fee) and one.day > fee.day), default=None)
    if following is not None and (rule.renews or following <= by_itself):
        return following
    current = (one.cycle for one in book.packages if one.package == fee.package and one.cycle.begin == fee.day)
    return next((span.end for span in current), by_itself)


def _id(line: Line) -> str:
    return line.package.partition("@")[0]
