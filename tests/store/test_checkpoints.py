from redis.asyncio import Redis

from services.store import checkpoints
from services.store.checkpoints import Checkpoint

FIRST, SECOND, THIRD = Checkpoint("f1", 0), Checkpoint("f1", 100), Checkpoint("f2", 7)


async def test_there_is_none_before_the_first(redis: Redis) -> None:
    assert await checkpoints.get(redis, "pbx1") is None


async def test_it_moves_from_where_it_is_believed_to_be(redis: Redis) -> None:
    assert await checkpoints.move(redis, "pbx1", None, FIRST)
    assert await checkpoints.move(redis, "pbx1", FIRST, SECOND)
    assert await checkpoints.get(redis, "pbx1") == SECOND


async def test_it_stays_when_it_is_elsewhere(redis: Redis) -> None:
    assert not await checkpoints.move(redis, "pbx1", FIRST, SECOND)
    assert await checkpoints.move(redis, "pbx1", None, FIRST)
    assert not await checkpoints.move(redis, "pbx1", None, THIRD)
    assert not await checkpoints.move(redis, "pbx1", SECOND, THIRD)
    assert await checkpoints.get(redis, "pbx1") == FIRST


async def test_each_pbx_has_its_own(redis: Redis) -> None:
    assert await checkpoints.move(redis, "pbx1", None, FIRST)
    assert await checkpoints.move(redis, "pbx2", None, THIRD)
    assert await checkpoints.get(redis, "pbx1") == FIRST
