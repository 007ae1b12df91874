"""``hotline rerate``: what calls cost by the documents as they are now, and what they were charged."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.billing import rerating
from services.billing.rerating import Rerated
from services.cli import session
from services.cli.records import CHINA
from services.cli.terminal import Refused, err, out
from services.domain import money
from services.domain.correction import total
from services.store.corrections import OutrunError
from services.store.due import now


@dataclass(slots=True)
class _Account:
    calls: int = 0
    old: int = 0
    new: int = 0
    changed: int = 0
    newly_rated: int = 0
    left: int = 0
    """That cannot be priced again."""

    def add(self, one: Rerated) -> None:
        old = 0 if one.before is None else total(one.before)
        self.calls += 1
        self.old += old
        self.new += total(one.after) if one.after is not None and one.reason is None else old
        self.changed += one.changed and one.before is not None
        self.newly_rated += one.changed and one.before is None
        self.left += one.reason is not None


def rerate(since: int, until: int, account: str | None, *, apply: bool, as_json: bool) -> None:
    """Prints old and new sums by account; refuses, after all the rest, when calls were left as they are."""
    if until <= since:
        raise Refused("--until: expected a time after --since")
    accounts: dict[str, _Account] = {}
    problems: list[str] = []

    async def work(redis: Redis) -> None:
        columns = (SpinnerColumn(), TextColumn("{task.completed:,} records"))
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("", total=None)
            done = lambda: bar.advance(task)  # noqa: E731
            async for one in rerating.rerate(redis, since, until, account, done, now=now(), apply=apply):
                accounts.setdefault(one.record.account or "", _Account()).add(one)
                if one.reason is not None:
                    problems.append(f"call {one.record.call_id} is left as it is: {one.reason}")

    try:
        session.run(work)
    except OutrunError as error:
        raise Refused(error) from error
    for name, found in sorted(accounts.items()):
        _print(name, found, as_json=as_json)
    if not as_json:
        out.print("written" if apply else "nothing was written: --apply does")
    if problems:
        raise Refused(*problems)


def _print(name: str, found: _Account, *, as_json: bool) -> None:
    old, new, difference = (money.text(amount) for amount in (found.old, found.new, found.new - found.old))
    if as_json:
        counts = {"calls": found.calls, "changed": found.changed, "newly_rated": found.newly_rated, "left": found.left}
        fields = {"account": name, **counts, "old": old, "new": new, "difference": difference}
        out.print(json.dumps(fields, ensure_ascii=False), markup=False)
        return
    counted = f"{found.calls} calls, {found.changed} changed, {found.newly_rated} newly rated, {found.left} left"
    out.print(f"{name}: {counted}: {old} -> {new} ({difference})", markup=False)


def command(
    *,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Day of the first calls' ends, in China.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day no longer in the period.")],
    account: Annotated[str | None, typer.Option(help="Only this account's.")] = None,
    apply_: Annotated[bool, typer.Option("--apply", help="Write corrections.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Price calls again by the documents as they are now; say what changes, and write corrections if told to.

    Example: hotline rerate --since 2026-10-01 --until 2026-11-01 --account shop --apply
    """
    begin, end = (int(day.replace(tzinfo=CHINA).timestamp()) * 1000 for day in (since, until))
    rerate(begin, end, account, apply=apply_, as_json=as_json)
