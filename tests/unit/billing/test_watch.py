import asyncio
from pathlib import Path

from services.billing.watch import Watch

NEVER = 30.0


async def test_a_change_before_the_wait_is_not_missed(tmp_path: Path) -> None:
    with Watch(tmp_path) as watch:
        (tmp_path / "hotline.csv").write_bytes(b"row")
        async with asyncio.timeout(5):
            await watch.change(asyncio.Event(), NEVER)


async def test_a_rename_wakes(tmp_path: Path) -> None:
    file = tmp_path / "hotline.csv"
    file.write_bytes(b"row")
    with Watch(tmp_path) as watch:
        file.rename(tmp_path / "hotline.csv.1")
        async with asyncio.timeout(5):
            await watch.change(asyncio.Event(), NEVER)


async def test_stop_wakes(tmp_path: Path) -> None:
    stop = asyncio.Event()
    with Watch(tmp_path) as watch:
        asyncio.get_running_loop().call_soon(stop.set)
        async with asyncio.timeout(5):
            await watch.change(stop, NEVER)


async def test_the_deadline_wakes_on_filesystems_that_never_tell(tmp_path: Path) -> None:
    with Watch(tmp_path) as watch:
        async with asyncio.timeout(5):
            await watch.change(asyncio.Event(), 0.01)
