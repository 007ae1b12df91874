import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from services.domain.agents import State
from services.domain.waiting import MINUTE, Band
from services.domain.workday import day_of
from services.store import agents, keys, queues
from services.store.distribution import Distribution
from services.store.queues import Caller, Offer, Outlook, Place, Pulled, Status, Wake
from tests.store.shop import NOW, Shop, group


async def test_a_ready_agent_is_offered_in_the_step_of_joining(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    place = await queues.join(shop.distribution, "c1", "sales", NOW, process="p1")
    assert place == Place(NOW, Offer(1, ("li",)))
    assert await shop.state("li") == (State.RINGING, "")


async def test_the_agent_who_arrives_gets_the_most_urgent(shop: Shop) -> None:
    await shop.opens(group())
    for call, priority in (("old", 0), ("new", 0), ("vip", 3)):
        assert await shop.joins(call, priority=priority) is None
        await shop.passes(1)
    for name in ("li", "wang", "zhao"):
        await agents.login(shop.distribution, name, shop.now)
    assert [await shop.rings(call) for call in ("vip", "old", "new")] == ["li", "wang", "zhao"]


async def test_only_the_process_of_the_caller_is_woken(shop: Shop, redis: Redis) -> None:
    await shop.opens(group())
    await shop.joins("c1", process="p1")
    await shop.passes(1)
    await shop.joins("c2", process="p2")
    async with redis.pubsub() as listening:
        await listening.subscribe(keys.wake("p1"), keys.wake("p2"))
        await agents.login(shop.distribution, "li", NOW)
        heard: list[Any] = [await listening.get_message(timeout=5) for _ in range(3)]
        assert [message["type"] for message in heard] == ["subscribe", "subscribe", "message"]
        assert heard[2]["channel"].decode() == keys.wake("p1")
        assert queues.wake_of(heard[2]["data"]) == Wake("shop", "c1", 1)


async def test_a_wake_up_that_was_missed_is_found_by_renewing(shop: Shop) -> None:
    await shop.opens(group())
    await shop.joins("c1")
    await shop.joins("c2")
    await agents.login(shop.distribution, "li", NOW)
    held = await queues.renew(shop.distribution, "p1", ["c1", "c2", "gone"], NOW)
    assert held == {"c1": Offer(1, ("li",)), "c2": None}


async def test_an_offer_that_is_over_can_be_neither_answered_nor_missed(shop: Shop) -> None:
    await shop.opens(group(retry_seconds=0, members=["li"]), ready="li")
    await shop.joins("c1")
    await shop.misses("c1")
    assert not await queues.answered(shop.distribution, "c1", 1, "li", NOW)
    assert await queues.missed(shop.distribution, "c1", 1, NOW) == Offer(2, ("li",))
    assert not await queues.answered(shop.distribution, "c1", 2, "wang", NOW)
    assert not await queues.answered(shop.distribution, "c2", 2, "li", NOW)
    assert await shop.state("li") == (State.RINGING, "")


async def test_a_call_dropped_at_once_is_a_missed_offer(shop: Shop) -> None:
    await shop.opens(group("even", retry_seconds=5), ready="li")
    await shop.joins("c1")
    await shop.passes(1)
    await shop.joins("c2")
    assert await shop.takes("c1", "li")
    assert await queues.missed(shop.distribution, "c1", 1, shop.now) is None
    assert await shop.state("li") == (State.WRAP_UP, "")
    assert (await queues.outlook(shop.distribution, "c1", shop.now)) == Outlook(1, None, trusted=True)
    await agents.login(shop.distribution, "wang", shop.now)
    assert await shop.rings("c1") == "wang"


async def test_calls_dropped_in_a_row_pause_and_are_no_answers(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(members=["li"], retry_seconds=0), ready="li")
    await shop.joins("c1")
    for offer in (1, 2, 3):
        assert await shop.takes("c1", "li")
        await queues.missed(shop.distribution, "c1", offer, shop.now)
    assert await shop.state("li") == (State.PAUSED, "missed")
    prefix = keys.distribution("shop")
    assert await redis.hget(f"{prefix}answered:sales", "li") == b"0"
    assert await redis.llen(f"{prefix}served:sales") == 0


async def test_a_caller_who_gives_up_frees_the_agent_for_the_next(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    await shop.joins("c2")
    assert await shop.leaves("c1")
    assert await shop.rings("c2") == "li"
    assert not await shop.leaves("c1")


async def test_a_queue_is_full_for_who_has_to_wait(shop: Shop) -> None:
    await shop.opens(group(capacity=1))
    await shop.joins("c1")
    assert await queues.join(shop.distribution, "c2", "sales", NOW, process="p1") is None
    await agents.login(shop.distribution, "li", NOW)
    await agents.login(shop.distribution, "wang", NOW)
    assert await shop.joins("c2") == Offer(2, ("wang",))
    await shop.joins("c3")
    assert await queues.join(shop.distribution, "c4", "sales", NOW, process="p1", joined=NOW - 1) == Place(
        NOW - 1, None
    )


async def test_the_place_of_a_dead_process_is_kept_for_who_takes_the_call_over(shop: Shop) -> None:
    await shop.opens(group(capacity=2))
    await shop.joins("c1")
    await shop.passes(1)
    await shop.joins("c2")
    await shop.passes(9999)
    assert await queues.renew(shop.distribution, "p1", ["c1", "c2"], shop.now) == {"c2": None}
    await shop.passes(5000)
    place = await queues.join(shop.distribution, "c1", "sales", shop.now, process="p2")
    assert place == Place(NOW, None)
    outlook = await queues.outlook(shop.distribution, "c1", shop.now)
    assert outlook == Outlook(1, None, trusted=True)


async def test_a_call_that_joins_again_before_its_lease_is_over_frees_its_agent(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await shop.joins("c1", process="p1")
    place = await queues.join(shop.distribution, "c1", "sales", NOW + 1, process="p2")
    assert place == Place(NOW, Offer(2, ("li",)))


@pytest.mark.parametrize("answers", [False, True])
async def test_an_agent_of_a_dead_process_is_free_within_ten_seconds(shop: Shop, answers: bool) -> None:  # noqa: FBT001
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    if answers:
        await shop.takes("c1", "li")
    await shop.passes(9999)
    assert (await shop.state("li"))[0] in {State.RINGING, State.BUSY}
    assert shop.due == NOW + 10_000
    await shop.passes(1)
    assert await shop.state("li") == (State.READY, "")


async def test_where_redis_could_not_be_reached_nobody_is_given_up(shop: Shop) -> None:
    """The first to be heard of again may be anybody."""
    await shop.opens(group(), ready="li")
    for call in ("c1", "c2", "c3"):
        await shop.joins(call)
    await shop.takes("c1", "li")
    await shop.hears_nothing(30_000)
    await shop.joins("c4")
    assert await queues.renew(shop.distribution, "p1", ["c1", "c2"], shop.now) == {"c1": None, "c2": None}
    assert await shop.state("li") == (State.BUSY, "")
    await shop.passes(5000)
    assert list(await queues.renew(shop.distribution, "p1", ["c1", "c2", "c3"], shop.now)) == ["c1", "c2"]


async def test_a_lease_that_would_run_out_just_after_redis_is_back_has_a_while_too(shop: Shop) -> None:
    """Given up for a moment, the first of the queue would see the second served before it."""
    await shop.opens(group(), ready="li")
    await shop.talks("c0", "li")
    await agents.pause(shop.distribution, "li", "later", shop.now)
    await shop.joins("c1")
    shop.now += 5
    await shop.joins("c2")
    await queues.renew(shop.distribution, "p1", ["c1"], shop.now + 1)
    await shop.hears_nothing(9_999)
    await agents.phone(shop.distribution, "zhao", "idle", shop.now)
    shop.now += 50
    await agents.resume(shop.distribution, "li", shop.now)
    assert [await shop.rings(call) for call in ("c1", "c2")] == ["li", ""]
    assert list(await queues.renew(shop.distribution, "p1", ["c1", "c2"], shop.now)) == ["c1", "c2"]


async def test_where_nobody_else_lives_the_dead_are_given_up_nevertheless(shop: Shop) -> None:
    """Those who let time pass are a little late, each time."""
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    await shop.takes("c1", "li")
    for _ in range(2):
        assert shop.due
        shop.now = shop.due + 5
        await queues.advance(shop.distribution, shop.now)
    assert await shop.state("li") == (State.READY, "")


async def test_a_talk_that_another_process_sees_goes_on(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    await shop.takes("c1", "li")
    for _ in range(10):
        await shop.passes(9999)
        assert await queues.renew(shop.distribution, "ami", ["c1"], shop.now) == {"c1": None}
    assert await shop.state("li") == (State.BUSY, "")


async def test_who_calls_again_after_its_line_dropped_has_its_old_age_once(shop: Shop) -> None:
    await shop.opens(group(place_seconds=20))
    await shop.joins("c1", number="138")
    await shop.passes(5000)
    await shop.leaves("c1")
    await shop.passes(19_999)
    assert await queues.join(shop.distribution, "c2", "sales", shop.now, process="p1", number="138") == Place(NOW, None)
    place = await queues.join(shop.distribution, "c3", "sales", shop.now, process="p1", number="138")
    assert place == Place(shop.now, None)


@pytest.mark.parametrize(
    ("number", "reason", "later"), [("138", "abandoned", 20_000), ("138", "key", 1), ("", "abandoned", 1)]
)
async def test_a_place_is_not_kept(shop: Shop, number: str, reason: queues.Reason, later: int) -> None:
    await shop.opens(group(place_seconds=20))
    await shop.joins("c1", number=number)
    await shop.leaves("c1", reason)
    await shop.passes(later)
    place = await queues.join(shop.distribution, "c2", "sales", shop.now, process="p1", number=number)
    assert place == Place(shop.now, None)


async def test_how_it_stands(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=10), ready="li wang")
    await agents.pause(shop.distribution, "wang", "tea", NOW)
    assert await queues.status(shop.distribution, "sales", NOW) == Status(0, 1, 1, None)
    await shop.talks("c0", "li")
    for call, priority in (("c1", 0), ("c2", 7)):
        await shop.passes(1)
        await shop.joins(call, priority=priority)
    assert await queues.status(shop.distribution, "sales", shop.now) == Status(2, 0, 1, NOW + 1)
    positions = [await queues.outlook(shop.distribution, call, shop.now) for call in ("c1", "c2", "c0")]
    assert positions == [Outlook(2, None, trusted=True), Outlook(1, None, trusted=True), None]


async def test_waits_are_foretold_from_the_last_answers_and_trusted_while_they_come_true(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    for number in range(20):
        await shop.passes(MINUTE)
        await shop.talks(f"c{number}", "li")
    await agents.pause(shop.distribution, "li", "tea", shop.now)
    await shop.joins("c")
    outlook = await queues.outlook(shop.distribution, "c", shop.now)
    assert outlook == Outlook(1, Band(0, 2 * MINUTE), trusted=True)
    for wait in [Band(5 * MINUTE, 6 * MINUTE)] * 9 + [Band(0, MINUTE)]:
        await queues.announce(shop.distribution, "c", wait, shop.now)
    await shop.passes(1000)
    await agents.resume(shop.distribution, "li", shop.now)
    await shop.takes("c", "li")
    await shop.joins("d")
    outlook = await queues.outlook(shop.distribution, "d", shop.now)
    assert outlook
    assert not outlook.trusted


async def test_nothing_of_calls_that_are_over_is_left(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(place_seconds=20), ready="li")
    before: set[Any] = set(await redis.keys("acd:*"))
    for call in ("c1", "c2", "c3"):
        await shop.joins(call, number="138")
        await queues.announce(shop.distribution, call, Band(0, 1), shop.now)
    await shop.takes("c1", "li")
    await shop.leaves("c2")
    await shop.passes(10_000)
    await shop.passes(60_000)
    after: set[Any] = set(await redis.keys("acd:*"))
    counted = ("today:sales:20514", "totals", f"workday:li:{day_of(NOW)}")
    kept = ("answered:sales", "served:sales", "scores:sales", "offers", *counted)
    assert after - before == {f"acd:{{shop}}:{name}".encode() for name in kept}
    assert shop.due is None


async def test_ninety_callers_at_once_get_as_many_offers_as_there_are_agents(shop: Shop) -> None:
    await shop.opens(group("longest_idle"))
    calls = [f"c{number}" for number in range(90)]
    await asyncio.gather(*(shop.joins(call) for call in calls), agents.login(shop.distribution, "li", NOW))
    await asyncio.gather(*(agents.login(shop.distribution, name, NOW) for name in ("wang", "zhao")))
    held = await queues.renew(shop.distribution, "p1", calls, NOW)
    assert sorted(offer.agents for offer in held.values() if offer) == [("li",), ("wang",), ("zhao",)]


async def test_an_account_does_not_see_another(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(), ready="li")
    other = Distribution(redis, "other")
    await queues.put(other, group(), NOW)
    assert await queues.join(other, "c1", "sales", NOW, process="p1") == Place(NOW, None)
    assert await shop.joins("c1") == Offer(1, ("li",))


async def test_it_goes_on_after_redis_forgot_its_scripts(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(), ready="li")
    await redis.script_flush()
    assert await shop.joins("c1") == Offer(1, ("li",))


async def test_who_is_pulled_is_next_for_that_agent_and_for_nobody_else(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await shop.joins("c1")
    await shop.takes("c1", "li")
    for call, priority in (("pulled", 0), ("first", 9), ("second", 9)):
        await shop.passes(1)
        await shop.joins(call, priority=priority)
    assert await queues.pull(shop.distribution, "pulled", "li", shop.now) == Pulled.PULLED
    await agents.login(shop.distribution, "wang", shop.now)
    assert [await shop.rings(call) for call in ("pulled", "first", "second")] == ["", "wang", ""]
    await shop.leaves("c1", "ended")
    assert [await shop.rings(call) for call in ("pulled", "first", "second")] == ["li", "wang", ""]
    await agents.login(shop.distribution, "zhao", shop.now)
    assert await shop.rings("second") == "zhao"


async def test_who_is_pulled_to_an_idle_agent_is_offered_at_once(shop: Shop) -> None:
    await shop.opens(group("skills", skills={"li": 1}, widening=[{"after_seconds": 0, "level": 5}]), ready="li")
    assert await shop.joins("c1") is None
    assert await queues.pull(shop.distribution, "c1", "li", shop.now) == Pulled.PULLED
    assert await shop.rings("c1") == "li"


@pytest.mark.parametrize("goes", ["misses", "pauses", "leaves the group"])
async def test_a_pull_ends_with_the_agent(shop: Shop, goes: str) -> None:
    await shop.opens(group(members=["li", "wang"]), ready="li wang")
    await shop.joins("c1")
    await shop.takes("c1", "li")
    await agents.phone(shop.distribution, "wang", "in_use", NOW)
    await shop.joins("c2")
    assert await queues.pull(shop.distribution, "c2", "li", NOW) == Pulled.PULLED
    await agents.phone(shop.distribution, "wang", "idle", NOW)
    assert await shop.rings("c2") == ""
    if goes == "misses":
        await shop.leaves("c1", "ended")
        await shop.misses("c2")
    elif goes == "pauses":
        await agents.pause(shop.distribution, "li", "tea", NOW)
        await shop.leaves("c1", "ended")
    else:
        await queues.put(shop.distribution, group(members=["wang"]), NOW)
    assert await shop.rings("c2") == "wang"


async def test_who_cannot_be_pulled(shop: Shop) -> None:
    await shop.opens(group(members=["li", "wang"]), ready="li")
    await agents.login(shop.distribution, "zhao", NOW)
    await shop.joins("c1")
    assert await queues.pull(shop.distribution, "c0", "li", NOW) == Pulled.UNKNOWN
    assert await queues.pull(shop.distribution, "c1", "li", NOW) == Pulled.RINGING
    await shop.takes("c1", "li")
    assert await queues.pull(shop.distribution, "c1", "li", NOW) == Pulled.TALKING
    await shop.joins("c2")
    assert await queues.pull(shop.distribution, "c2", "zhao", NOW) == Pulled.NO_MEMBER
    assert await queues.pull(shop.distribution, "c2", "wang", NOW) == Pulled.OFF_DUTY


async def test_who_is_there(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    await shop.joins("c1", number="138", priority=2)
    offer = await shop.offer("c1")
    assert offer
    assert await queues.answered(shop.distribution, "c1", offer.number, "li", NOW, channel="pbx1-1.7")
    await shop.passes(1)
    await shop.joins("c2")
    talking = Caller("c1", "sales", "138", "talking", 2, NOW, ("li",), "", "pbx1-1.7")
    ringing = Caller("c2", "sales", "", "ringing", 0, NOW + 1, ("wang",), "", "")
    assert await queues.callers(shop.distribution) == [talking, ringing]
    assert await queues.caller(shop.distribution, "c1") == talking
    assert await queues.caller(shop.distribution, "c9") is None


async def test_a_talk_that_was_handed_on_has_not_been_dropped(shop: Shop) -> None:
    """Whoever had it talked; that its phone has hung up since says nothing about the caller."""
    await shop.opens(group(), ready="li wang")
    offer = await shop.joins("c1")
    assert offer
    assert await shop.takes("c1", "li")
    assert await queues.handed(shop.distribution, "c1", "wang", shop.now)
    assert await queues.missed(shop.distribution, "c1", offer.number, shop.now, []) is None
    assert await shop.state("wang") == (State.BUSY, "")
    assert await queues.handed(shop.distribution, "c1", "", shop.now)
    assert await queues.missed(shop.distribution, "c1", 0, shop.now, []) is None
    assert await shop.state("wang") == (State.READY, "")
