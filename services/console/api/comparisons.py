"""What an account's own calls would have cost with each package on offer."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.archive.own import own
from services.billing.offers import OfferFields
from services.console import comparing
from services.console.api.money import Amount
from services.console.comparing import Job
from services.console.context import At
from services.console.problems import Refused, Unknown
from services.console.route import Routes
from services.domain import money
from services.domain.documents import Account
from services.domain.model import Id, Model
from services.domain.package import Package
from services.domain.rights import Right
from services.domain.tariff import Tariff
from services.store import documents

routes = Routes("money")

_COMPARISONS = "/api/v1/accounts/{account}/money/comparisons"
MOST_PACKAGES = 20
MOST_DAYS = 366 * 3


class OnOffer(BaseModel):
    package: str
    name: str
    fee: Amount
    months: int
    minutes: int


class Wanted(Model):
    since: date
    until: Annotated[date, Field(description="The first day that is no longer in the period.")]
    packages: Annotated[frozenset[Id], Field(min_length=1, max_length=MOST_PACKAGES)]


class ComparisonBody(BaseModel):
    id: str
    state: Literal["running", "done", "failed"]
    since: date
    until: date
    calls: int
    rated: Annotated[int, Field(description="Of `total`: each call with each package, and with none.")]
    total: int
    offers: Annotated[list[OfferFields], Field(description="No package first; empty until it is done.")]
    why: Annotated[str, Field(description="Why it failed.")]


@routes.get("/api/v1/accounts/{account}/money/packages", Right.SEE_MONEY)
async def list_packages(at: At) -> list[OnOffer]:
    """The packages on offer, in the currency of the account's tariff."""
    return [
        OnOffer(
            package=one.id,
            name=one.name,
            fee=money.text(money.micros(one.fee)),
            months=one.cycle.months,
            minutes=sum(allowance.minutes for allowance in one.included),
        )
        for one in await _on_offer(at)
    ]


@routes.post(_COMPARISONS, Right.SEE_MONEY, status=202)
async def begin_comparison(at: At, body: Wanted) -> ComparisonBody:
    """Begin to compare packages on the account's own calls of a period; ask again by its id how far it is."""
    if not 0 < (body.until - body.since).days <= MOST_DAYS:
        raise Refused("The period has to be of 1 to %(most)d days.", most=MOST_DAYS)
    known = {one.id: one for one in await _on_offer(at)}
    if strangers := sorted(body.packages - known.keys()):
        raise Unknown("There is no package %(package)s on offer.", package=strangers[0])
    job = Job(id=comparing.new_id(), account=at.account, since=body.since, until=body.until)
    calls = own(at.redis, at.archive, at.account)
    await comparing.begin(at.request.app, at.redis, calls, job, [known[name] for name in sorted(body.packages)])
    return _body(job)


@routes.get(f"{_COMPARISONS}/{{comparison}}", Right.SEE_MONEY)
async def get_comparison(at: At, comparison: str) -> ComparisonBody:
    """How far a comparison is, and what came of it; kept for an hour."""
    return _body(await comparing.get(at.redis, at.account, comparison))


async def _on_offer(at: At) -> list[Package]:
    owner = await documents.get(at.redis, Account, at.account)
    tariff = None if owner is None else await documents.get(at.redis, Tariff, owner.document.tariff)
    if tariff is None:
        raise Refused("The account's tariff cannot be found.")
    names = await documents.names(at.redis, Package)
    found = [one.document for one in await documents.get_many(at.redis, Package, names) if one]
    return [one for one in found if one.currency == tariff.document.currency]


def _body(job: Job) -> ComparisonBody:
    why = job.said % job.values if job.values else job.said
    return ComparisonBody(**job.model_dump(exclude={"account", "said", "values"}), why=why)
