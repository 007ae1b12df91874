"""``hotline tail`` and ``hotline records …``: what stands on the stream of rated records."""

import csv
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from redis.asyncio import Redis
from rich.progress import Progress, SpinnerColumn, TextColumn

from services.cli import session
from services.cli.terminal import Refused, err, out
from services.domain.flat import COLUMNS, Value, row
from services.domain.ladder import ladder
from services.domain.record import Record, to_json
from services.store import records as store
from services.store.records import Found

CHINA = timezone(timedelta(hours=8))
ROWS_AT_ONCE = 10_000

app = typer.Typer(no_args_is_help=True, help="Rated records.")

Account = Annotated[str | None, typer.Option(help="Only this account's.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In China's time.")]
Rows = list[dict[str, Value]]
Sink = Callable[[Rows], None]


class Format(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


def tail(
    account: Account = None,
    as_json: Annotated[bool, typer.Option("--json", help="One record a line, as it stands on the stream.")] = False,  # noqa: FBT002
) -> None:
    """Show each call as its record is written, until interrupted.

    Example: hotline tail --account shop
    """

    async def work(redis: Redis) -> None:
        async for found in store.follow(redis, await store.newest(redis)):
            if account in {None, found.record.account}:
                out.print(to_json(found.record).decode() if as_json else _shown(found.record), markup=False)

    session.run(work)


@app.command()
def export(
    to: Annotated[Path, typer.Argument(help="The file to write; one that exists is replaced.")],
    form: Annotated[Format, typer.Option("--format")] = Format.CSV,
    account: Account = None,
    since: Day = None,
    until: Day = None,
) -> None:
    """Write the records that were written in a time to a table: one row a call, times in UTC.

    Example: hotline records export october.csv --since 2026-10-01 --until 2026-11-01
    """

    async def work(redis: Redis) -> None:
        found = store.written(redis, _ms(since) or 0, _ms(until))
        new = to.with_name(f".{to.name}.new")
        try:
            with _SINKS[form](new) as sink:
                count = await _pour(found, account, sink)
            new.replace(to)
        finally:
            new.unlink(missing_ok=True)
        err.print(f"{count} records in {to}", markup=False)

    session.run(work)


async def _pour(found: AsyncIterator[Found], account: str | None, sink: Sink) -> int:
    count, rows = 0, []
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task("")
        async for one in found:
            if account not in {None, one.record.account}:
                continue
            rows.append(row(one.record))
            count += 1
            if len(rows) == ROWS_AT_ONCE:
                sink(rows)
                rows = []
                bar.update(task, description=f"{count:,} records, up to {_day(one.written)}")
    sink(rows)
    return count


@contextmanager
def _csv(path: Path) -> Iterator[Sink]:
    # The mark ahead of it is what a spreadsheet knows UTF-8 by.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        yield lambda rows: writer.writerows(map(_written, rows))


def _written(values: dict[str, Value]) -> dict[str, Value]:
    return {
        name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
        for name, value in values.items()
    }


@contextmanager
def _parquet(path: Path) -> Iterator[Sink]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - large, and only wanted here
        from pyarrow import parquet  # noqa: PLC0415
    except ModuleNotFoundError:
        raise Refused("Parquet needs the package pyarrow: pip install 'hotline400[parquet]'") from None
    kinds = {
        "text": pa.string(),
        "whole": pa.int64(),
        "time": pa.timestamp("ms", tz="UTC"),
        "money": pa.decimal128(18, 6),
    }
    schema = pa.schema([(name, kinds[column.kind]) for name, column in COLUMNS.items()])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        yield lambda rows: writer.write_table(pa.Table.from_pylist(rows, schema))


_SINKS: dict[Format, Callable[[Path], AbstractContextManager[Sink]]] = {Format.CSV: _csv, Format.PARQUET: _parquet}


def _shown(record: Record) -> str:
    cost = f"{record.charge.total} {record.charge.currency}" if record.charge else "not charged"
    return "\n".join([f"{record.call_id}  {_day(record.started)}  {cost}", *ladder(record), ""])


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _ms(day: datetime | None) -> int | None:
    return None if day is None else int(day.replace(tzinfo=CHINA).timestamp() * 1000)
