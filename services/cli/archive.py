"""``hotline archive …``: how far the archive is, and making it anew."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, TypeVar

import typer
from redis.asyncio import Redis
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import database, filling
from services.archive.filling import OutrunError, Standing
from services.archive.service import Filler
from services.cli import session
from services.cli.terminal import Refused, err, out
from services.settings import Settings, SettingsError

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="The archive of calls in SQL.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:  # noqa: FBT002
    """Say how far the archive is behind the streams; refuse when entries are missing in it.

    Example: hotline archive status
    """
    found = _run(_standings)
    for one in found:
        facts = asdict(one)
        if as_json:
            out.print(json.dumps(facts), markup=False)
        else:
            out.print(f"{one.stream}: {one.taken} entries taken, {one.behind} behind", markup=False)
    _complain(found)


@app.command()
def rebuild(
    lose: Annotated[bool, typer.Option("--lose", help="Even if the streams no longer have all entries.")] = False,  # noqa: FBT002
) -> None:
    """Empty the archive, of whatever version, and fill it from the streams.

    Example: hotline archive rebuild
    """

    async def work(redis: Redis, engine: AsyncEngine) -> list[Standing]:
        gone = {stream: await filling.gone(redis, stream) for stream in database.REBUILT}
        if any(gone.values()) and not lose:
            said = ", ".join(f"{count} of {stream}" for stream, count in gone.items() if count)
            raise Refused(f"entries are no longer in the streams ({said}): with --lose they go from the archive, too")
        total = sum([await redis.xlen(stream) for stream in database.REBUILT])
        await database.empty(engine)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
            task = bar.add_task("", total=total)
            await _fill(Filler(redis, engine, lambda count: bar.advance(task, count)))
        return await filling.standings(redis, engine)

    found = _run(work)
    out.print(f"{sum(one.taken for one in found if one.stream in database.REBUILT)} entries taken")
    _complain(found)


async def _fill(filler: Filler) -> None:
    """Together with the service, if it runs: each time that one finds itself outrun, the other has come further."""
    while True:
        try:
            await filler.catch_up()
        except OutrunError:
            continue
        return


async def _standings(redis: Redis, engine: AsyncEngine) -> list[Standing]:
    async with engine.connect() as connection:
        if await database.version(connection) is None:
            raise Refused("there is no archive yet: hotline serve archive makes it")
    await database.prepare(engine)
    return await filling.standings(redis, engine)


def _complain(found: list[Standing]) -> None:
    missing, unreadable = (sum(getattr(one, name) for one in found) for name in ("missing", "unreadable"))
    if missing or unreadable:
        raise Refused(f"{missing} entries were gone before they were archived, {unreadable} cannot be read")


def _run(work: Callable[[Redis, AsyncEngine], Awaitable[T]]) -> T:
    async def with_archive(redis: Redis) -> T:
        async with database.opened(Settings().archive_url.get_secret_value()) as engine:
            return await work(redis, engine)

    try:
        return session.run(with_archive)
    except SettingsError as error:
        raise Refused(error) from error
    except (SQLAlchemyError, TimeoutError) as error:
        raise Refused(f"the archive's database: {error}") from error
