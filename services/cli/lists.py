"""``hotline list …``: black- and whitelists."""

from typing import Annotated

import typer
from redis.asyncio import Redis

from services.cli import session
from services.cli.terminal import Refused, out
from services.domain.numbers import as_dialled
from services.store import lists, versions

app = typer.Typer(no_args_is_help=True, help="Black- and whitelists of callers' numbers.")


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The list's id.")],
    number: Annotated[str, typer.Argument(help="As a caller's operator may send it.")],
) -> None:
    """Say whether a caller's number is on a list now, by which entry, and for which reason.

    Example: hotline list check blocked 13800138000
    """

    async def work(redis: Redis) -> None:
        if not await versions.history(redis, "list", name):
            raise Refused(f"there is no list {name!r}")
        match = await lists.find(redis, [name], as_dialled(number))
        reason = f", reason {match.reason}" if match and match.reason else ""
        told = f"is on the list by {match.entry}{reason}" if match else "is not on the list"
        out.print(f"{as_dialled(number)} {told}", markup=False)

    session.run(work)
