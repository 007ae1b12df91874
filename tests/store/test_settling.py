"""Books of accounts that nobody calls: settled when billing begins and after each midnight, by one process."""

import asyncio
from datetime import date, datetime

import pytest
from redis.asyncio import Redis

from services.billing import settling
from services.billing.settling import keep_settling, settle, settle_all
from services.domain.book import Line
from services.domain.rating import CHINA_TIME
from services.store import books, documents, keys, settlement
from services.store.due import end
from tests.harness.tariffs import per_increment
from tests.store.test_books import DAY as SINCE
from tests.store.test_books import HOTLINE, PACKAGE, reckoned, shop

MARCH, APRIL, MAY = date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 1)
MONTHLY = PACKAGE.model_copy(update={"cycle": PACKAGE.cycle.model_copy(update={"anchor": "first_day"})})


class Clock:
    """Time passes while somebody sleeps, and ends after so many sleeps."""

    def __init__(self, at: str, sleeps: int) -> None:
        self.now = round(datetime.fromisoformat(at).replace(tzinfo=CHINA_TIME).timestamp() * 1000)
        self.slept: list[float] = []
        self.over = asyncio.Event()
        self._sleeps = sleeps

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += round(seconds * 1000)
        if len(self.slept) == self._sleeps:
            self.over.set()
            await asyncio.Event().wait()

    async def passes(self, redis: Redis) -> None:
        keeping = asyncio.create_task(keep_settling(redis, lambda: self.now, self.sleep))
        over = asyncio.create_task(self.over.wait())
        await asyncio.wait([keeping, over], timeout=10, return_when=asyncio.FIRST_COMPLETED)
        await end([keeping, over])
        assert keeping.cancelled()


@pytest.fixture
async def agreed(redis: Redis) -> None:
    await documents.apply(redis, [shop(), MONTHLY, per_increment("0.12"), HOTLINE])


async def booked(redis: Redis) -> list[tuple[str, date]]:
    found: list[Line] = [line async for line in books.lines(redis, "shop")]
    return [(line.kind, line.day) for line in found]


FIRST = [("fee", SINCE)]
SECOND = [*FIRST, ("forfeit", APRIL), ("fee", APRIL)]


@pytest.mark.usefixtures("agreed")
async def test_books_are_settled_at_once_and_after_midnight(redis: Redis) -> None:
    clock = Clock("2026-03-31T23:59:57.500", sleeps=2)
    await clock.passes(redis)
    assert await booked(redis) == SECOND
    assert clock.slept == [2.5, 86_400]
    assert (await reckoned(redis))[1] == []


@pytest.mark.usefixtures("agreed")
async def test_who_wakes_too_early_sleeps_on(redis: Redis) -> None:
    await settlement.done(redis, MARCH)
    clock = Clock("2026-03-31T23:59:59.999", sleeps=1)
    await clock.passes(redis)
    assert (await booked(redis), clock.slept) == ([], [0.001])


async def test_while_redis_is_away_it_is_tried_again() -> None:
    clock = Clock("2026-03-31T23:00", sleeps=2)
    async with Redis.from_url("redis://127.0.0.1:1") as nowhere:
        await clock.passes(nowhere)
    assert clock.slept == [settling.AGAIN_SECONDS] * 2


@pytest.mark.usefixtures("agreed")
async def test_one_of_several_processes_does_it(redis: Redis) -> None:
    assert True in await asyncio.gather(*(settle_all(redis, APRIL) for _ in range(4)))
    assert await booked(redis) == SECOND
    await asyncio.gather(*(settle(redis, "shop", APRIL) for _ in range(4)))
    assert await booked(redis) == SECOND, "and if several do, it is done once"
    assert await settle_all(redis, MARCH), "an earlier day has been settled with it"


@pytest.mark.usefixtures("agreed")
async def test_another_takes_over_from_one_that_died(redis: Redis) -> None:
    assert await settlement.take(redis)
    assert not await settle_all(redis, APRIL)
    assert 0 < await redis.ttl(keys.SETTLING) <= settlement.LEASE_SECONDS
    await redis.delete(keys.SETTLING)  # it expires
    assert await settle_all(redis, APRIL)
    assert await booked(redis) == SECOND


@pytest.mark.usefixtures("agreed")
async def test_an_account_that_cannot_be_settled_holds_up_no_other(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    without = shop(id="poor", packages=[{"package": "gone", "since": SINCE}])
    keeps_none = shop(id="plain", packages=[])
    await documents.apply(redis, [without, keeps_none])
    assert await settle_all(redis, APRIL)
    assert await booked(redis) == SECOND
    assert await books.accounts(redis) == ["shop"]
    assert caplog.messages == ["the book of account 'poor' cannot be settled: there is no package 'gone'"]
