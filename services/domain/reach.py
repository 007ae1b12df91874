"""Which rules of a tariff no call can come to, because the rules before take all that they would take."""

from collections.abc import Iterator
from itertools import product

from services.domain.calendar import DayKind
from services.domain.clock import cells_of, cuts_of
from services.domain.divisions import CITIES
from services.domain.region import NumberType, Party, Region
from services.domain.rules import Ready, Rules
from services.domain.tariff import Leg, Tariff

DAYS: tuple[DayKind, ...] = ("working_day", "weekend", "holiday")
_HERE: tuple[NumberType, ...] = ("mobile", "fixed")
_ELSEWHERE: tuple[NumberType, ...] = ("international", "withheld", "unknown")


def problems(tariff: Tariff) -> Iterator[tuple[str, object, str]]:
    """Key, value and what was expected of each rule that is wrong."""
    for index, prices in enumerate(tariff.prices):
        for name, leg in prices.legs():
            yield from _of_leg(f"prices.{index}.{name}.rules", leg)


def _of_leg(key: str, leg: Leg) -> Iterator[tuple[str, object, str]]:
    seen: set[str] = set()
    reached = _reached(leg)
    for index, rule in enumerate(leg.rules):
        if rule.rule in seen:
            yield f"{key}.{index}.rule", rule.rule, "a rule before has this name; a charge could not tell them apart"
        elif index not in reached:
            yield f"{key}.{index}.rule", rule.rule, "no call comes to this rule: those before take all that it would"
        seen.add(rule.rule)


def _reached(leg: Leg) -> set[int]:
    """Every kind of call that the rules can tell from others is tried: who calls, on which day, in which minutes."""
    rules = Rules(leg).rules
    minutes = cells_of(cuts_of(tuple(piece for rule in rules for piece in rule.minutes or ())))
    times = list(product(DAYS, minutes))
    reached: set[int] = set()
    for party, home in _parties(rules):
        suiting = [(index, rule) for index, rule in enumerate(rules) if rule.who.suits(party, home)]
        reached |= {next(index for index, rule in suiting if rule.holds(kind, minute)) for kind, minute in times}
    return reached


def _parties(rules: tuple[Ready, ...]) -> Iterator[tuple[Party, Region | None]]:
    """With the home city that makes a difference: their own, or another."""
    yield from ((Party(kind), None) for kind in (*_HERE, *_ELSEWHERE))
    for province in sorted(CITIES):
        named = {city for rule in rules for of, city in rule.who.regions or () if of == province and city}
        others = CITIES[province] - named
        for city in sorted(named | set(sorted(others)[:1])):
            region = Region(province, frozenset({city}))
            yield from product((Party(kind, region) for kind in _HERE), (None, region))
