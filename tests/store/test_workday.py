from services.domain.workday import DAY_MS, Workday, midnight
from services.store import agents, queues
from tests.store.shop import NOW, Shop, agent, group

MINUTE = 60_000


async def today(shop: Shop, name: str = "li") -> Workday:
    found = await agents.today(shop.distribution, name, shop.now)
    assert found
    return found


async def test_time_is_kept_by_state_the_one_it_is_in_included(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=60), ready="li")
    await shop.passes(5 * MINUTE)
    await shop.joins("c1")
    shop.now += 4000
    await shop.takes("c1", "li")
    shop.now += 9000
    await queues.ended(shop.distribution, "c1", shop.now)
    shop.now += 20_000
    await agents.pause(shop.distribution, "li", "tea", shop.now)
    shop.now += 7000
    await agents.phone(shop.distribution, "wang", "in_use", shop.now)
    await agents.login(shop.distribution, "wang", shop.now)
    shop.now += 3000
    li, wang = await today(shop), await today(shop, "wang")
    assert (li.ready, li.ringing, li.busy, li.wrap_up, li.paused) == (5 * MINUTE, 4000, 9000, 20_000, 10_000)
    assert (li.answered, li.missed) == (1, 0)
    assert li.on_duty == 5 * MINUTE + 43_000
    assert (wang.own_call, wang.on_duty) == (3000, 3000)


async def test_a_wrap_up_that_nobody_saw_end_is_as_long_as_it_was(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=60), ready="li")
    await shop.talks("c1", "li")
    shop.now += 10 * MINUTE
    await queues.advance(shop.distribution, shop.now)
    assert (await today(shop)).wrap_up == MINUTE
    assert (await today(shop)).ready == 9 * MINUTE


async def test_who_dropped_a_call_has_missed_it_and_answered_none(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    offer = await shop.offer("c1")
    assert offer
    await shop.takes("c1", "li")
    await queues.missed(shop.distribution, "c1", offer.number, shop.now, ["li"])
    assert ((await today(shop)).answered, (await today(shop)).missed) == (0, 1)


async def test_a_talk_that_was_handed_on_is_answered_by_both(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    await shop.joins("c1")
    await shop.takes("c1", "li")
    await queues.handed(shop.distribution, "c1", "wang", shop.now)
    assert [(await today(shop, name)).answered for name in ("li", "wang")] == [1, 1]


async def test_a_day_begins_at_midnight_in_china(shop: Shop) -> None:
    shop.now = midnight(NOW) + DAY_MS - MINUTE
    await shop.opens(group(), ready="li")
    shop.now += 3 * MINUTE
    assert (await today(shop)).ready == 2 * MINUTE
    await agents.pause(shop.distribution, "li", "tea", shop.now)
    assert (await today(shop)).ready == 2 * MINUTE
    yesterday = await agents.today(shop.distribution, "li", midnight(shop.now) - 1)
    assert yesterday
    assert yesterday.ready == MINUTE


async def test_who_is_logged_out_is_not_on_duty_and_who_cannot_be_reached_is(shop: Shop) -> None:
    await shop.opens(group())
    shop.now += MINUTE
    await agents.phone(shop.distribution, "li", "unreachable", shop.now)
    await agents.login(shop.distribution, "li", shop.now)
    shop.now += MINUTE
    assert await today(shop) == Workday(unreachable=MINUTE)
    assert await agents.today(shop.distribution, "nobody", shop.now) is None


async def test_a_clock_that_was_set_back_takes_no_time_away(shop: Shop) -> None:
    await agents.put(shop.distribution, agent("li"), NOW)
    await agents.login(shop.distribution, "li", NOW)
    shop.now = NOW - MINUTE
    await agents.pause(shop.distribution, "li", "tea", shop.now)
    assert await today(shop) == Workday()
