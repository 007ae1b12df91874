"""``hotline notify …``: messages that could not be delivered."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.cli.terminal import Refused, out
from services.domain.messages import from_json
from services.domain.record import to_rfc3339
from services.settings import Settings
from services.store import outbox
from services.store.outbox import Dead

app = typer.Typer(no_args_is_help=True, help="Messages that could not be delivered.")


@app.command()
def dead(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:  # noqa: FBT002
    """List the messages that were given up, oldest first.

    Example: hotline notify dead --json
    """
    for message in _run(outbox.dead):
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

    count = _run(work)
    if ids and count < len(ids):
        raise Refused(f"{count} of {len(ids)} were there to be sent again")
    out.print(f"{count} messages will be sent again")


def _run(work: Callable[[Redis], Awaitable[Any]]) -> Any:
    async def connected() -> Any:
        async with Redis.from_url(Settings().redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            return await work(redis)

    try:
        return asyncio.run(connected())
    except RedisError as error:
        raise Refused(error) from error


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
