import asyncio

import pytest
from redis.asyncio import Redis

from services.store import audit
from services.store.audit import Act

ACT = Act("shop", "chief", "pull", "li", "c1")


async def test_what_became_of_it_is_kept(redis: Redis) -> None:
    async with audit.kept(redis, ACT):
        pass
    with pytest.raises(ValueError, match="no such call"):
        async with audit.kept(redis, ACT):
            raise ValueError("no such call")
    newest = await audit.newest(redis, 10)
    assert [entry.outcome for entry in newest] == ["refused: no such call", "done"]
    assert {entry.act for entry in newest} == {ACT}
    assert newest[0].at >= newest[1].at > 0


async def test_also_of_who_gave_up(redis: Redis) -> None:
    begun = asyncio.Event()

    async def rings() -> None:
        async with audit.kept(redis, ACT):
            begun.set()
            await asyncio.Event().wait()

    asking = asyncio.create_task(rings())
    await begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [entry.outcome for entry in await audit.newest(redis, 10)] == ["interrupted"]
