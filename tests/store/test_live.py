"""The live picture: whatever happens, the entries lead from every picture to the next one."""

import random
from collections import Counter
from contextlib import suppress

from redis.asyncio import Redis

from services.domain.agents import Event, IllegalTransition
from services.domain.live import Live, Outcome, Stale, Tally
from services.store import agents, live, queues
from services.store.distribution import Distribution
from services.store.queues import Offer
from tests.store.shop import NOW, Shop, group

BY_HAND = [Event.LOGIN, Event.LOGIN, Event.LOGIN, Event.LOGOUT, Event.WRAPPED]


async def follows(redis: Redis, picture: Live) -> Live:
    """The picture with all entries that have come since."""
    for entry in await live.read(redis, picture.position, 1):
        picture.apply(*entry)
    return picture


async def waits(shop: Shop, ms: int, *calls: str) -> None:
    """Somebody keeps these calls."""
    until = shop.now + ms
    while shop.now < until:
        await shop.passes(min(5_000, until - shop.now))
        await queues.renew(shop.distribution, "p1", calls, shop.now)


async def taken(shop: Shop) -> Live:
    return await live.picture(shop.distribution, shop.now)


def outcomes(picture: Live, name: str = "sales") -> list[tuple[str, int]]:
    """Outcome and seconds waited, each as often as it is counted."""
    return sorted((one.outcome, one.seconds) for one in picture.groups[name].tallies.elements())


async def test_a_day_in_the_shop_is_the_same_by_entries_as_by_a_new_picture(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(wrap_up_seconds=5), ready="li")
    picture = await taken(shop)
    await shop.joins("c1", number="13800138000", hotline="4008001234")
    await shop.passes(3_100)
    await shop.takes("c1", "li")
    await shop.joins("c2")
    await shop.joins("c3", priority=3)
    await waits(shop, 17_000, "c1", "c2", "c3")
    await shop.leaves("c2")
    await shop.leaves("c3", "overflow")
    await shop.leaves("c1", "ended")
    await agents.pause(shop.distribution, "li", "午餐", shop.now)
    await shop.joins("c4")
    again = await taken(shop)
    assert await follows(redis, picture) == again
    assert outcomes(again) == [
        *[("abandoned", 17), ("answered", 4)],
        *[("arrived", 0)] * 4,
        ("overflow", 17),
    ]  # fmt: skip
    assert [caller.call for caller in again.queue("sales")] == ["c4"]
    assert again.agents["li"].state == "paused"
    assert again.groups["sales"].answered == Counter({"li": 1})


async def test_entries_that_a_picture_has_already_change_nothing(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(), ready="li")
    before = (await taken(shop)).position
    await shop.talks("c1", "li")
    picture, again = await taken(shop), await taken(shop)
    changed = [picture.apply(*entry) for entry in await live.read(redis, before, 1)]
    assert len(changed) == 7
    assert not any(changed)
    assert picture == again


async def test_a_call_that_is_dropped_at_once_is_no_answer(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(retry_seconds=60), ready="li")
    picture = await taken(shop)
    await shop.joins("c1")
    await shop.passes(2_500)
    await shop.takes("c1", "li")
    await shop.passes(400)
    assert await queues.missed(shop.distribution, "c1", 1, shop.now) is None
    await shop.passes(4_000)
    await shop.leaves("c1")
    again = await taken(shop)
    assert await follows(redis, picture) == again
    assert outcomes(again) == [("abandoned", 7), ("arrived", 0)]
    assert not +again.groups["sales"].answered


async def test_who_comes_back_after_a_crash_has_arrived_once(shop: Shop) -> None:
    await shop.opens(group())
    await shop.joins("c1")
    await shop.passes(30_000)  # nobody renews it
    assert outcomes(await taken(shop)) == [("arrived", 0)]
    await shop.joins("c1")
    await shop.passes(4_000)
    await shop.joins("c1")
    await shop.leaves("c1")
    assert outcomes(await taken(shop)) == [("abandoned", 34), ("arrived", 0)]


async def test_who_calls_again_has_its_place_but_has_not_waited_meanwhile(shop: Shop) -> None:
    await shop.opens(group(place_seconds=60))
    await shop.joins("c1", number="138")
    await shop.passes(5_000)
    await shop.leaves("c1")
    await shop.passes(30_000)
    await shop.joins("c2", number="138")
    [caller] = (await taken(shop)).queue("sales")
    assert (caller.joined, caller.waits_since) == (NOW, NOW + 35_000)
    await shop.passes(2_000)
    await shop.leaves("c2")
    assert outcomes(await taken(shop)) == [("abandoned", 2), ("abandoned", 5), ("arrived", 0), ("arrived", 0)]


async def test_who_comes_from_another_queue_has_waited_there_too(shop: Shop) -> None:
    await shop.opens(group(), group(id="service"))
    await shop.joins("c1")
    await shop.passes(8_000)
    await shop.leaves("c1", "overflow")
    await shop.joins("c1", "service", joined=NOW)
    await shop.passes(1_000)
    await shop.leaves("c1")
    picture = await taken(shop)
    assert outcomes(picture) == [("arrived", 0), ("overflow", 8)]
    assert outcomes(picture, "service") == [("abandoned", 9), ("came_over", 8)]


async def test_a_full_queue_turns_away(shop: Shop) -> None:
    await shop.opens(group(capacity=0))
    assert await queues.join(shop.distribution, "c1", "sales", NOW, process="p1") is None
    assert outcomes(await taken(shop)) == [("arrived", 0), ("full", 0)]


async def test_a_call_to_a_named_agent_is_counted_nowhere(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    offer = await queues.claim(shop.distribution, "c1", "sales", "li", NOW, process="p1")
    assert offer
    assert await queues.answered(shop.distribution, "c1", offer.number, "li", NOW)
    picture = await taken(shop)
    assert outcomes(picture) == []
    assert picture.callers["c1"].agents == ("li",)


async def test_at_midnight_in_china_another_day_begins(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(), ready="li")
    shop.now = NOW + 14 * 3_600_000 - 2_000
    await shop.joins("c1")
    picture = await taken(shop)
    await shop.passes(4_000)
    assert not picture.counted(["sales"], shop.now)
    await shop.takes("c1", "li")
    again = await taken(shop)
    assert (await follows(redis, picture)).groups["sales"].tallies == Counter({Tally(0, Outcome.ANSWERED, 4): 1})
    assert again == picture


async def test_whoever_is_new_makes_a_picture_stale(shop: Shop, redis: Redis) -> None:
    await shop.opens(group())
    for change in (group(members=["li"]), group(id="service")):
        picture = await taken(shop)
        await queues.put(shop.distribution, change, NOW)
        assert await is_stale(redis, picture)
    picture = await taken(shop)
    await agents.remove(shop.distribution, "zhao", NOW)
    assert await is_stale(redis, picture)
    assert "zhao" not in (await taken(shop)).agents


async def is_stale(redis: Redis, picture: Live) -> bool:
    try:
        await follows(redis, picture)
    except Stale:
        return True
    return False


async def test_others_are_not_in_the_picture(shop: Shop, redis: Redis) -> None:
    await shop.opens(group())
    other = Distribution(redis, "other")
    await queues.put(other, group(account="other"), NOW)
    picture = await taken(shop)
    await queues.join(other, "c9", "sales", NOW, process="p1")
    assert (await follows(redis, picture)).callers == {}
    assert (await live.picture(other, NOW)).agents == {}


async def test_whatever_happens(shop: Shop, redis: Redis) -> None:
    """Two groups, three agents, anything in any order."""
    await shop.opens(
        group(retry_seconds=3, wrap_up_seconds=4), group("ringall", id="service", members=["wang", "zhao"])
    )
    chance, picture = random.Random(7), await taken(shop)
    for _ in range(300):
        await something(shop, chance, f"c{chance.randrange(5)}")
        assert await follows(redis, picture) == await taken(shop)
    assert {one.outcome for one in picture.counted(["sales", "service"], shop.now)} == {
        *["arrived", "answered", "abandoned", "overflow"]
    }  # fmt: skip


async def something(shop: Shop, chance: random.Random, call: str) -> None:
    held = await queues.renew(shop.distribution, "p1", [call], shop.now)
    if offer := held.get(call):
        await is_offered(shop, chance, call, offer)
    elif call in held:
        await queues.leave(shop.distribution, call, chance.choice(["abandoned", "overflow", "ended"]), shop.now)
    else:
        await queues.join(shop.distribution, call, chance.choice(["sales", "service"]), shop.now, process="p1")
    await queues.pull(shop.distribution, call, chance.choice(["li", "wang", "zhao"]), shop.now)
    with suppress(IllegalTransition):
        await agents.happen(shop.distribution, chance.choice(["li", "wang", "zhao"]), chance.choice(BY_HAND), shop.now)
    await shop.passes(chance.randrange(4_000))


async def is_offered(shop: Shop, chance: random.Random, call: str, offer: Offer) -> None:
    if chance.random() < 0.8:
        await queues.answered(shop.distribution, call, offer.number, chance.choice(offer.agents), shop.now)
    if chance.random() < 0.3:
        await queues.missed(shop.distribution, call, offer.number, shop.now)


async def test_a_group_of_an_older_release_is_seen_when_its_document_is_applied_again(shop: Shop, redis: Redis) -> None:
    """Then there was no list of groups."""
    await shop.opens(group(), ready="li")
    await redis.delete("acd:{shop}:groups")
    assert "sales" not in (await taken(shop)).groups
    await queues.put(shop.distribution, group(), shop.now)
    assert "sales" in (await taken(shop)).groups
