"""The books of a batch's accounts, each read once and carried on from call to call."""

from dataclasses import dataclass, replace
from functools import lru_cache

from pydantic import ValidationError

from services.billing.library import Library
from services.domain import book, clock
from services.domain.book import Agreed, Book, Step
from services.domain.documents import Account
from services.domain.messages import Message
from services.domain.notices import usage_alert
from services.domain.package import Package
from services.domain.packages import Terms
from services.domain.rating import CHINA_TIME, Home, Rater
from services.domain.record import Record
from services.domain.reservation import Hold, total
from services.domain.usage import UnratableError, usage_of
from services.store import books, outbox, reservations
from services.store.books import Change
from services.store.documents import Versioned
from services.store.ledger import Entry

PACKAGES = 1000
"""Kept ready for as long as their documents stand unchanged."""


async def known_packages(library: Library, owner: Account, now: Book) -> tuple[dict[str, Terms], Agreed]:
    """The packages that the book and the account's document speak of, and the latter. Raises UnratableError."""
    agreed = [(one, _terms(await library.get(Package, one.package))) for one in owner.packages]
    versions = [kept.package.rpartition("@") for kept in now.packages]
    known = [_terms(await library.get(Package, name, int(version))) for name, _, version in versions]
    return {terms.name: terms for terms in (*known, *(terms for _, terms in agreed))}, agreed


@lru_cache(maxsize=PACKAGES)
def _terms(found: Versioned[Package]) -> Terms:
    return Terms(found.document, found.version)


@dataclass
class OpenBook:
    """An account's book as it will be once the calls so far are committed."""

    owner: Account
    book: Book
    state: str
    reserved: dict[str, Hold]
    """What its running calls have set aside, by call."""
    shelf: dict[str, Terms]
    agreed: Agreed

    @classmethod
    async def of(cls, owner: Account, row: reservations.Row, library: Library) -> "OpenBook":
        """Raises UnratableError."""
        try:
            stored, reserved = reservations.opened(row)
        except ValidationError as error:
            raise UnratableError(
                f"the book of account {owner.id!r} cannot be read: {error.errors()[0]['msg']}"
            ) from error
        known, agreed = await known_packages(library, owner, stored.book)
        return cls(owner, stored.book, stored.state, reserved, known, agreed)

    @property
    def needs_places(self) -> bool:
        return any(terms.needs_places for terms in self.shelf.values())

    def enter(self, record: Record, rater: Rater, home: Home, at: int | None = None) -> Entry:
        """The call, priced, with its step; the next call begins from there. Raises UnratableError.

        ``at``: when it got its price, where that was not at its end; it is then of the cycles of that day.

        Of a call that was committed before nothing is written, nor of those after it: they are tried again without it.
        Minutes that calls still running have reserved are not drawn.
        """
        day = clock.moment(record.ended if at is None else at, home.zone).day
        self.reserved.pop(record.call_id, None)
        aside = total(self.reserved.values()).seconds
        step = book.call(self.book, self.shelf, self.agreed, rater, usage_of(record), home, day, aside)
        was, self.book, self.state = self.state, step.book, books.new_state()
        commands = (*books.written(self.owner.id, step, self.state), *map(outbox.added, self._told(record, step)))
        return Entry(replace(record, charge=step.charge), along=commands, number=step.book.number, state=was)

    def correct(self, amount: int, ended: int, at: int) -> Change:
        """A call that ended then costs so many millionths more, as was found out at ``at``."""
        days = (clock.moment(when, CHINA_TIME).day for when in (ended, at))
        step = book.correct(self.book, self.shelf, self.agreed, amount, *days)
        was, self.book, self.state = self.state, step.book, books.new_state()
        return Change(step.book.number, was, tuple(books.written(self.owner.id, step, self.state)))

    def _told(self, record: Record, step: Step) -> list[Message]:
        if self.owner.notify is None:
            return []
        return [usage_alert(self.owner, alert, record) for alert in step.alerts]
