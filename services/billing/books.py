"""The books of a batch's accounts, each read once and carried on from call to call."""

from dataclasses import dataclass, replace

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain import book, clock
from services.domain.book import Agreed, Book, Step
from services.domain.documents import Account
from services.domain.messages import Message
from services.domain.notices import usage_alert
from services.domain.packages import Terms
from services.domain.rating import Home, Rater
from services.domain.record import Record
from services.domain.usage import UnratableError, usage_of
from services.store import books, outbox, shelf
from services.store.ledger import Entry


@dataclass
class OpenBook:
    """An account's book as it will be once the calls so far are committed."""

    owner: Account
    book: Book
    state: str
    shelf: dict[str, Terms]
    agreed: Agreed

    @classmethod
    async def read(cls, redis: Redis, owner: Account) -> "OpenBook":
        """Raises UnratableError."""
        try:
            stored = await books.get(redis, owner.id)
            agreed = await shelf.agreed(redis, owner)
            known = await shelf.shelf(redis, stored.book)
        except shelf.MissingError as error:
            raise UnratableError(str(error)) from error
        except ValidationError as error:
            raise UnratableError(
                f"the book of account {owner.id!r} cannot be read: {error.errors()[0]['msg']}"
            ) from error
        known |= {terms.name: terms for _, terms in agreed}
        return cls(owner, stored.book, stored.state, known, agreed)

    @property
    def needs_places(self) -> bool:
        return any(terms.needs_places for terms in self.shelf.values())

    def enter(self, record: Record, rater: Rater, home: Home) -> Entry:
        """The call, priced, with its step; the next call begins from there. Raises UnratableError.

        Of a call that was committed before nothing is written, nor of those after it: they are tried again without it.
        """
        day = clock.moment(record.ended, home.zone).day
        step = book.call(self.book, self.shelf, self.agreed, rater, usage_of(record), home, day)
        was, self.book, self.state = self.state, step.book, books.new_state()
        commands = (*books.written(self.owner.id, step, self.state), *map(outbox.added, self._told(record, step)))
        return Entry(replace(record, charge=step.charge), along=commands, number=step.book.number, state=was)

    def _told(self, record: Record, step: Step) -> list[Message]:
        if self.owner.notify is None:
            return []
        return [usage_alert(self.owner, alert, record) for alert in step.alerts]
