"""``hotline account …``: what an account has, and what it is given."""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.billing import commands
from services.billing.commands import CommandError
from services.cli import session
from services.cli.terminal import Refused, err, out
from services.domain import money
from services.domain.book import Book
from services.store import books
from services.store.books import Changed, TakenError

app = typer.Typer(no_args_is_help=True, help="Accounts' money and packages.")

Name = Annotated[str, typer.Argument(help="The account's id.")]
AsJson = Annotated[bool, typer.Option("--json")]
Key = Annotated[
    str, typer.Option("--id", help="Of whatever it is done for: a second command of the same id changes nothing.")
]
LONGEST_ID = 100


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show an account's balance and what its packages have left, as of its last call or command.

    Example: hotline account show shop
    """

    async def work(redis: Redis) -> None:
        await commands.owner(redis, name)
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
    _do(key, lambda redis: commands.top_up(redis, name, added, reason, key), as_json=as_json)


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
    _do(key, lambda redis: commands.renew(redis, name, package, key), as_json=as_json)


@app.command()
def settle(name: Name, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Let the days pass until today in an account's book: fees, minimums and forfeits that are due.

    Example: hotline account settle shop
    """
    _do("", lambda redis: commands.settle(redis, name), as_json=as_json)


def _do(key: str, command: Callable[[Redis], Awaitable[Changed]], *, as_json: bool) -> None:
    if not key.isprintable() or len(key) > LONGEST_ID:
        raise Refused(f"--id {key!r}: expected at most {LONGEST_ID} signs, none of them unprintable")

    async def work(redis: Redis) -> None:
        done = await command(redis)
        if done.before:
            err.print(f"id {key!r} was used for {done.before} before: nothing was changed", markup=False)
        _print(done.book, as_json=as_json)

    _run(work)


def _amount(text: str) -> int:
    try:
        return money.micros(Decimal(text))
    except (InvalidOperation, ValueError):
        raise Refused(f"amount {text!r}: expected a number with at most six decimals, like 3000 or 0.50") from None


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
    except (CommandError, TakenError, ValidationError) as error:
        raise Refused(error) from error
