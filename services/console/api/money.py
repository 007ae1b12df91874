"""What an account has and owes, and what is added to it. Amounts are text, exact, in units of the currency."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, ValidationError

from services.billing import commands
from services.billing.commands import CommandError
from services.billing.printed import line_fields
from services.console.context import At
from services.console.problems import Refused
from services.console.route import Routes
from services.domain import book, money
from services.domain.book import Book, Kept, Line, keeps_book
from services.domain.documents import Account, Caps
from services.domain.model import Id, Model
from services.domain.packages import Terms
from services.domain.reservation import Hold, total
from services.domain.rights import Right
from services.domain.tariff import Tariff
from services.store import books, documents, reservations, shelf
from services.store.books import Changed, TakenError
from services.store.shelf import MissingError

routes = Routes()

_MONEY = "/api/v1/accounts/{account}/money"
MOST = Decimal(10_000_000)
"""Of one top-up."""

Amount = Annotated[str, Field(description="Exact, with 2 to 6 decimals.", examples=["3000.00"])]
Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}-[0-9]{1,15}$")]


class Alert(BaseModel):
    mark: Annotated[int, Field(description="Percent of the minutes that are used.")]
    fired: Annotated[bool, Field(description="Whether the company was told of it in this cycle.")]


class PackageBody(BaseModel):
    package: Annotated[str, Field(description="id@version")]
    name: str
    begin: date
    end: Annotated[date, Field(description="The first day that is no longer in the cycle.")]
    renews: bool
    fee: Amount
    granted_seconds: int
    left_seconds: int
    reserved_seconds: Annotated[int, Field(description="Of those left: set aside for running calls.")]
    alerts: list[Alert]


class Cap(BaseModel):
    """Of the calendar month."""

    cost: Amount | None
    calls: int | None


class MoneyBody(BaseModel):
    account: str
    name: str
    currency: str
    keeps_book: Annotated[bool, Field(description="False: what it owes is the sum of its calls; there is no balance.")]
    prepaid: bool
    suspended: bool
    balance: Amount | None
    reserved: Annotated[Amount, Field(description="Of the balance: set aside for running calls.")]
    running_calls: int
    month_cost: Annotated[Amount, Field(description="What the calls of the present month have cost in money.")]
    month_calls: Annotated[int, Field(description="How many of them were answered.")]
    caps: Cap | None
    packages: list[PackageBody]


class LedgerQuery(Model):
    before: EntryId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Entry(BaseModel):
    entry: str
    number: int
    kind: str
    day: date
    amount: Amount
    package: str
    seconds: int
    text: str
    id: str


class LedgerPage(BaseModel):
    entries: list[Entry]
    next: Annotated[str | None, Field(description="What `before` is for the next page; null: there are no more.")]


class TopUp(Model):
    id: Annotated[Key, Field(description="Of what it is done for: a second one with the same adds nothing.")]
    amount: Annotated[Decimal, Field(ge=-MOST, le=MOST, decimal_places=2, max_digits=10)]
    """Negative takes back."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class Renewal(Model):
    id: Annotated[Key, Field(description="Of what it is done for: a second one with the same renews nothing.")]
    package: Id


class Done(BaseModel):
    balance: Amount
    again: Annotated[bool, Field(description="It had been done before; nothing was changed now.")]


@dataclass(frozen=True)
class Standing:
    """An account as it stands today."""

    owner: Account
    tariff: Tariff
    book: Book
    terms: Mapping[str, Terms]
    """Of the book's packages, by ``id@version``."""
    held: Hold


async def standing(at: At) -> Standing:
    """Raises Refused."""
    owner = await documents.get(at.redis, Account, at.account)
    tariff = None if owner is None else await documents.get(at.redis, Tariff, owner.document.tariff)
    if owner is None or tariff is None:
        raise Refused("The account's tariff cannot be found.")
    try:
        stored, reserved = reservations.opened((await reservations.rows(at.redis, [at.account]))[0])
        agreed = await shelf.agreed(at.redis, owner.document)
        known = await shelf.shelf(at.redis, stored.book, agreed)
    except (MissingError, ValidationError) as error:
        raise Refused("The account's book cannot be read: %(why)s", why=error) from None
    now = book.on(stored.book, known, agreed, commands.today()).book
    return Standing(owner.document, tariff.document, now, known, total(reserved.values()))


@routes.get(_MONEY, Right.SEE_MONEY)
async def get_money(at: At) -> MoneyBody:
    """Balance, packages, and what running calls have set aside, as of today."""
    now = await standing(at)
    caps = now.owner.caps
    this_month = now.book.month == commands.today().replace(day=1)
    return MoneyBody(
        account=now.owner.id,
        name=now.owner.name,
        currency=now.tariff.currency,
        keeps_book=keeps_book(now.owner),
        prepaid=now.owner.prepaid,
        suspended=now.owner.suspended,
        balance=money.text(now.book.balance) if keeps_book(now.owner) else None,
        reserved=money.text(now.held.money),
        running_calls=now.held.calls,
        month_cost=money.text(now.book.month_cost if this_month else 0),
        month_calls=now.book.month_calls if this_month else 0,
        caps=None if caps is None else _cap(caps),
        packages=[_package(kept, now) for kept in now.book.packages],
    )


@routes.get(f"{_MONEY}/ledger", Right.SEE_MONEY)
async def list_ledger(at: At, query: LedgerQuery) -> LedgerPage:
    """What changed the account's balance and packages, calls apart; the newest first."""
    found = await books.newest_lines(at.redis, at.account, query.limit + 1, query.before)
    page = [_entry(entry, line) for entry, line in found[: query.limit]]
    return LedgerPage(entries=page, next=page[-1].entry if len(found) > query.limit else None)


@routes.post(f"{_MONEY}/top-ups", Right.CHANGE_MONEY)
async def top_up(at: At, body: TopUp) -> Done:
    """Add money to the balance; done once for its id, however often it is sent."""
    amount = money.micros(body.amount)
    if not amount:
        raise Refused("A top-up of nothing: give an amount.")
    async with at.act("top_up", f"{money.text(amount)} {body.id}"):
        return await _done(lambda: commands.top_up(at.redis, at.account, amount, body.reason, body.id))


@routes.post(f"{_MONEY}/renewals", Right.CHANGE_MONEY)
async def renew(at: At, body: Renewal) -> Done:
    """Begin a package's cycle anew today; what is left of the present one is forfeited."""
    async with at.act("renew_package", f"{body.package} {body.id}"):
        return await _done(lambda: commands.renew(at.redis, at.account, body.package, body.id))


async def _done(command: Callable[[], Awaitable[Changed]]) -> Done:
    try:
        changed = await command()
    except (CommandError, TakenError) as error:
        raise Refused("%(why)s.", why=error) from None
    except ValidationError as error:
        raise Refused("The account's book cannot be read: %(why)s", why=error.errors()[0]["msg"]) from None
    return Done(balance=money.text(changed.book.balance), again=bool(changed.before))


def _cap(caps: Caps) -> Cap:
    return Cap(cost=None if caps.cost is None else money.text(money.micros(caps.cost)), calls=caps.calls)


def _package(kept: Kept, now: Standing) -> PackageBody:
    terms = now.terms[kept.package]
    names = [book.allowance(kept, index) for index in range(len(kept.left))]
    return PackageBody(
        package=kept.package,
        name=terms.package.name,
        begin=kept.cycle.begin,
        end=kept.cycle.end,
        renews=terms.package.cycle.renews,
        fee=money.text(money.micros(terms.package.fee)),
        granted_seconds=sum(terms.granted),
        left_seconds=sum(kept.left),
        reserved_seconds=sum(now.held.seconds.get(name, 0) for name in names),
        alerts=[Alert(mark=mark, fired=mark in kept.alerted) for mark in sorted(terms.package.alerts)],
    )


def _entry(entry: str, line: Line) -> Entry:
    return Entry(entry=entry, **line_fields(line, line.amount).model_dump())
