import pytest
from redis.asyncio import Redis

from tests.store.shop import Shop


@pytest.fixture
def shop(redis: Redis) -> Shop:
    return Shop(redis)
