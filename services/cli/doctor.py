"""``hotline doctor``: whether the accounts' books are what the streams add up to."""

import json
from decimal import InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.cli import session
from services.cli.terminal import Refused, err, out
from services.domain.book import Book, Reckoning
from services.domain.reservation import drift as drift_of_holds
from services.store import books, records, reservations


def doctor(
    account: Annotated[str | None, typer.Option(help="Only this account's book.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a book.")] = False,  # noqa: FBT002
) -> None:
    """Add up every account's balance and minutes from the streams alone, and report where its book says otherwise.

    Calls and top-ups may go on meanwhile. Exit code 1 when any book has drifted.

    Example: hotline doctor --account shop
    """

    async def work(redis: Redis) -> None:
        names = await books.accounts(redis) if account is None else [account]
        kept = {name: (await books.get(redis, name)).book for name in names}
        drifts = {name: one.drift(kept[name]) for name, one in (await _reckoned(redis, kept)).items()}
        for name in drifts:
            drifts[name] += drift_of_holds(*await reservations.sums(redis, name))
        for name, drift in drifts.items():
            _print(name, drift, as_json=as_json)
        if any(drifts.values()):
            raise typer.Exit(1)

    try:
        session.run(work)
    except (ValidationError, KeyError, ValueError, InvalidOperation) as error:
        raise Refused(f"a book or a stream cannot be read: {error}") from error


async def _reckoned(redis: Redis, kept: dict[str, Book]) -> dict[str, Reckoning]:
    """Up to the step that each book was at when it was read."""
    found = {name: Reckoning() for name in kept}
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, disable=not err.is_terminal) as bar:
        task, count = bar.add_task(""), 0
        for name, reckoning in found.items():
            async for line in books.lines(redis, name):
                if line.number <= kept[name].number:
                    reckoning.add(line)
        async for one in records.written(redis):
            name, charge = one.record.account or "", one.record.charge
            if one.number is not None and charge and name in found and one.number <= kept[name].number:
                found[name].add_call(one.number, charge)
            count += 1
            if count % 1000 == 0:
                bar.update(task, description=f"{count:,} records")
    return found


def _print(name: str, drift: list[str], *, as_json: bool) -> None:
    if as_json:
        out.print(json.dumps({"account": name, "drift": drift}, ensure_ascii=False), markup=False)
    elif not drift:
        out.print(f"{name}: as the streams say", markup=False)
    for sentence in [] if as_json else drift:
        out.print(f"{name}: {sentence}", markup=False)
