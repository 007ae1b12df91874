"""``hotline account …``: what an account has, and what it is given."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli import session
from services.cli.terminal import Refused, err, out
from services.domain import book, money
from services.domain.book import Agreed, Book, NoPackageError, Shelf, Step
from services.domain.documents import Account
from services.domain.rating import CHINA_TIME
from services.store import books, documents, shelf
from services.store.books import Once, TakenError

app = typer.Typer(no_args_is_help=True, help="Accounts' money and packages.")

Name = Annotated[str, typer.Argument(help="The account's id.")]
AsJson = Annotated[bool, typer.Option("--json")]
Key = Annotated[
    str, typer.Option("--id", help="Of whatever it is done for: a second command of the same id changes nothing.")
]
LONGEST_ID = 100
Taken = Callable[[Book, Shelf, Agreed, date], Step]


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show an account's balance and what its packages have left, as of its last call or command.

    Example: hotline account show shop
    """

    async def work(redis: Redis) -> None:
        await _owner(redis, name)
        _print((await books.get(redis, name)).book, as_json=as_json)

    _run(work)


@app.command("top-up")
def top_up(
    name: Name,
    amount: Annotated[str, typer.Argument(help="As 3000 or 0.50; negative (after --) takes back.")],
    reason: Annotated[str, typer.Option(help="For the ledger.")] = "",
    key: Key = "",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Add money to an account's balance. Without --id it is added as often as it is called.

    Example: hotline account top-up shop 3000 --id invoice-2026-118
    """
    added = _amount(amount)
    once = _once(key, f"a top-up of {money.text(added)}")

    async def work(redis: Redis) -> None:
        await _owner(redis, name)
        _print(await _done(redis, name, lambda now: book.top_up(now, added, _today(), reason), once), as_json=as_json)

    _run(work)


@app.command()
def renew(
    name: Name,
    package: Annotated[str, typer.Argument(help="The package's id.")],
    key: Key = "",
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Begin a package's cycle anew today; what is left of the present one is forfeited.

    Example: hotline account renew shop three-years --id contract-2026-7
    """
    once = _once(key, f"a renewal of {package}")
    _change(name, lambda now, known, agreed, day: book.renew(now, known, agreed, package, day), once, as_json=as_json)


@app.command()
def settle(name: Name, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Let the days pass until today in an account's book: fees, minimums and forfeits that are due.

    Example: hotline account settle shop
    """
    _change(name, book.settle, None, as_json=as_json)


def _change(name: str, take: Taken, once: Once | None, *, as_json: bool) -> None:
    async def work(redis: Redis) -> None:
        agreed = await shelf.agreed(redis, await _owner(redis, name))
        known = await shelf.shelf(redis, (await books.get(redis, name)).book, agreed)
        _print(await _done(redis, name, lambda now: take(now, known, agreed, _today()), once), as_json=as_json)

    _run(work)


def _once(key: str, what: str) -> Once | None:
    if not key.isprintable() or len(key) > LONGEST_ID:
        raise Refused(f"--id {key!r}: expected at most {LONGEST_ID} signs, none of them unprintable")
    return Once(key, what) if key else None


async def _done(redis: Redis, name: str, step: Callable[[Book], Step], once: Once | None) -> Book:
    done = await books.change(redis, name, step, once)
    if done.again and once is not None:
        err.print(f"id {once.id!r} was used for {once.what} before: nothing was changed", markup=False)
    return done.book


async def _owner(redis: Redis, name: str) -> Account:
    found = await documents.get(redis, Account, name)
    if found is None:
        raise Refused(f"there is no account {name!r}")
    if not book.keeps_book(found.document):
        raise Refused(f"account {name!r} keeps no book: it has no 'packages' and is not 'prepaid'")
    return found.document


def _amount(text: str) -> int:
    try:
        return money.micros(Decimal(text))
    except (InvalidOperation, ValueError):
        raise Refused(f"amount {text!r}: expected a number with at most six decimals, like 3000 or 0.50") from None


def _today() -> date:
    return datetime.now(UTC).astimezone(CHINA_TIME).date()


def _print(now: Book, *, as_json: bool) -> None:
    left = [{"package": one.package, "until": str(one.cycle.end), "seconds": sum(one.left)} for one in now.packages]
    if as_json:
        fields = {"number": now.number, "balance": money.text(now.balance), "packages": left}
        out.print(json.dumps(fields, ensure_ascii=False), markup=False)
        return
    out.print(f"balance {money.text(now.balance)}")
    for one in now.packages:
        minutes, seconds = divmod(sum(one.left), 60)
        out.print(f"{one.package}: {minutes} minutes {seconds} s left, until {one.cycle.end}", markup=False)


def _run(work: Callable[[Redis], Awaitable[None]]) -> None:
    try:
        session.run(work)
    except (NoPackageError, TakenError, shelf.MissingError, ValidationError) as error:
        raise Refused(error) from error
