"""An account's book: its money and its packages, and pure steps from one state of it to the next.

Every step that changes the book has a number, the next one, and stands on a stream: a call on ``cdr:rated``, its
correction on ``cdr:corrections``, everything else as entries of the account's own ``ledger:…``. From these the book can
be added up again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from services.domain import account, money, packages
from services.domain.charge import Charge
from services.domain.cycle import Span
from services.domain.documents import Account, Subscription
from services.domain.packages import Alert, Balance, Posting, Terms
from services.domain.rating import Home, Rater
from services.domain.usage import Usage

Shelf = Mapping[str, Terms]
"""Packages by ``id@version``."""
Agreed = Sequence[tuple[Subscription, Terms]]
"""What the account's document subscribes to, in the packages' present versions."""


@dataclass(frozen=True, slots=True)
class Kept:
    """``packages.Balance`` with its package by name."""

    package: str
    """``id@version``."""
    origin: date
    cycle: Span
    month: Span
    left: tuple[int, ...]
    usage: int
    used: dict[str, int]
    alerted: frozenset[int]
    has: dict[str, int]


@dataclass(frozen=True, slots=True)
class Book:
    number: int = 0
    """Of the last step."""
    balance: int = 0
    """Millionths: what was topped up less what is owed."""
    packages: tuple[Kept, ...] = ()
    begun: frozenset[tuple[str, date]] = frozenset()
    """Subscriptions that have been taken up, those included whose package has ended."""
    month: date | None = None
    """First day of the month, at the hotline, in which the last call ended."""
    month_cost: int = 0
    """Millionths that its calls have cost so far."""
    month_calls: int = 0
    """How many of them were answered."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the ledger."""

    number: int
    kind: Literal["top_up", "fee", "extra", "minimum", "forfeit"]
    day: date
    amount: int
    """Millionths that the balance grows by; negative: it shrinks."""
    package: str = ""
    """``id@version``."""
    seconds: int = 0
    """That the package grows by; negative: they are forfeited."""
    text: str = ""
    id: str = ""
    """Of the command that it is done by, where it was given one: no second command of this id is done."""


@dataclass(frozen=True, slots=True)
class Step:
    book: Book
    lines: tuple[Line, ...] = ()
    alerts: tuple[Alert, ...] = ()
    charge: Charge | None = None
    """Of a call."""


def allowance(kept: Kept, index: int) -> str:
    return packages.allowance(kept.package, kept.origin, kept.cycle.begin, index)


class NoPackageError(Exception):
    """Says which package the account does not have."""


def keeps_book(owner: Account) -> bool:
    """The others owe what their calls cost, and have nothing that could be drawn from, nor any limit."""
    return owner.prepaid or owner.caps is not None or bool(owner.packages)


def call(  # noqa: PLR0913, PLR0917  # a call is all of this
    book: Book,
    shelf: Shelf,
    agreed: Agreed,
    rater: Rater,
    usage: Usage,
    home: Home,
    day: date,
    aside: Mapping[str, int] = packages.NONE,
) -> Step:
    """``aside``: minutes that other calls have reserved, as ``packages.draw`` takes them. Raises UnratableError."""
    balances, begun, paid = _taken_up(book, shelf, agreed, day)
    outcome = account.call(balances, rater, usage, home, day, aside)
    step = _after(book, outcome.balances, begun, (*paid, *outcome.postings), shelf, agreed)
    cost = money.micros(Decimal(outcome.charge.total))
    after = replace(step.book, balance=step.book.balance - cost)
    return replace(
        step, book=_counted(after, cost, usage, day.replace(day=1)), alerts=outcome.alerts, charge=outcome.charge
    )


def _counted(book: Book, cost: int, usage: Usage, month: date) -> Book:
    """A call that ended in an earlier month than the last one counts for none."""
    answered = int(usage.answered is not None or usage.agent_answered is not None)
    if book.month is None or month > book.month:
        return replace(book, month=month, month_cost=cost, month_calls=answered)
    if month < book.month:
        return book
    return replace(book, month_cost=book.month_cost + cost, month_calls=book.month_calls + answered)


def settle(book: Book, shelf: Shelf, agreed: Agreed, day: date) -> Step:
    """Lets the days pass until ``day``; nothing changes unless something was owed, granted or forfeited."""
    step = on(book, shelf, agreed, day)
    return step if step.lines else Step(book)


def on(book: Book, shelf: Shelf, agreed: Agreed, day: date) -> Step:
    """The book as it stands on ``day``."""
    balances, begun, paid = _taken_up(book, shelf, agreed, day)
    current, postings = account.advanced(balances, day)
    return _after(book, current, begun, (*paid, *postings), shelf, agreed)


def renew(book: Book, shelf: Shelf, agreed: Agreed, package: str, day: date) -> Step:
    """The package's cycle begins anew on ``day``. Raises NoPackageError."""
    balances, begun, paid = _taken_up(book, shelf, agreed, day)
    current, postings = account.advanced(balances, day)
    at = next((i for i, one in enumerate(current) if one.terms.package.id == package), None)
    if at is None:
        raise NoPackageError(f"there is no package {package!r} that could be renewed on {day}")
    current[at], renewed = packages.renew(current[at], day)
    return _after(book, current, begun, (*paid, *postings, *renewed), shelf, agreed)


def correct(book: Book, shelf: Shelf, agreed: Agreed, amount: int, ended: date, day: date) -> Step:  # noqa: PLR0913, PLR0917  # what is corrected, and when
    """A call that ended on ``ended`` costs ``amount`` millionths more, or less, as was found out by ``day``.

    It counts towards minimum and caps of the month that is going on when the call was in it; months that are over stay
    as they were.
    """
    balances, begun, paid = _taken_up(book, shelf, agreed, day)
    current, postings = account.advanced(balances, day)
    counted = [packages.spend(one, amount) if one.month.begin <= ended else one for one in current]
    step = _after(book, counted, begun, (*paid, *postings), shelf, agreed)
    after = replace(step.book, balance=step.book.balance - amount)
    if book.month == ended.replace(day=1):
        after = replace(after, month_cost=max(0, book.month_cost + amount))
    return replace(step, book=after)


def top_up(book: Book, amount: int, day: date, text: str) -> Step:
    """``amount``: millionths; negative takes back."""
    number = book.number + 1
    line = Line(number, "top_up", day, amount, text=text)
    return Step(replace(book, number=number, balance=book.balance + amount), (line,))


def _taken_up(
    book: Book, shelf: Shelf, agreed: Agreed, day: date
) -> tuple[list[Balance], frozenset[tuple[str, date]], list[Posting]]:
    balances = [_balance(kept, shelf[kept.package]) for kept in book.packages]
    begun, postings = set(book.begun), list[Posting]()
    for one, terms in agreed:
        if one.since <= day and (one.package, one.since) not in begun:
            balance, paid = packages.subscribe(terms, one.since, one.extras)
            balances.append(balance)
            begun.add((one.package, one.since))
            postings += paid
    return balances, frozenset(begun), postings


def _after(  # noqa: PLR0913, PLR0917  # what a step has come to
    book: Book,
    balances: Iterable[Balance],
    begun: frozenset[tuple[str, date]],
    postings: Iterable[Posting],
    shelf: Shelf,
    agreed: Agreed,
) -> Step:
    known = {**shelf, **{terms.name: terms for _, terms in agreed}}
    number = book.number + 1
    lines = tuple(_line(number, posting, known[posting.package]) for posting in postings)
    balance = book.balance + sum(line.amount for line in lines)
    after = replace(book, number=number, balance=balance, packages=tuple(map(_kept, balances)), begun=begun)
    return Step(after, lines)


def _line(number: int, posting: Posting, terms: Terms) -> Line:
    seconds = sum(terms.granted) if posting.kind == "fee" else -posting.seconds
    return Line(number, posting.kind, posting.day, -posting.amount, posting.package, seconds, posting.text)


_SAME = ("origin", "cycle", "month", "left", "usage", "used", "alerted", "has")


def _kept(balance: Balance) -> Kept:
    return Kept(balance.terms.name, **{name: getattr(balance, name) for name in _SAME})


def _balance(kept: Kept, terms: Terms) -> Balance:
    return Balance(terms, **{name: getattr(kept, name) for name in _SAME})


@dataclass(slots=True)
class Reckoning:
    """A book added up from the streams."""

    balance: int = 0
    seconds: dict[str, int] = field(default_factory=dict)
    """Left, by package."""
    calls: list[int] = field(default_factory=list)
    """Numbers of the steps that were calls or their corrections."""
    others: set[int] = field(default_factory=set)

    def add(self, line: Line) -> None:
        self.others.add(line.number)
        self.balance += line.amount
        self._seconds(line.package, line.seconds)

    def add_call(self, number: int, charge: Charge) -> None:
        self.calls.append(number)
        self.balance -= money.micros(Decimal(charge.total))
        for segment in charge.segments:
            for drawn in segment.drawn:
                self._seconds(drawn.package, -drawn.seconds)

    def add_correction(self, number: int, amount: int) -> None:
        """``amount``: millionths that the call costs more. Minutes stay as its record has drawn them."""
        self.calls.append(number)
        self.balance -= amount

    def drift(self, book: Book) -> list[str]:
        """Each difference to the book, as a sentence."""
        found = []
        seen = self.others | set(self.calls)
        if missing := set(range(1, book.number + 1)) - seen:
            found.append(f"{len(missing)} of {book.number} steps stand on no stream, the first is {min(missing)}")
        if len(self.calls) != len(set(self.calls)):
            found.append(f"{len(self.calls) - len(set(self.calls))} steps stand on the calls' streams more than once")
        if self.balance != book.balance:
            found.append(f"balance: {money.text(book.balance)}, by the streams {money.text(self.balance)}")
        left: dict[str, int] = {}
        for kept in book.packages:
            left[kept.package] = left.get(kept.package, 0) + sum(kept.left)
        for name in sorted(left.keys() | self.seconds.keys()):
            has, ought = left.get(name, 0), self.seconds.get(name, 0)
            if has != ought:
                found.append(f"{name}: {has} seconds left, by the streams {ought}")
        return found

    def _seconds(self, package: str, seconds: int) -> None:
        if seconds:
            self.seconds[package] = self.seconds.get(package, 0) + seconds


_ADAPTER = TypeAdapter(Book)


def to_json(book: Book) -> str:
    return _ADAPTER.dump_json(book).decode()


def from_json(text: str | bytes) -> Book:
    """Raises pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)
