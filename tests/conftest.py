from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.harness import redis_server
from tests.harness.redis_server import RedisServer


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with redis_server.running() as running:
        yield running


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.url) as client:
        yield client
