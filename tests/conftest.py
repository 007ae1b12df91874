from collections.abc import AsyncIterator

import pytest
from hypothesis import settings
from redis.asyncio import Redis

from tests.harness import redis_server
from tests.harness.redis_server import RedisServer

# How long an example takes depends on the machine; nothing is asserted of it.
settings.register_profile("hotline", deadline=None)
settings.load_profile("hotline")


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with redis_server.running() as running:
        yield running


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    async with Redis.from_url(server.url) as client:
        yield client
