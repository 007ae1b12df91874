"""What becomes of an account's packages as days pass and calls are made: pure steps from balances to balances.

Each step gives the balances after it and postings, which say in words what was owed, granted or forfeited.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import add
from typing import Literal

from services.domain import money
from services.domain.adding_up import PricedLeg, PricedRun
from services.domain.charge import Drawn
from services.domain.cycle import Span, cycle
from services.domain.package import Package
from services.domain.rating import Priced
from services.domain.region import Region
from services.domain.rules import Who

_MINUTE = 60


class Terms:
    """A version of a package document, made ready for many calls."""

    def __init__(self, package: Package, version: int) -> None:
        self.package = package
        self.name = f"{package.id}@{version}"
        self.granted = tuple(allowance.minutes * _MINUTE for allowance in package.included)
        self._who = [Who.of(allowance.type, allowance.region) for allowance in package.included]
        self.needs_places = any(who.regions is not None for who in self._who)

    def covers(self, index: int, leg: PricedLeg, home: Region | None) -> bool:
        """Whether an allowance is for such a leg."""
        legs = self.package.included[index].leg
        return (legs is None or leg.leg in legs) and self._who[index].suits(leg.party, home)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one package."""

    terms: Terms
    origin: date
    """The day that cycles count from: of the subscription, or of the last early renewal."""
    cycle: Span
    month: Span
    left: tuple[int, ...]
    """Seconds of each allowance."""
    usage: int = 0
    """Millionths that this month's calls have cost."""
    used: dict[str, int] = field(default_factory=dict)
    """Extra services per use, in this cycle."""
    alerted: frozenset[int] = frozenset()
    has: dict[str, int] = field(default_factory=dict)
    """How many of each extra service per cycle."""


def allowance(package: str, origin: date, begin: date, index: int) -> str:
    """Names the minutes of one cycle: what is set aside of an old one says nothing of the next."""
    return f"{package} {origin} {begin} {index}"


NONE: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Posting:
    kind: Literal["fee", "extra", "minimum", "forfeit"]
    package: str
    """``id@version``."""
    day: date
    amount: int
    """Owed, in millionths."""
    seconds: int
    """Forfeited."""
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    package: str
    mark: int
    """Percent that are used."""
    cycle: Span
    left: int
    """Seconds."""


def subscribe(terms: Terms, day: date, has: dict[str, int] | None = None) -> tuple[Balance, list[Posting]]:
    """The first cycle, begun and paid for on ``day``."""
    return _begin(terms, day, day, has or {})


def renew(balance: Balance, day: date) -> tuple[Balance, list[Posting]]:
    """Early: a cycle begins anew on ``day``, on which the balance stands; what was left is forfeited."""
    forfeited = list(_forfeit(balance, day))
    begun, paid = _begin(balance.terms, day, day, balance.has)
    return begun, [*forfeited, *paid]


def advance(balance: Balance, day: date) -> tuple[Balance | None, list[Posting]]:
    """To ``day``, through all that ends before: None when the package has ended and does not renew itself."""
    postings: list[Posting] = []
    now: Balance = balance
    while day >= now.month.end:
        end = now.month.end
        postings += _minimum(now, end)
        if end >= now.cycle.end:
            postings += _forfeit(now, end)
            if not now.terms.package.cycle.renews:
                return None, postings
            now, paid = _begin(now.terms, now.origin, end, now.has)
            postings += paid
        else:
            now = replace(now, month=_month(now, end), usage=0)
    return now, postings


def draw(
    balances: Sequence[Balance], priced: Priced, home: Region | None, aside: Mapping[str, int] = NONE
) -> tuple[Priced, list[Balance]]:
    """The call with what packages cover of it, and the balances without that, in their order.

    An increment is covered as a whole by one allowance or is paid: no increment is cut. ``aside``: seconds by
    ``allowance`` that are kept for other calls.
    """
    left = [_free(balance, aside) for balance in balances]
    kept = [
        [had - free for had, free in zip(one.left, rest, strict=True)] for one, rest in zip(balances, left, strict=True)
    ]
    order = sorted(range(len(balances)), key=lambda index: _rank(balances[index]))
    legs = tuple(_covered(leg, balances, left, order, home) for leg in priced.legs)
    after = [
        replace(balance, left=tuple(map(add, rest, others)))
        for balance, rest, others in zip(balances, left, kept, strict=True)
    ]
    return replace(priced, legs=legs), after


def _free(balance: Balance, aside: Mapping[str, int]) -> list[int]:
    names = (allowance(balance.terms.name, balance.origin, balance.cycle.begin, i) for i in range(len(balance.left)))
    return [max(0, had - aside.get(name, 0)) for name, had in zip(names, balance.left, strict=True)]


def spend(balance: Balance, amount: int) -> Balance:
    """Counts what a call has cost in money towards the month's minimum; negative: what it turned out to cost less."""
    return replace(balance, usage=max(0, balance.usage + amount))


def use(balance: Balance, extra: str, count: int, day: date) -> tuple[Balance, Posting]:
    """An extra service per use; KeyError when the package has none of this name."""
    offered = balance.terms.package.extras[extra]
    before = balance.used.get(extra, 0)
    paid = max(0, before + count - offered.included) - max(0, before - offered.included)
    amount = paid * money.micros(offered.price)
    text = f"{extra}: {count} used, {count - paid} included, {paid} x {money.text(money.micros(offered.price))}"
    used = balance.used | {extra: before + count}
    return replace(balance, used=used), Posting("extra", balance.terms.name, day, amount, 0, text)


def use_all(balances: Sequence[Balance], uses: Mapping[str, int], day: date) -> tuple[list[Balance], list[Posting]]:
    """A call's uses of extra services: those that packages include first, the rest by the one that is drawn from first.

    What no package names costs nothing.
    """
    now, postings = list(balances), list[Posting]()
    order = sorted(range(len(now)), key=lambda index: _rank(now[index]))
    for extra, count in sorted(uses.items()):
        offering = [index for index in order if _is_paid_per_use(now[index], extra)]
        for index, share in _shares(now, offering, extra, count):
            now[index], posting = use(now[index], extra, share, day)
            postings.append(posting)
    return now, postings


def alert(balance: Balance) -> tuple[Balance, list[Alert]]:
    """The marks that the use has reached and nobody was told of in this cycle."""
    granted, left = sum(balance.terms.granted), sum(balance.left)
    reached = {mark for mark in balance.terms.package.alerts if (granted - left) * 100 >= mark * granted}
    new = sorted(reached - balance.alerted)
    alerts = [Alert(balance.terms.name, mark, balance.cycle, left) for mark in new]
    return replace(balance, alerted=balance.alerted | reached), alerts


def _rank(balance: Balance) -> tuple[int, date, str]:
    return -balance.terms.package.priority, balance.cycle.end, balance.terms.name


def _is_paid_per_use(balance: Balance, extra: str) -> bool:
    offered = balance.terms.package.extras.get(extra)
    return offered is not None and offered.per == "use"


def _shares(balances: Sequence[Balance], offering: list[int], extra: str, count: int) -> Iterator[tuple[int, int]]:
    """Which balance takes how many of the uses."""
    free = {index: _included(balances[index], extra) for index in offering}
    for index in offering:
        rest = max(0, count - sum(free.values())) if index == offering[0] else 0
        share = min(free[index], count)
        count -= share
        if share + rest:
            yield index, share + rest


def _included(balance: Balance, extra: str) -> int:
    """Uses that are included and left in this cycle."""
    return max(0, balance.terms.package.extras[extra].included - balance.used.get(extra, 0))


def _covered(  # a leg is covered out of what all packages have left
    leg: PricedLeg, balances: Sequence[Balance], left: list[list[int]], order: list[int], home: Region | None
) -> PricedLeg:
    sources = [
        (balances[index].terms.name, left[index], number)
        for index in order
        for number in range(len(left[index]))
        if balances[index].terms.covers(number, leg, home)
    ]
    return replace(leg, runs=tuple(_drawn(run, sources) for run in leg.runs)) if sources else leg


def _drawn(run: PricedRun, sources: list[tuple[str, list[int], int]]) -> PricedRun:
    if not run.run.pricing.rate:
        return run  # what is free takes no minutes
    increment, wanted = run.run.pricing.increment, run.run.quantity
    parts: dict[str, int] = {}
    for name, left, number in sources:
        taken = min(wanted, left[number] // increment)
        if taken:
            left[number] -= taken * increment
            wanted -= taken
            parts[name] = parts.get(name, 0) + taken
    drawn = (Drawn(package=name, quantity=count, seconds=count * increment) for name, count in parts.items())
    return replace(run, drawn=tuple(drawn))


def _begin(terms: Terms, origin: date, day: date, has: dict[str, int]) -> tuple[Balance, list[Posting]]:
    rule = terms.package.cycle
    span = cycle(origin, day, rule.months, rule.anchor)
    balance = Balance(terms, origin, span, cycle(origin, day, 1, rule.anchor), terms.granted, has=has)
    fee = money.micros(terms.package.fee)
    text = f"{span.begin} to {span.end}, {sum(terms.granted) // _MINUTE} minutes"
    return balance, [Posting("fee", terms.name, day, fee, 0, text), *_per_cycle(balance, day)]


def _per_cycle(balance: Balance, day: date) -> Iterator[Posting]:
    for name, count in sorted(balance.has.items()):
        extra = balance.terms.package.extras[name]
        paid = max(0, count - extra.included)
        if extra.per == "cycle" and paid:
            price = money.micros(extra.price)
            text = f"{name}: {count} had, {count - paid} included, {paid} x {money.text(price)}"
            yield Posting("extra", balance.terms.name, day, paid * price, 0, text)


def _month(balance: Balance, day: date) -> Span:
    return cycle(balance.origin, day, 1, balance.terms.package.cycle.anchor)


def _minimum(balance: Balance, day: date) -> Iterator[Posting]:
    """What is missing to the month's least, at the month's end."""
    minimum = balance.terms.package.minimum
    if minimum is None or not balance.month.whole:
        return
    least = money.micros(minimum)
    if balance.usage < least:
        text = (
            f"{balance.month.begin} to {balance.month.end}: {money.text(least)} less {money.text(balance.usage)} used"
        )
        yield Posting("minimum", balance.terms.name, day, least - balance.usage, 0, text)


def _forfeit(balance: Balance, day: date) -> Iterator[Posting]:
    rest = sum(balance.left)
    if rest:
        text = f"{rest // _MINUTE} minutes and {rest % _MINUTE} seconds of {balance.cycle.begin} to {balance.cycle.end}"
        yield Posting("forfeit", balance.terms.name, day, 0, rest, text)
