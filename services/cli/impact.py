"""``hotline impact``: which of the calls that there were would have gone elsewhere."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.progress import track

from services.cli import session
from services.cli.files import reading_with_sounds, refuse_change
from services.cli.simulate import seen_through
from services.cli.terminal import err, out
from services.domain.check import Standing
from services.domain.documents import Document
from services.domain.instant import to_rfc3339
from services.domain.record import Record
from services.settings import Settings
from services.simulation.impact import CHUNK, Difference, Unreplayed, compare, owners, replays, summed, workers
from services.store import documents, records
from services.store.due import now

CHINA = timezone(timedelta(hours=8))
MOST = 20
"""Differences that are summed up, the most frequent."""
_AGO = re.compile(r"(\d{1,4})([hd])")
_UNITS = {"h": 3_600_000, "d": 86_400_000}


def since_of(text: str) -> int:
    """Milliseconds since 1970. Raises typer.BadParameter."""
    if ago := _AGO.fullmatch(text):
        return now() - int(ago[1]) * _UNITS[ago[2]]
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp() * 1000)
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected a span like 7d or 12h, or a day like 2026-11-01") from None


Since = Annotated[int, typer.Option(parser=since_of, metavar="SPAN|DAY", help="7d, 12h, or a day in China's time.")]


def command(
    since: Since,
    files: Annotated[
        list[Path] | None, typer.Argument(exists=True, help="Documents (YAML), or folders of them.")
    ] = None,
    *,
    draft: Annotated[str | None, typer.Option(help="Instead of files: this draft.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say which calls would have gone elsewhere, had these documents held: nothing is applied.

    Each call is simulated twice, by the documents as they stand and as they would: with its own caller, time and keys,
    and with agents who do what they did.

    Example: hotline impact new-menu.yaml --since 7d
    """
    if (not files) == (draft is None):
        raise typer.BadParameter("either files or a draft")
    reading = reading_with_sounds(files or [])

    async def read(redis: Redis) -> tuple[Standing, Standing, list[Record]]:
        before = await documents.standing(redis)
        refuse_change(reading, before)
        drafted = before.having(item.document for item in reading.located)
        after = drafted if draft is None else await seen_through(redis, draft)
        changed = owners(before, after)
        found = [one.record async for one in records.written(redis, since)] if changed else []
        return before, after, [one for one in found if replays(one) and {None, one.account} & changed]

    before, after, calls = session.run(read)
    compared = list(_compared(calls, list(before.documents.values()), list(after.documents.values())))
    for one in compared:
        if isinstance(one, Unreplayed):
            err.print(f"call {one.call} cannot be replayed: {one.why}", markup=False)
    found = [one for one in compared if isinstance(one, Difference)]
    for difference in found:
        out.print(_json(difference) if as_json else _text(difference), markup=False)
    if not as_json:
        _print_sum(found, len(calls))


def _compared(
    calls: Sequence[Record], before: Sequence[Document], after: Sequence[Document]
) -> Iterator[Difference | Unreplayed]:
    count = max(1, min(os.cpu_count() or 1, len(calls) // CHUNK))
    with workers(count, Settings().sounds_dir, before, after) as pool:
        found = pool.map(compare, calls, chunksize=CHUNK)
        for one in track(found, "calls", len(calls), console=err, disable=not err.is_terminal):
            if one is not None:
                yield one


def _text(difference: Difference) -> str:
    at = datetime.fromtimestamp(difference.at / 1000, CHINA)
    head = f"{at:%Y-%m-%d %H:%M:%S}  {difference.hotline}  {difference.caller or '-':<14}  {difference.call}"
    return f"{head}\n    was    {difference.before}\n    would  {difference.after}"


def _json(difference: Difference) -> str:
    return json.dumps({**asdict(difference), "at": to_rfc3339(difference.at)}, ensure_ascii=False)


def _print_sum(found: Sequence[Difference], calls: int) -> None:
    for was, would, count in islice(summed(found), MOST):
        out.print(f"{count:>6} x  {was}  ->  {would}", markup=False)
    out.print(f"{len(found)} of {calls} calls would have gone elsewhere")
