"""``hotline rate``: what calls would have cost."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from services.cli.terminal import Refused, out
from services.domain import account, callfile, clock, money
from services.domain.calendar import CHINA, Calendar
from services.domain.callfile import Line
from services.domain.documents import Account, Document, Hotline, Subscription
from services.domain.explain import explained
from services.domain.package import Package
from services.domain.packages import Alert, Balance, Posting, Terms, subscribe
from services.domain.rating import Home, Rater
from services.domain.record import Charge, charge_fields, to_rfc3339
from services.domain.region import Numbering
from services.domain.tariff import Tariff
from services.domain.usage import UnratableError

D = TypeVar("D", Account, Calendar, Hotline, Numbering, Package, Tariff)
_VERSION = 0
"""Of documents in files: the store has not numbered them."""


class Office:
    """Rates call after call, and keeps what the accounts' packages have left."""

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

    def rate(self, line: Line) -> Charge:
        """Raises UnratableError."""
        hotline = self._known(Hotline, line.call.hotline)
        home = Home() if hotline is None else Home.of(hotline)
        owner = None if hotline is None else self._known(Account, hotline.account)
        name = "" if owner is None else owner.id
        day = clock.moment(line.call.ended, home.zone).day
        if name not in self._coming:
            self._coming[name] = self._agreed(owner, clock.moment(line.call.started, home.zone).day)
        self._subscribe(name, day)
        outcome = account.call(self._balances[name], self._rater(owner, line), line.usage, home, day)
        self._balances[name] = outcome.balances
        self.postings += outcome.postings
        self.alerts += outcome.alerts
        return outcome.charge

    def finish(self, until: date) -> None:
        """Lets the days pass until then."""
        for name in self._coming:
            self._subscribe(name, until)
            self.postings += account.advanced(self._balances[name], until)[1]

    def _rater(self, owner: Account | None, line: Line) -> Rater:
        name = self._tariff or (None if owner is None else owner.tariff)
        if name is None:
            raise UnratableError(
                f"hotline: {line.call.hotline!r}: no document of this hotline; add it, or say --tariff"
            )
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


def rate(  # noqa: PLR0913  # what the options say
    documents: Sequence[Document],
    calls: Path,
    *,
    tariff: str | None,
    packages: Sequence[str],
    until: date | None,
    as_json: bool,
) -> None:
    """Prints every call's charge, in the order of their ends, then all postings and the sum; refuses after the rest."""
    known = {(document.kind, document.id) for document in documents}
    for kind, name in [("tariff", tariff)] * (tariff is not None) + [("package", name) for name in packages]:
        if (kind, name) not in known:
            raise Refused(f"--{kind} {name!r}: there is no {kind} of this id among the documents")
    office = Office(documents, tariff, packages)
    lines, problems = _read(calls)
    total, rated = 0, 0
    for line in sorted(lines, key=lambda line: line.call.ended):
        try:
            charge = office.rate(line)
        except UnratableError as error:
            problems.append((line.number, str(error)))
            continue
        rated += 1
        total += money.micros(Decimal(charge.total))
        _print_charge(line, charge, as_json=as_json)
    if until is not None:
        office.finish(until)
    _print_sum(rated, total, office, as_json=as_json)
    if problems:
        raise Refused(*(f"{calls}:{number}: {sentence}" for number, sentence in sorted(problems)))


def _read(calls: Path) -> tuple[list[Line], list[tuple[int, str]]]:
    lines: list[Line] = []
    problems: list[tuple[int, str]] = []
    try:
        with calls.open(encoding="utf-8") as file:
            for item in callfile.read(file):
                if isinstance(item, Line):
                    lines.append(item)
                else:
                    problems.append(item)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{calls}: {error}") from error
    return lines, problems


def _print_charge(line: Line, charge: Charge, *, as_json: bool) -> None:
    if as_json:
        _print_json({"line": line.number, "hotline": line.call.hotline, "charge": charge_fields(charge)})
        return
    who = " ".join(filter(None, (line.call.caller or "-", charge.caller_type, charge.caller_region)))
    out.print(f"line {line.number}: {to_rfc3339(line.call.started)} {who}: {charge.total} {charge.currency}")
    for sentence in explained(charge):
        out.print(f"    {sentence}", markup=False)


def _print_sum(rated: int, total: int, office: Office, *, as_json: bool) -> None:
    for posting in office.postings:
        if as_json:
            _print_json({"posting": asdict(posting) | {"day": str(posting.day), "amount": money.text(posting.amount)}})
        else:
            out.print(f"{posting.day} {posting.package} {posting.kind}, {posting.text}: {money.text(posting.amount)}")
    for alert in office.alerts:
        if as_json:
            _print_json({"alert": {"package": alert.package, "mark": alert.mark, "left": alert.left}})
        else:
            out.print(f"{alert.package}: {alert.mark} % are used, {alert.left // 60} minutes are left")
    owed = total + sum(posting.amount for posting in office.postings)
    if as_json:
        _print_json({"calls": rated, "calls_total": money.text(total), "total": money.text(owed)})
    else:
        out.print(f"{rated} calls: {money.text(total)}; with packages: {money.text(owed)}")


def _print_json(fields: object) -> None:
    out.print(json.dumps(fields, ensure_ascii=False), markup=False)
