"""What a call costs by a tariff: which legs are billed from when, and which rules price their increments."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from zoneinfo import ZoneInfo

from services.domain import clock, money
from services.domain.adding_up import PricedLeg, PricedRun, add_up
from services.domain.calendar import CHINA, Calendar
from services.domain.charge import CallerShare, Charge, ChargedLeg
from services.domain.documents import Hotline
from services.domain.numbers import to_e164
from services.domain.region import Numbering, Party, Region, party, region_named
from services.domain.rules import Rules, Setting
from services.domain.tariff import Leg, Tariff
from services.domain.usage import UnratableError, Usage

CHINA_TIME = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a hotline is at home: the time its rules mean, and the city that is ``home_city``."""

    zone: ZoneInfo = CHINA_TIME
    city: Region | None = None

    @classmethod
    def of(cls, hotline: Hotline) -> "Home":
        return cls(ZoneInfo(hotline.timezone), None if hotline.city is None else region_named(hotline.city))


@dataclass(frozen=True, slots=True)
class Priced:
    """A call's legs with their prices, before packages have covered any of it."""

    legs: tuple[PricedLeg, ...]
    caller: Party
    caller_share: PricedLeg | None


class Rater:
    """A tariff made ready for many calls. ``places``: have numbers' places looked up even if no rule asks for them."""

    def __init__(
        self,
        tariff: Tariff,
        version: int,
        *,
        calendar: Calendar = CHINA,
        numbering: Numbering | None = None,
        places: bool = False,
    ) -> None:
        self.tariff = tariff
        self.version = version
        self._calendar = calendar
        self._numbering = numbering
        self._legs = [(prices, {name: _Ready(name, leg) for name, leg in prices.legs()}) for prices in tariff.prices]
        self.places = places or any(leg.rules.needs_places for _, legs in self._legs for leg in legs.values())

    def rate(self, usage: Usage, home: Home) -> Charge:
        """Raises UnratableError."""
        return self.charge(self.price(usage, home))

    def price(self, usage: Usage, home: Home) -> Priced:
        """Raises UnratableError."""
        setting = Setting(home.zone, home.city, self._calendar)
        caller = self._party(usage.caller, usage.caller_e164)
        begin = usage.answered if self.tariff.bill_from == "platform" else usage.agent_answered
        legs = [self._price("inbound", caller, begin, usage.ended, setting)]
        for out in usage.outbound:
            there = self._party(out.number, to_e164(out.number))
            legs.append(self._price("outbound", there, out.answered, out.ended, setting, out.agent or None))
        share = self._price("caller_share", caller, usage.answered, usage.ended, setting)
        return Priced(tuple(leg for leg in legs if leg is not None), caller, share)

    def charge(self, priced: Priced) -> Charge:
        name = f"{self.tariff.id}@{self.version}"
        owed = add_up(priced.legs, name, self.tariff.rounding)
        return Charge(
            tariff=self.tariff.id,
            version=self.version,
            currency=self.tariff.currency,
            total=money.text(owed.total),
            segments=owed.segments,
            adjustments=owed.adjustments,
            caller_type=priced.caller.type,
            caller_region=None if priced.caller.region is None else str(priced.caller.region),
            caller_share=self._share(priced.caller_share, name),
            notes=tuple(_notes(priced)),
        )

    def _share(self, leg: PricedLeg | None, name: str) -> CallerShare | None:
        if leg is None:
            return None
        share = add_up([leg], name, self.tariff.rounding)
        return CallerShare(
            collected_by="caller_operator",
            total=money.text(share.total),
            segments=share.segments,
            adjustments=share.adjustments,
        )

    def _party(self, number: str | None, e164: str | None) -> Party:
        return party(number, e164, self._numbering, places=self.places)

    def _price(  # noqa: PLR0913, PLR0917  # a leg is all of this
        self, name: ChargedLeg, there: Party, begin: int | None, end: int, setting: Setting, agent: str | None = None
    ) -> PricedLeg | None:
        if begin is None:
            return None
        first_day = clock.moment(begin, setting.zone).day
        prices = self.tariff.prices_at(first_day)
        if prices is None:
            raise UnratableError(f"tariff {self.tariff.id!r} has no prices for {first_day}")
        ready = next(legs for valid, legs in self._legs if valid is prices).get(name)
        return None if ready is None else ready.price(there, begin, end, setting, agent)


class _Ready:
    """One leg of a tariff's prices."""

    def __init__(self, name: ChargedLeg, leg: Leg) -> None:
        self.rules = Rules(leg)
        self._name = name
        self._free_ms = leg.free_seconds * 1000
        self._minimum = money.micros(leg.minimum)
        self._maximum = None if leg.maximum is None else money.micros(leg.maximum)

    def price(self, there: Party, begin: int, end: int, setting: Setting, agent: str | None) -> PricedLeg | None:
        """None when there is nothing to bill."""
        begin += self._free_ms
        if begin >= end:
            return None
        candidates = self.rules.candidates(there, setting.home)
        first, *more = candidates.runs(begin, end, setting)
        connect = candidates.at(begin, setting).connect
        return PricedLeg(
            leg=self._name,
            party=there,
            runs=(PricedRun(first, connect), *map(PricedRun, more)),
            minimum=self._minimum,
            maximum=self._maximum,
            agent=agent,
            unpublished=candidates.unpublished(begin, end, setting),
        )


def _notes(priced: Priced) -> Iterator[str]:
    legs = priced.legs if priced.caller_share is None else (*priced.legs, priced.caller_share)
    for year in sorted(set(chain.from_iterable(leg.unpublished for leg in legs))):
        yield f"the holidays of {year} are not known: its days went by the weekday"
