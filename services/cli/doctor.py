"""``hotline doctor``: whether the accounts' books are what the streams add up to."""

import json
from decimal import InvalidOperation
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.billing.reckoning import reckon
from services.cli import session
from services.cli.terminal import Refused, err, out
from services.domain.reservation import drift as drift_of_holds
from services.store import books, reservations


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
        columns = (SpinnerColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
            task = bar.add_task("")
            reckoned = await reckon(redis, kept, lambda count: bar.update(task, description=f"{count:,} records"))
        drifts = {name: one.drift(kept[name]) for name, one in reckoned.items()}
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


def _print(name: str, drift: list[str], *, as_json: bool) -> None:
    if as_json:
        out.print(json.dumps({"account": name, "drift": drift}, ensure_ascii=False), markup=False)
    elif not drift:
        out.print(f"{name}: as the streams say", markup=False)
    for sentence in [] if as_json else drift:
        out.print(f"{name}: {sentence}", markup=False)
