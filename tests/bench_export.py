"""How quickly many calls become a file, and how much memory that takes."""

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.queries import MOST, After, search
from services.archive.wanted import Wanted
from services.console.api.exports import OF_CALLS
from services.console.export import Column, Row, csv_of
from services.console.sheet import xlsx_of
from services.console.texts import texts

TEXTS = texts("zh-CN")
COLUMNS = [Column(TEXTS(field.title), field.kind, field.width) for field in OF_CALLS]


async def measured(engine: AsyncEngine, wanted: Wanted, count: int) -> tuple[dict[str, float], dict[str, float]]:
    """Rows a second by the clock, and MB that the process has grown by at most; by form."""
    rates, grown = {}, {}
    for form, made in {"CSV": csv_of, "XLSX": xlsx_of}.items():
        before = _fresh_peak()
        began = time.perf_counter()
        async for _ in made(COLUMNS, _pages(engine, wanted)):
            pass
        rates[form] = count / (time.perf_counter() - began)
        grown[form] = _peak_mb() - before
    return rates, grown


async def _pages(engine: AsyncEngine, wanted: Wanted) -> AsyncIterator[Sequence[Row]]:
    after: After | None = None
    while True:
        async with engine.connect() as connection:
            page = await search(connection, wanted, after, MOST)
        yield [[field.value(TEXTS, call) for field in OF_CALLS] for call in page.calls]
        if (after := page.next) is None:
            return


def _fresh_peak() -> float:
    """From now on the peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return _peak_mb()


def _peak_mb() -> float:
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
