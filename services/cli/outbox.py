"""``hotline notify …``: messages that could not be delivered."""

import json
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli import session
from services.cli.terminal import Refused, out
from services.domain.instant import to_rfc3339
from services.domain.messages import from_json
from services.store import outbox
from services.store.outbox import Dead

app = typer.Typer(no_args_is_help=True, help="Messages that could not be delivered.")


@app.command()
def dead(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:  # noqa: FBT002
    """List the messages that were given up, oldest first.

    Example: hotline notify dead --json
    """
    for message in session.run(outbox.dead):
        out.print(json.dumps(_facts(message), ensure_ascii=False) if as_json else _line(message), markup=False)


@app.command()
def retry(
    ids: Annotated[list[str] | None, typer.Argument(help="As `hotline notify dead` lists them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,  # noqa: FBT002
) -> None:
    """Send messages again that were given up.

    Example: hotline notify retry 1772416800000-0
    """
    if bool(ids) == everything:
        raise typer.BadParameter("name the messages, or say --all")

    async def work(redis: Redis) -> int:
        wanted = ids or [message.entry for message in await outbox.dead(redis)]
        return await outbox.revive(redis, wanted)

    count = session.run(work)
    if ids and count < len(ids):
        raise Refused(f"{count} of {len(ids)} were there to be sent again")
    out.print(f"{count} messages will be sent again")


def _facts(message: Dead) -> dict[str, Any]:
    return {
        "id": message.entry,
        "at": to_rfc3339(message.at),
        "attempts": message.attempts,
        "error": message.error,
        "message": message.body,
    }


def _line(dead: Dead) -> str:
    try:
        message = from_json(dead.body)
    except ValidationError:
        what = "cannot be read"
    else:
        what = f"{message.kind} of {message.account} to {message.to or 'its webhook'}"
    return f"{dead.entry}  {to_rfc3339(dead.at)}  {what}: {dead.error} ({dead.attempts} attempts)"
