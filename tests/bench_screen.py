"""What a look-up of a caller in a list costs, by the list's length, beside the round trip alone."""

import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from services.domain.lists import NumberList
from services.store import documents, lists
from tests.harness import redis_server

RUNS, LOOK_UPS = 5, 2000
SIZES = (10, 100_000)


async def look_ups() -> dict[str, list[float]]:
    """Microseconds each, by the clock, one after the other; every second caller is listed."""
    rows: dict[str, list[float]] = {}
    async with redis_server.running() as server, Redis.from_url(server.url) as redis:
        await documents.apply(redis, [_list(size) for size in SIZES])
        for _ in range(RUNS):
            rows.setdefault("PING", []).append(await _each(lambda _: redis.ping()))
            for size in SIZES:
                names = [_name(size)]

                async def look_up(number: int, names: list[str] = names) -> object:
                    return await lists.find(redis, names, f"138{number % 10:08d}" if number % 2 else "13900139000")

                rows.setdefault(f"{size:,} entries", []).append(await _each(look_up))
    return rows


async def _each(work: Callable[[int], Awaitable[object]]) -> float:
    began = time.perf_counter()
    for number in range(LOOK_UPS):
        await work(number)
    return (time.perf_counter() - began) / LOOK_UPS * 1e6


def _list(size: int) -> NumberList:
    entries: dict[str, str | None] = {f"138{number:08d}": "fraud" for number in range(size)}
    return NumberList(kind="list", id=_name(size), account="shop", name="x", reasons={"fraud": "欺诈"}, entries=entries)


def _name(size: int) -> str:
    return f"of-{size}"
