from collections import Counter

from services.domain.agents import State
from services.store import agents, queues
from services.store.queues import Offer
from tests.store.shop import NOW, Shop, agent, group


async def test_sequence_goes_on_to_who_was_not_tried_and_then_begins_anew(shop: Shop) -> None:
    await shop.opens(group(retry_seconds=0), ready="li wang zhao")
    await shop.joins("c1")
    rung = []
    for _ in range(6):
        rung.append(await shop.rings("c1"))
        await shop.misses("c1")
    assert rung == ["li", "wang", "zhao", "li", "wang", "zhao"]


async def test_rotation_begins_one_further_with_each_call(shop: Shop) -> None:
    await shop.opens(group("rotation"), ready="li wang zhao")
    rung = []
    for number in range(5):
        await shop.joins(f"c{number}")
        rung.append(await shop.rings(f"c{number}"))
        await shop.leaves(f"c{number}")
    assert rung == ["li", "wang", "zhao", "li", "wang"]


async def test_even_and_percentage_count_a_day(shop: Shop) -> None:
    weights = {"li": 50, "wang": 30, "zhao": 20}
    shares = group("percentage", id="shares", weights=weights)
    await shop.opens(group("even"), shares, ready="li wang zhao")
    for name, expected in (("shares", {"li": 5, "wang": 3, "zhao": 2}), ("sales", {"li": 4, "wang": 3, "zhao": 3})):
        taken: Counter[str] = Counter()
        for number in range(10):
            await shop.joins(f"c{number}", name)
            rings = await shop.rings(f"c{number}")
            taken[rings] += 1
            await shop.takes(f"c{number}", rings)
            await shop.leaves(f"c{number}", "ended")
        assert taken == expected
    await shop.hears_nothing(14 * 3_600_000 - 1)
    await shop.joins("last of the day", "shares")
    assert await shop.rings("last of the day") == "li"
    await shop.takes("last of the day", "li")
    await shop.leaves("last of the day", "ended")
    await shop.passes(1)
    await shop.joins("first of the day", "shares")
    assert await shop.rings("first of the day") == "li"


async def test_random_asks_each_as_often(shop: Shop) -> None:
    await shop.opens(group("random"), ready="li wang zhao")
    rung: Counter[str] = Counter()
    for number in range(300):
        await shop.joins(f"c{number}")
        rung[await shop.rings(f"c{number}")] += 1
        await shop.leaves(f"c{number}", "overflow")
    assert all(50 < times < 150 for times in rung.values())
    assert len(rung) == 3


async def test_longest_idle(shop: Shop) -> None:
    await shop.opens(group("longest_idle"))
    for name in ("wang", "zhao", "li"):
        await agents.login(shop.distribution, name, shop.now)
        await shop.passes(1)
    rung = [await shop.joins(f"c{number}") for number in range(3)]
    assert [offer.agents for offer in rung if offer] == [("wang",), ("zhao",), ("li",)]


async def test_skills_widen_when_it_is_due(shop: Shop) -> None:
    steps = [{"after_seconds": 0, "level": 4}, {"after_seconds": 8, "level": 2}]
    await shop.opens(group("skills", skills={"li": 1, "wang": 2, "zhao": 3}, widening=steps), ready="li wang")
    assert await shop.joins("c1") is None
    assert shop.due == NOW + 8000
    await shop.passes(7999)
    assert await shop.rings("c1") == ""
    await shop.passes(1)
    assert await shop.rings("c1") == "wang"


async def test_an_agent_finds_whoever_its_level_will_do_for(shop: Shop) -> None:
    await shop.opens(group("skills", skills={"li": 2, "wang": 3}, widening=[{"after_seconds": 0, "level": 3}]))
    await shop.joins("c1")
    await agents.login(shop.distribution, "li", NOW)
    assert await shop.rings("c1") == ""
    await agents.login(shop.distribution, "wang", NOW)
    assert await shop.rings("c1") == "wang"


async def test_of_callers_whose_search_widens_together_the_most_urgent_is_first(shop: Shop) -> None:
    steps = [{"after_seconds": 0, "level": 4}, {"after_seconds": 2, "level": 2}]
    await shop.opens(group("skills", skills={"wang": 2}, widening=steps), ready="wang")
    for call, priority in (("c1", 0), ("c2", 7), ("c3", 0)):
        await shop.joins(call, priority=priority)
    await shop.passes(2000)
    assert [await shop.rings(call) for call in ("c1", "c2", "c3")] == ["", "wang", ""]


async def test_ringall_rings_everybody_and_the_first_to_talk_has_the_caller(shop: Shop) -> None:
    await shop.opens(group("ringall"), ready="li wang zhao")
    await shop.joins("c1")
    assert await shop.offer("c1") == Offer(1, ("li", "wang", "zhao"))
    won = [await queues.answered(shop.distribution, "c1", 1, name, NOW) for name in ("wang", "li", "zhao")]
    assert won == [True, False, False]
    assert [await shop.state(name) for name in ("li", "wang", "zhao")] == [
        (State.READY, ""),
        (State.BUSY, ""),
        (State.READY, ""),
    ]


async def test_ringall_goes_on_without_who_declines(shop: Shop) -> None:
    await shop.opens(group("ringall"), ready="li wang")
    await shop.joins("c1")
    assert await shop.misses("c1", "li") == Offer(1, ("wang",))
    assert await shop.misses("c1", "wang") is None
    assert [await shop.state(name) for name in ("li", "wang")] == [(State.WRAP_UP, "")] * 2
    await shop.passes(5000)
    assert await shop.rings("c1") == "li wang"


async def test_ringall_rings_who_became_ready_together_but_not_who_has_another_caller_to_serve(shop: Shop) -> None:
    more = group("sequence", members=["wang"], priorities={"wang": 1}).model_copy(update={"id": "more"})
    await shop.opens(group("ringall"), more, ready="li wang zhao")
    await shop.joins("c1")
    await shop.misses("c1")
    await shop.joins("c2", "more")
    await shop.passes(5000)
    assert [await shop.rings(call) for call in ("c1", "c2")] == ["li zhao", "wang"]


async def test_a_returning_caller_waits_for_who_served_it_and_then_for_anybody(shop: Shop) -> None:
    await shop.opens(group(returning_seconds=8), ready="li")
    await shop.joins("c1", number="138")
    await shop.takes("c1", "li")
    await shop.leaves("c1", "ended")
    await agents.login(shop.distribution, "wang", NOW)
    await shop.joins("c2", number="139")
    assert await shop.rings("c2") == "li"
    assert await shop.joins("c3", number="138") is None, "wang is ready, but it waits for li"
    assert shop.due == NOW + 8000
    await shop.passes(7999)
    assert await shop.rings("c3") == ""
    await shop.passes(1)
    assert await shop.rings("c3") == "wang"


async def test_nobody_waits_for_an_agent_who_goes(shop: Shop) -> None:
    await shop.opens(group(returning_seconds=8), ready="li")
    await shop.joins("c1", number="138")
    await shop.takes("c1", "li")
    await agents.login(shop.distribution, "wang", NOW)
    await shop.joins("c2", number="138")
    assert await shop.rings("c2") == ""
    await agents.logout(shop.distribution, "li", NOW)
    await shop.leaves("c1", "ended")
    assert await shop.rings("c2") == "wang"


async def test_who_went_is_not_waited_for_again_though_it_is_back(shop: Shop) -> None:
    await shop.opens(group(returning_seconds=8), ready="li")
    await shop.joins("c1", number="138")
    await shop.takes("c1", "li")
    await shop.joins("c2", number="138")
    await agents.pause(shop.distribution, "li", "tea", NOW)
    await shop.leaves("c1", "ended")
    await agents.phone(shop.distribution, "li", "in_use", NOW)
    await agents.resume(shop.distribution, "li", NOW)
    await queues.put(shop.distribution, group(returning_seconds=9), NOW)
    await agents.login(shop.distribution, "wang", NOW)
    assert await shop.rings("c2") == "wang"


async def test_percentage_spreads_the_small_shares(shop: Shop) -> None:
    await shop.opens(group("percentage", weights={"li": 4, "wang": 1, "zhao": 1}), ready="li wang zhao")
    rung = []
    for number in range(6):
        await shop.joins(f"c{number}")
        rung.append(await shop.rings(f"c{number}"))
        await shop.takes(f"c{number}", rung[-1])
        await shop.leaves(f"c{number}", "ended")
    assert rung == ["li", "li", "wang", "zhao", "li", "li"]


async def test_random_asks_nobody_twice_while_another_is_ready(shop: Shop) -> None:
    await shop.opens(group("random", retry_seconds=0), ready="li wang zhao")
    for name in ("li", "wang", "zhao"):
        await agents.put(shop.distribution, agent(name, pause_after_missed=0), NOW)
    for number in range(20):
        await shop.joins(f"c{number}")
        rung = []
        for _ in range(3):
            rung.append(await shop.rings(f"c{number}"))
            await shop.misses(f"c{number}")
        assert sorted(rung) == ["li", "wang", "zhao"]
        await shop.leaves(f"c{number}", "overflow")


async def test_a_caller_who_gives_up_does_not_cost_the_agent_its_turn(shop: Shop) -> None:
    await shop.opens(group("longest_idle"), ready="li")
    await shop.passes(1)
    await agents.login(shop.distribution, "wang", shop.now)
    await shop.passes(1)
    await shop.joins("c1")
    await shop.leaves("c1", "overflow")
    await shop.joins("c2")
    assert await shop.rings("c2") == "li"
