from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from services.store import agents, keys, queues
from services.store.distribution import Distribution
from services.store.queues import Offer
from tests.harness.ports import Ports
from tests.harness.process import Process
from tests.harness.waiting import until
from tests.store.shop import NOW, agent, group


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Redis]:
    """One node that owns all slots, and is as strict as many about keys of different ones."""
    ports = Ports()
    process = Process(
        "redis-cluster",
        [
            *("redis-server", "--cluster-enabled", "yes", "--dir", str(tmp_path), "--save", ""),
            *("--port", str(ports.redis), "--cluster-port", str(ports.carrier)),
        ],
        tmp_path,
    )
    async with Redis(port=ports.redis) as redis:
        command: Callable[..., Awaitable[Any]] = redis.execute_command

        async def answers() -> bool:
            process.must_run()
            try:
                return bool(await redis.ping())
            except RedisError:
                return False

        async def owns_all_slots() -> bool:
            return "cluster_state:ok" in str(await command("CLUSTER", "INFO"))

        await process.start()
        try:
            await until(answers, "Redis to answer")
            await command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            await until(owns_all_slots, "the cluster to be whole")
            yield redis
        finally:
            await process.stop()
            ports.release()


async def test_an_account_lies_in_one_slot_with_its_stream(cluster: Redis) -> None:
    shop = Distribution(cluster, "shop", live="events:live:{shop}")
    await agents.put(shop, agent("li"), NOW)
    await queues.put(shop, group(), NOW)
    await agents.login(shop, "li", NOW)
    place = await queues.join(shop, "c1", "sales", NOW, process="p1", number="138")
    assert place
    assert place.offer == Offer(1, ("li",))
    assert await queues.answered(shop, "c1", 1, "li", NOW)
    assert await queues.ended(shop, "c1", NOW)
    entries: Any = await cluster.xrange("events:live:{shop}")
    told = [entry[b"of"] for _, entry in entries]
    assert {of: told.count(of) for of in told} == {b"agent": 5, b"group": 1, b"caller": 4}


async def test_the_stream_of_one_redis_is_refused_by_a_cluster(cluster: Redis) -> None:
    with pytest.raises(ResponseError, match="same slot"):
        await agents.put(Distribution(cluster, "shop", live=keys.LIVE_STREAM), agent("li"), NOW)
