"""What the calls of an account that stand on the streams would have cost with each package on offer."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time

from pydantic import BaseModel
from redis.asyncio import Redis

from services.billing.agreements import agreements
from services.domain import money
from services.domain.comparison import Offer, compare
from services.domain.documents import Account, Document
from services.domain.package import Package
from services.domain.rating import CHINA_TIME
from services.domain.usage import Served, UnratableError, usage_of
from services.store import keys, records
from services.store.records import Own

_DAY_MS = 24 * 3600 * 1000
"""Clocks differ: a call may be on the stream before it has ended."""

Calls = list[Served]


async def written(redis: Redis, own: Own, account: str, since: date, until: date) -> tuple[Calls, list[Document]]:
    """The account's calls that ended then, rated or not, and all documents but packages that their prices ask for.

    Raises UnratableError, UnreadableError and RedisError.
    """
    begin, end = ms(since), ms(until)
    found: Calls = []
    for source in (own, records.own(redis, account, stream=keys.UNRATED_STREAM)):
        async for one in source(max(0, begin - _DAY_MS)):
            call = one.record
            if begin <= call.ended < end:
                found.append(Served(call.hotline, account, call.started, call.ended, usage_of(call)))
    return found, await agreements(redis, account, {call.hotline for call in found})


def compared(  # noqa: PLR0913, PLR0917  # what is compared
    account: str,
    documents: Sequence[Document],
    packages: Sequence[Package],
    calls: Sequence[Served],
    since: date,
    until: date,
    rated: Callable[[], None],
) -> list[Offer]:
    """``rated`` is told of each call with each package, and with none. Takes its time. Raises UnratableError."""
    owner = next((one for one in documents if isinstance(one, Account) and one.id == account), None)
    if owner is None:
        raise UnratableError(f"account {account!r}: there is no document of it")
    in_order = sorted(calls, key=lambda one: one.ended)
    return compare(documents, owner, packages, in_order, since, until, rated)


class OfferFields(BaseModel):
    """Amounts are text, exact."""

    package: str | None
    """None: no package, every call by the tariff."""
    name: str
    fee: str
    overage: str
    """What calls cost that no minutes covered."""
    extras: str
    minimum: str
    total: str
    forfeited_seconds: int
    left_seconds: int
    not_offered: list[str]
    cheapest: bool


def fields(found: Sequence[Offer]) -> list[OfferFields]:
    least = min(offer.total for offer in found)
    return [
        OfferFields(
            package=offer.package,
            name=offer.name,
            fee=money.text(offer.fee),
            overage=money.text(offer.overage),
            extras=money.text(offer.extras),
            minimum=money.text(offer.minimum),
            total=money.text(offer.total),
            forfeited_seconds=offer.forfeited,
            left_seconds=offer.left,
            not_offered=list(offer.not_offered),
            cheapest=offer.total == least,
        )
        for offer in found
    ]


def ms(day: date) -> int:
    """Milliseconds since 1970, when it begins in China."""
    return int(datetime.combine(day, time(), CHINA_TIME).timestamp()) * 1000
