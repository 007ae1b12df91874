"""Rates call after call by documents that are all in memory, and keeps what the accounts' packages have left."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from services.domain import account, clock
from services.domain.calendar import CHINA, Calendar
from services.domain.charge import Charge
from services.domain.documents import Account, Document, Hotline, Subscription
from services.domain.package import Package
from services.domain.packages import Alert, Balance, Posting, Terms, subscribe
from services.domain.rating import Home, Rater
from services.domain.region import Numbering
from services.domain.tariff import Tariff
from services.domain.usage import Served, UnratableError

D = TypeVar("D", Account, Calendar, Hotline, Numbering, Package, Tariff)
_VERSION = 0
"""Of documents in files: the store has not numbered them."""


class Office:
    def __init__(self, documents: Sequence[Document], tariff: str | None, packages: Sequence[str]) -> None:
        self._documents: dict[tuple[str, str], Document] = {
            (document.kind, document.id): document for document in documents
        }
        self._tariff = tariff
        self._packages = packages
        self._raters: dict[str, Rater] = {}
        self._coming: dict[str, list[Subscription]] = {}
        """By account: packages whose day has not come yet."""
        self._balances: dict[str, tuple[Balance, ...]] = {}
        self.postings: list[Posting] = []
        self.alerts: list[Alert] = []

    @property
    def balances(self) -> list[Balance]:
        return [balance for some in self._balances.values() for balance in some]

    def rate(self, call: Served) -> Charge:
        """Raises UnratableError."""
        hotline = self._known(Hotline, call.hotline)
        home = Home() if hotline is None else Home.of(hotline)
        owner = self._owner(call, hotline)
        name = "" if owner is None else owner.id
        day = clock.moment(call.ended, home.zone).day
        if name not in self._coming:
            self._coming[name] = self._agreed(owner, clock.moment(call.started, home.zone).day)
        self._subscribe(name, day)
        outcome = account.call(self._balances[name], self._rater(owner, call), call.usage, home, day)
        self._balances[name] = outcome.balances
        self.postings += outcome.postings
        self.alerts += outcome.alerts
        return outcome.charge

    def finish(self, until: date) -> None:
        """Lets the days pass until then."""
        for name in self._coming:
            self._subscribe(name, until)
            current, postings = account.advanced(self._balances[name], until)
            self._balances[name] = tuple(current)
            self.postings += postings

    def _rater(self, owner: Account | None, call: Served) -> Rater:
        name = self._tariff or (None if owner is None else owner.tariff)
        if name is None:
            raise UnratableError(f"{self._missing(call)}; add it, or say --tariff")
        if name not in self._raters:
            tariff = self._get(Tariff, name)
            self._raters[name] = Rater(
                tariff,
                _VERSION,
                calendar=CHINA if tariff.calendar is None else self._get(Calendar, tariff.calendar),
                numbering=None if tariff.numbering is None else self._get(Numbering, tariff.numbering),
                places=any(Terms(found, _VERSION).needs_places for found in self._all(Package)),
            )
        return self._raters[name]

    def _missing(self, call: Served) -> str:
        """What keeps it from being known who owes for the call."""
        hotline = self._known(Hotline, call.hotline)
        if hotline is None:
            return f"hotline: {call.hotline!r}: no document of this hotline"
        return f"account: {hotline.account!r}: no document of this account, which hotline {hotline.number} belongs to"

    def _owner(self, call: Served, hotline: Hotline | None) -> Account | None:
        if call.account is not None:
            return self._get(Account, call.account) if self._tariff is None else self._known(Account, call.account)
        return None if hotline is None else self._known(Account, hotline.account)

    def _agreed(self, owner: Account | None, first: date) -> list[Subscription]:
        if self._packages:
            return [Subscription(package=name, since=first) for name in self._packages]
        return [] if owner is None else list(owner.packages)

    def _subscribe(self, name: str, day: date) -> None:
        begun = [one for one in self._coming[name] if one.since <= day]
        self._coming[name] = [one for one in self._coming[name] if one.since > day]
        balances = self._balances.get(name, ())
        for one in begun:
            balance, postings = subscribe(Terms(self._get(Package, one.package), _VERSION), one.since, one.extras)
            balances = (*balances, balance)
            self.postings += postings
        self._balances[name] = balances

    def _all(self, kind: type[D]) -> list[D]:
        return [document for document in self._documents.values() if isinstance(document, kind)]

    def _known(self, kind: type[D], name: str) -> D | None:
        found = self._documents.get((kind.__name__.lower(), name))
        return found if isinstance(found, kind) else None

    def _get(self, kind: type[D], name: str) -> D:
        found = self._known(kind, name)
        if found is None:
            raise UnratableError(f"there is no {kind.__name__.lower()} {name!r} among the documents")
        return found
