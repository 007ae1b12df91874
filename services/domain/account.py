"""A call of an account: packages first, money for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.domain import money, packages
from services.domain.charge import Charge
from services.domain.packages import Alert, Balance, Posting
from services.domain.rating import Home, Rater
from services.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    charge: Charge
    balances: tuple[Balance, ...]
    postings: tuple[Posting, ...]
    """Of the days that have passed until the call, and of the extra services that it used."""
    alerts: tuple[Alert, ...]


def call(  # noqa: PLR0913, PLR0917  # a call is all of this
    balances: Sequence[Balance],
    rater: Rater,
    usage: Usage,
    home: Home,
    day: date,
    aside: Mapping[str, int] = packages.NONE,
) -> Outcome:
    """``day`` is that of the call's end: a cycle that has ended by then has ended for the call too.

    ``aside``: as ``packages.draw`` takes it. Raises UnratableError.
    """
    priced = rater.price(usage, home)
    current, postings = advanced(balances, day)
    covered, drawn = packages.draw(current, priced, home.city, aside)
    charge = rater.charge(covered)
    cost = money.micros(Decimal(charge.total))
    drawn, used = packages.use_all(drawn, usage.uses, day)
    told = [packages.alert(packages.spend(balance, cost)) for balance in drawn]
    alerts = tuple(alert for _, alerts in told for alert in alerts)
    return Outcome(charge, tuple(balance for balance, _ in told), (*postings, *used), alerts)


def advanced(balances: Sequence[Balance], day: date) -> tuple[list[Balance], list[Posting]]:
    """All packages as they stand on ``day``, without those that have ended."""
    current: list[Balance] = []
    postings: list[Posting] = []
    for balance in balances:
        now, posted = packages.advance(balance, day)
        postings += posted
        if now is not None:
            current.append(now)
    return current, postings
