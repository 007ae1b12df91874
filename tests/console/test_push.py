"""One reader of the live events, many who follow. Real Redis; whoever looks sees agents' states as one line."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from services.console.news import News, reading
from services.console.push import Follower, Push, Seen
from services.domain.agents import Event
from services.store import agents, keys, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.redis_server import RedisServer
from tests.harness.waiting import until
from tests.store.shop import agent, group


@pytest.fixture
async def push(server: RedisServer, redis: Redis) -> AsyncIterator[Push]:
    desk = Distribution(redis, "shop")
    for name in ("li", "wang"):
        await agents.put(desk, agent(name), now())
    await queues.put(desk, group(members=["li", "wang"]), now())
    news = News(reading(server.url))
    async with news.running(), Redis.from_url(server.url, socket_timeout=3) as own:
        push = Push(own, news)
        yield push
        await push.end()


async def states(seen: Seen) -> str:
    """`li ready, wang offline`; after `stopped: ` when it is of before."""
    told = "stopped: " if seen.stopped else ""
    found = seen.live.agents if seen.live else {}
    return told + ", ".join(f"{name} {one.state}" for name, one in sorted(found.items()))


async def sees(follower: Follower[str], expected: str) -> None:
    async def seen() -> bool:
        return await follower.next(0.1) == expected

    await until(seen, f"{expected!r} to be seen", 15)


async def test_a_change_is_pushed(push: Push, redis: Redis) -> None:
    with push.follow("shop", "states", states) as follower:
        assert await follower.next(5) == "li offline, wang offline"
        await agents.login(Distribution(redis, "shop"), "li", now())
        assert await follower.next(5) == "li ready, wang offline"
        assert await follower.next(0.3) is None


async def test_who_looks_seldom_sees_the_newest_only(push: Push, redis: Redis) -> None:
    desk = Distribution(redis, "shop")
    with push.follow("shop", "states", states) as seldom, push.follow("shop", "states", states) as often:
        await seldom.next(5)
        for event in ("login", "logout") * 5:
            await agents.happen(desk, "li", Event(event), now())
        await agents.login(desk, "wang", now())
        await sees(often, "li offline, wang ready")
        assert await seldom.next(5) == "li offline, wang ready"
        assert await seldom.next(0.3) is None


async def test_what_many_see_is_drawn_once(push: Push, redis: Redis) -> None:
    drawn = 0

    async def counted(seen: Seen) -> str:
        nonlocal drawn
        drawn += 1
        return await states(seen)

    with push.follow("shop", "states", counted) as one, push.follow("shop", "states", counted) as other:
        assert await one.next(5) == await other.next(5)
        before = drawn
        await agents.login(Distribution(redis, "shop"), "li", now())
        assert await one.next(5) == await other.next(5) == "li ready, wang offline"
        assert drawn == before + 1
        assert push.followers == 2
    assert push.followers == 0


async def test_a_new_agent_appears(push: Push, redis: Redis) -> None:
    with push.follow("shop", "states", states) as follower:
        await follower.next(5)
        await agents.put(Distribution(redis, "shop"), agent("zhao"), now())
        assert await follower.next(5) == "li offline, wang offline, zhao offline"


async def test_while_redis_is_away_it_is_said_since_when(push: Push, server: RedisServer) -> None:
    with push.follow("shop", "states", states) as follower:
        await sees(follower, "li offline, wang offline")
        await server.kill()
        await sees(follower, "stopped: li offline, wang offline")
        with push.follow("other", "states", states) as late:
            await sees(late, "stopped: ")
        await server.start()
        async with Redis.from_url(server.url) as redis:
            await agents.login(Distribution(redis, "shop"), "wang", now())
            await sees(follower, "li offline, wang ready")
            await agents.login(Distribution(redis, "shop"), "li", now())
            await sees(follower, "li ready, wang ready")


async def test_a_redis_that_is_silent_is_away(push: Push, server: RedisServer) -> None:
    with push.follow("shop", "states", states) as follower:
        await sees(follower, "li offline, wang offline")
        server.freeze()
        try:
            await sees(follower, "stopped: li offline, wang offline")
        finally:
            server.thaw()
        await sees(follower, "li offline, wang offline")


async def test_an_entry_of_somebody_elses_stops_nothing(push: Push, redis: Redis) -> None:
    with push.follow("shop", "states", states) as follower:
        await sees(follower, "li offline, wang offline")
        await redis.xadd(keys.LIVE_STREAM, {"account": "shop", "of": "agent", "agent": "li", "state": "dancing"})
        await redis.xadd(keys.LIVE_STREAM, {"nothing": "known"})
        await agents.login(Distribution(redis, "shop"), "li", now())
        await sees(follower, "li ready, wang offline")


async def test_a_view_that_cannot_be_drawn_ends_those_who_follow_it_only(push: Push, redis: Redis) -> None:
    async def broken(seen: Seen) -> str:
        raise ZeroDivisionError(seen.at)

    with push.follow("shop", "broken", broken) as one, push.follow("shop", "states", states) as other:
        with pytest.raises(ZeroDivisionError):
            await one.next(5)
        await sees(other, "li offline, wang offline")
        await agents.login(Distribution(redis, "shop"), "li", now())
        await sees(other, "li ready, wang offline")


async def test_what_looks_the_same_is_not_pushed_again(push: Push, redis: Redis) -> None:
    async def named(seen: Seen) -> str:
        return ", ".join(sorted(seen.agents.values()))

    with push.follow("shop", "names", named) as names, push.follow("shop", "states", states) as follower:
        assert await names.next(5) == "li, wang"
        await sees(follower, "li offline, wang offline")
        await agents.login(Distribution(redis, "shop"), "li", now())
        await sees(follower, "li ready, wang offline")
        assert await names.next(0) is None
