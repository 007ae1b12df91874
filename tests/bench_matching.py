"""What bringing a caller and an agent together costs inside Redis: with many waiting, and with many ready."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, get_args

from redis.asyncio import Redis

from services.domain.documents import Agent, Group, Strategy
from services.store import agents, queues
from services.store.distribution import Distribution
from tests.harness import redis_server

AGENTS, MATCHES, RUNS = 1000, 200, 5
NOW = 1_772_416_800_000
NAMES = [f"a{number}" for number in range(AGENTS)]


class Bench:
    """One account with a thousand agents in one group."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._distribution = Distribution(redis, "bench")
        self._calls = 0

    async def opens(self, strategy: Strategy) -> None:
        await self._redis.flushall()
        await self._redis.config_set("appendonly", "no")
        small = {"kind": "group", "id": "g", "account": "bench", "name": "x", "strategy": "sequence"}
        group = Group.model_validate({**small, "members": NAMES[:1], "retry_seconds": 0})
        # More members than a document may have, so that what grows with them is seen.
        group = group.model_copy(update={"strategy": strategy, "members": NAMES, "capacity": 100_000})
        for name in NAMES:
            agent = Agent.model_construct(id=name, sip=None, pause_after_missed=0)
            await agents.put(self._distribution, agent, NOW)
        await queues.put(self._distribution, group, NOW)

    async def join(self, many: int) -> list[str]:
        calls = [f"c{number}" for number in range(self._calls, self._calls + many)]
        for number, call in enumerate(calls):
            await queues.join(self._distribution, call, "g", NOW + number // 10, process="p", priority=number % 3)
        self._calls += many
        return calls

    async def answer(self) -> list[str]:
        """All who ring."""
        talking = []
        for name in NAMES:
            found = await agents.get(self._distribution, name)
            if found and not found.talking and found.call:
                offers = await queues.renew(self._distribution, "p", [found.call], NOW)
                offer = offers[found.call]
                assert offer
                await queues.answered(self._distribution, found.call, offer.number, name, NOW)
                talking.append(found.call)
        return talking

    async def end(self, calls: Iterable[str]) -> None:
        for call in calls:
            await queues.ended(self._distribution, call, NOW)

    async def cost(self, work: Callable[[], Awaitable[Any]]) -> float:
        """Microseconds of each script that the work runs, as Redis counts them."""
        await self._redis.config_resetstat()
        await work()
        stats: Any = await self._redis.info("commandstats")
        return float(stats["cmdstat_evalsha"]["usec_per_call"])


async def agent_side() -> dict[str, list[float]]:
    """A talk ends, and the agent is given the most urgent of so many who wait. Microseconds a match."""
    rows: dict[str, list[float]] = {}
    async with redis_server.running() as server, Redis.from_url(server.url) as redis:
        for waiting in (100, 1000, 10_000):
            bench = Bench(redis)
            await bench.opens("longest_idle")
            await bench.join(AGENTS)
            talking = await bench.answer()
            await bench.join(waiting)
            row = rows.setdefault(f"{waiting:,} waiting", [])
            for _ in range(RUNS):
                ending, talking = talking[:MATCHES], talking[MATCHES:]
                row.append(await bench.cost(lambda: bench.end(ending)))  # noqa: B023 - called at once
                talking += await bench.answer()
                await bench.join(MATCHES)
    return rows


async def caller_side() -> dict[str, list[float]]:
    """A caller arrives and is given one of a thousand ready agents; `ringall` all of them. Microseconds a match."""
    rows: dict[str, list[float]] = {}
    async with redis_server.running() as server, Redis.from_url(server.url) as redis:
        for strategy in get_args(Strategy):
            bench = Bench(redis)
            await bench.opens(strategy)
            for _ in range(RUNS):
                calls: list[str] = []

                async def arrive() -> None:
                    calls.extend(await bench.join(1 if strategy == "ringall" else MATCHES))  # noqa: B023 - called at once

                rows.setdefault(strategy, []).append(await bench.cost(arrive))
                await bench.end(calls)
    return rows
