"""A leg's rules, made ready to price many calls, and the runs of increments that they price.

Increments follow one another without a gap from the leg's begin. Which rule and which step one belongs to is decided
where it begins; so a change of day or hours within it changes nothing, and the next one belongs to what holds then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.domain import clock, money
from services.domain.calendar import CHINA, Calendar, DayKind, day
from services.domain.divisions import divided
from services.domain.region import NumberType, Party, Region
from services.domain.tariff import HOME, NOWHERE, RELATIVE, Leg, Rule, When

Pieces = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a hotline's rules are read by."""

    zone: ZoneInfo
    home: Region | None = None
    """Where it is at home."""
    calendar: Calendar = CHINA


@dataclass(frozen=True, slots=True)
class Pricing:
    """One step of one rule: ``rate`` millionths for ``per`` seconds."""

    rule: str
    begin: int
    """Second of the leg that it counts from."""
    rate: int
    per: int
    increment: int

    def price(self, increments: int, connect: int) -> tuple[int, int]:
        """Exactly, with the connection fee: numerator and denominator of millionths."""
        return connect * self.per + self.rate * increments * self.increment, self.per


@dataclass(frozen=True, slots=True)
class Run:
    """Increments one after the other with one price."""

    begin: int
    end: int
    """Milliseconds since 1970; the leg's end when the last increment reaches beyond it."""
    pricing: Pricing
    quantity: int


@dataclass(frozen=True, slots=True)
class Who:
    """Conditions on the other end of a leg, as sets; None where there are none."""

    types: frozenset[str] | None
    regions: frozenset[tuple[str, str | None]] | None
    """Provinces, and cities of provinces."""
    home: bool
    unknown: bool

    @classmethod
    def of(cls, types: Sequence[NumberType] | None, places: Sequence[str] | None) -> "Who":
        named = None if places is None else frozenset(divided(place) for place in places if place not in RELATIVE)
        return cls(
            types=None if types is None else frozenset(types),
            regions=named,
            home=places is not None and HOME in places,
            unknown=places is not None and NOWHERE in places,
        )

    def suits(self, party: Party, home: Region | None) -> bool:
        return (self.types is None or party.type in self.types) and self._suits_region(party.region, home)

    def _suits_region(self, region: Region | None, home: Region | None) -> bool:
        if self.regions is None:
            return True
        if region is None:
            return self.unknown
        if self.home and home is not None and home.province == region.province and home.cities & region.cities:
            return True
        province = region.province
        return (province, None) in self.regions or any((province, city) in self.regions for city in region.cities)


@dataclass(frozen=True, slots=True)
class Ready:
    """A rule made ready; None where it has no condition."""

    name: str
    who: Who
    days: frozenset[DayKind] | None
    minutes: Pieces | None
    connect: int
    steps: tuple[Pricing, ...]

    @property
    def timeless(self) -> bool:
        return self.days is None and self.minutes is None

    def holds(self, kind: DayKind | None, minute: int) -> bool:
        return (self.days is None or kind in self.days) and (
            self.minutes is None or any(begin <= minute < end for begin, end in self.minutes)
        )


class Rules:
    def __init__(self, leg: Leg) -> None:
        self.rules = tuple(_ready(rule) for rule in leg.rules)
        self.candidates = lru_cache(maxsize=10_000)(self._candidates)
        self.needs_places = any(rule.who.regions is not None for rule in self.rules)

    def _candidates(self, party: Party, home: Region | None) -> "Candidates":
        found = []
        for rule in self.rules:
            if rule.who.suits(party, home):
                found.append(rule)
                if rule.timeless:
                    break
        return Candidates(tuple(found))


class Candidates:
    """The rules that the time decides among, for one party."""

    def __init__(self, rules: tuple[Ready, ...]) -> None:
        self.rules = rules
        self.by_day = any(rule.days is not None for rule in rules)
        self._cuts = clock.cuts_of(tuple(piece for rule in rules for piece in rule.minutes or ()))

    def at(self, at: int, setting: Setting) -> Ready:
        first = self.rules[0]
        if first.timeless:
            return first
        now = clock.moment(at, setting.zone)
        kind = day(now.day, setting.calendar).kind if self.by_day else None
        return next(rule for rule in self.rules if rule.holds(kind, now.minute))

    def until(self, at: int, end: int, rule: Ready, setting: Setting) -> int:
        """When ``rule``, which holds at ``at``, gives way to another; ``end`` when it does not before."""
        if self.rules[0].timeless:
            return end
        while at < end:
            at = clock.next_change(at, setting.zone, self._cuts)
            if self.at(min(at, end), setting) is not rule:
                break
        return min(at, end)

    def unpublished(self, begin: int, end: int, setting: Setting) -> tuple[int, ...]:
        """Years of which a rule asks for days that nobody has published."""
        if not self.by_day:
            return ()
        days = {clock.moment(at, setting.zone).day for at in (begin, end - 1)}
        return tuple(at.year for at in sorted(days) if not day(at, setting.calendar).published)

    def runs(self, begin: int, end: int, setting: Setting) -> Iterator[Run]:
        """All increments begun from ``begin`` on and before ``end``, which is later: one that begins at it is none."""
        pieces = self._pieces(begin, end, setting)
        run = next(pieces)
        for piece in pieces:
            if piece.pricing is run.pricing:  # another rule came and went within an increment
                run = Run(run.begin, piece.end, run.pricing, run.quantity + piece.quantity)
            else:
                yield run
                run = piece
        yield run

    def _pieces(self, begin: int, end: int, setting: Setting) -> Iterator[Run]:
        at = begin
        while at < end:
            rule = self.at(at, setting)
            until = self.until(at, end, rule, setting)
            while at < until:
                step, step_end = _step(rule.steps, (at - begin) // 1000)
                last = until if step_end is None else min(until, begin + step_end * 1000)
                quantity = -(-(last - at) // (step.increment * 1000))
                after = at + quantity * step.increment * 1000
                yield Run(at, min(after, end), step, quantity)
                at = after


def _step(steps: tuple[Pricing, ...], second: int) -> tuple[Pricing, int | None]:
    """The step in force, and the second of the leg at which the next one begins."""
    following = None
    for step in reversed(steps):
        if step.begin <= second:
            return step, following
        following = step.begin
    raise AssertionError("the first step begins at 0")


def _ready(rule: Rule) -> Ready:
    when = rule.when or When.model_construct()
    return Ready(
        name=rule.rule,
        who=Who.of(when.type, when.region),
        days=None if when.day is None else frozenset(when.day),
        minutes=None if when.hours is None else tuple(piece for text in when.hours for piece in clock.minutes_of(text)),
        connect=money.micros(rule.connect),
        steps=tuple(
            Pricing(rule.rule, step.from_, money.micros(step.rate), step.per, step.increment) for step in rule.steps
        ),
    )
