"""What an account's own calls of a period would have cost with each package on offer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.domain import money
from services.domain.documents import Account, Document, Subscription
from services.domain.office import Office
from services.domain.package import Package
from services.domain.packages import Posting
from services.domain.usage import Served, UnratableError


@dataclass(frozen=True, slots=True)
class Offer:
    """Amounts are millionths of the currency unit."""

    package: str | None
    """None: no package, every call by the tariff."""
    name: str
    fee: int
    overage: int
    """What calls cost that no minutes covered."""
    extras: int
    minimum: int
    """What was missing to the months' least."""
    forfeited: int
    """Seconds that cycles ended with."""
    left: int
    """Seconds of a cycle that goes on after the period."""
    not_offered: tuple[str, ...]
    """Extra services that the account has and this package does not offer."""

    @property
    def total(self) -> int:
        return self.fee + self.overage + self.extras + self.minimum


def compare(  # noqa: PLR0913, PLR0917  # what is compared
    documents: Sequence[Document],
    account: Account,
    packages: Sequence[Package],
    calls: Sequence[Served],
    since: date,
    until: date,
    rated: Callable[[], None] = lambda: None,
) -> list[Offer]:
    """No package first, then each; ``calls`` in the order of their ends, ``rated`` is told of each one's end.

    The packages begin with the period; what is owed in it, before ``until``, counts as a whole. Raises UnratableError.
    """
    has = {extra: count for one in account.packages for extra, count in one.extras.items()}
    others = [document for document in documents if document.kind != "account"]
    found = []
    for package in [None, *packages]:
        extras = {} if package is None else {extra: has[extra] for extra in has if extra in package.extras}
        agreed = [] if package is None else [Subscription(package=package.id, since=since, extras=extras)]
        office = Office([*others, *packages, account.model_copy(update={"packages": agreed})], None, [])
        overage = sum(_costs(office, calls, rated))
        office.finish(until)
        postings = [posting for posting in office.postings if _owed_in(posting, until)]
        found.append(
            Offer(
                package=None if package is None else package.id,
                name="" if package is None else package.name,
                fee=_sum(postings, "fee"),
                overage=overage,
                extras=_sum(postings, "extra"),
                minimum=_sum(postings, "minimum"),
                forfeited=sum(posting.seconds for posting in postings),
                left=sum(sum(balance.left) for balance in office.balances if balance.cycle.begin < until),
                not_offered=tuple(sorted(has.keys() - extras.keys())),
            )
        )
    return found


def _costs(office: Office, calls: Sequence[Served], rated: Callable[[], None]) -> Iterator[int]:
    for call in calls:
        try:
            yield money.micros(Decimal(office.rate(call).total))
        except UnratableError as error:
            raise UnratableError(f"hotline {call.hotline}, call that ended at {call.ended}: {error}") from error
        rated()


def _owed_in(posting: Posting, until: date) -> bool:
    """A month's minimum, and what a cycle forfeits, stand on the day after it; a fee on the day that it is for."""
    return posting.day < until or (posting.day == until and posting.kind in {"minimum", "forfeit"})


def _sum(postings: Sequence[Posting], kind: str) -> int:
    return sum(posting.amount for posting in postings if posting.kind == kind)
