import pytest
from redis.asyncio import Redis

from services.domain.agents import Event, IllegalTransition, State
from services.store import agents, keys, queues
from services.store.distribution import Unknown
from tests.store.entries import entries
from tests.store.shop import NOW, Shop, agent, group
from tests.store.stored import Stored


async def test_an_agent_at_a_phone_begins_offline_and_one_at_a_number_ready(shop: Shop) -> None:
    await agents.put(shop.distribution, agent("li"), NOW)
    await agents.put(shop.distribution, agent("liu", bound="13900139000"), NOW)
    assert await shop.state("li") == (State.OFFLINE, "")
    assert await shop.state("liu") == (State.READY, "")
    assert await agents.get(shop.distribution, "nobody") is None


async def test_an_agent_put_again_stays_as_it_is(shop: Shop) -> None:
    await shop.opens(ready="li")
    await agents.pause(shop.distribution, "li", "tea", NOW)
    await agents.put(shop.distribution, agent("li"), NOW + 1)
    found = await agents.get(shop.distribution, "li")
    assert found
    assert (found.state, found.reason, found.since) == (State.PAUSED, "tea", NOW)


async def test_who_is_unknown_is_named(shop: Shop) -> None:
    with pytest.raises(Unknown, match="there is no agent 'nobody'"):
        await agents.login(shop.distribution, "nobody", NOW)
    with pytest.raises(Unknown, match="there is no group 'nothing'"):
        await shop.joins("c1", "nothing")


async def test_what_cannot_happen_is_refused_and_changes_nothing(shop: Shop) -> None:
    await shop.opens(ready="li")
    before = await agents.get(shop.distribution, "li")
    with pytest.raises(IllegalTransition) as refused:
        await agents.login(shop.distribution, "li", NOW + 1)
    assert (refused.value.agent, refused.value.state, refused.value.event) == ("li", State.READY, Event.LOGIN)
    assert await agents.get(shop.distribution, "li") == before


async def test_wrap_up_is_honoured_to_the_millisecond(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=30), ready="li")
    await shop.talks("c1", "li")
    await shop.joins("c2")
    assert await shop.state("li") == (State.WRAP_UP, "")
    for _ in range(10):
        await queues.renew(shop.distribution, "p1", ["c2"], shop.now)
        await shop.passes(2999)
    assert shop.due == NOW + 30_000
    assert await shop.rings("c2") == ""
    await shop.passes(9)
    assert await shop.rings("c2") == ""
    await shop.passes(1)
    assert await shop.rings("c2") == "li"


async def test_an_agent_who_ends_its_wrap_up_is_matched_at_once(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=30), ready="li")
    await shop.talks("c1", "li")
    await shop.joins("c2")
    await agents.wrapped(shop.distribution, "li", NOW + 1)
    assert await shop.rings("c2") == "li"


async def test_three_offers_missed_in_a_row_pause(shop: Shop) -> None:
    await shop.opens(group(members=["li"], retry_seconds=5), ready="li")
    await shop.joins("c1")
    for missed in range(1, 4):
        assert await shop.rings("c1") == "li"
        await shop.misses("c1")
        assert await shop.state("li") == ((State.PAUSED, "missed") if missed == 3 else (State.WRAP_UP, ""))
        await shop.passes(5000)
    await agents.resume(shop.distribution, "li", shop.now)
    assert await shop.rings("c1") == "li"
    await shop.misses("c1")
    assert await shop.state("li") == (State.WRAP_UP, "")


async def test_an_answer_between_ends_the_row(shop: Shop) -> None:
    await shop.opens(group(members=["li"], retry_seconds=0), ready="li")
    await shop.joins("c1")
    await shop.misses("c1")
    await shop.misses("c1")
    await shop.takes("c1", "li")
    await shop.leaves("c1", "ended")
    await shop.joins("c2")
    await shop.misses("c2")
    assert await shop.rings("c2") == "li"


async def test_nobody_would_resume_a_bound_number_so_it_is_not_paused(shop: Shop) -> None:
    await agents.put(shop.distribution, agent("liu", bound="13900139000"), NOW)
    await queues.put(shop.distribution, group(members=["liu"], retry_seconds=0), NOW)
    await shop.joins("c1")
    for _ in range(10):
        await shop.misses("c1")
    assert await shop.rings("c1") == "liu"


async def test_pause_and_logout_during_a_call_wait_for_its_end(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    for call, name in (("c1", "li"), ("c2", "wang")):
        await shop.joins(call)
        await shop.takes(call, name)
    await agents.pause(shop.distribution, "li", "tea", NOW)
    await agents.logout(shop.distribution, "wang", NOW)
    assert await shop.state("li") == await shop.state("wang") == (State.BUSY, "")
    await shop.leaves("c1", "ended")
    await shop.leaves("c2", "ended")
    assert await shop.state("li") == (State.PAUSED, "tea")
    assert await shop.state("wang") == (State.OFFLINE, "")


async def test_a_phone_in_use_is_not_rung_and_one_hung_up_is_at_once(shop: Shop) -> None:
    await shop.opens(group(members=["li"]), ready="li")
    await agents.phone(shop.distribution, "li", "in_use", NOW)
    assert await shop.joins("c1") is None
    assert await shop.state("li") == (State.BUSY, "own_call")
    await agents.phone(shop.distribution, "li", "unreachable", NOW)
    assert await shop.state("li") == (State.OFFLINE, "unreachable")
    await agents.phone(shop.distribution, "li", "idle", NOW)
    assert await shop.rings("c1") == "li"


async def test_an_agent_of_several_groups_serves_priority_then_its_own_priority_then_age(shop: Shop) -> None:
    service = group(id="service", priorities={"li": 5})
    await shop.opens(group(), service)
    for call, name, priority in (("old", "sales", 0), ("new", "sales", 0), ("own", "service", 0), ("vip", "sales", 9)):
        await shop.joins(call, name, priority=priority)
        await shop.passes(1)
    await agents.login(shop.distribution, "li", shop.now)
    served = []
    for _ in range(4):
        found = await agents.get(shop.distribution, "li")
        assert found
        served.append(found.call)
        await shop.takes(found.call, "li")
        await shop.leaves(found.call, "ended")
    assert served == ["vip", "own", "old", "new"]


async def test_every_change_of_an_agent_is_an_event(shop: Shop, redis: Redis) -> None:
    await shop.opens(group(wrap_up_seconds=1), ready="li")
    await shop.talks("c1", "li")
    await shop.passes(1500)
    told = [entry for _, entry in await entries(redis, keys.LIVE_STREAM) if entry.get(b"agent") == b"li"]
    assert [entry[b"state"] for entry in told] == [b"offline", b"ready", b"ringing", b"busy", b"wrap_up", b"ready"]
    assert told[2] == {
        b"at": b"%d" % NOW,
        b"account": b"shop",
        b"of": b"agent",
        b"agent": b"li",
        b"state": b"ringing",
        b"reason": b"",
        b"since": b"%d" % NOW,
        b"call": b"c1",
    }
    assert (told[5][b"since"], told[5][b"at"]) == (b"%d" % (NOW + 1000), b"%d" % (NOW + 1500))


async def test_a_member_who_leaves_its_group_is_not_rung_for_it(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await queues.put(shop.distribution, group(members=["wang", "zhao"]), NOW)
    assert await shop.joins("c1") is None
    await queues.put(shop.distribution, group(), NOW)
    assert await shop.rings("c1") == "li"
    stored = await Stored(shop.distribution, ["li"], ["sales"]).everything()
    assert stored["ready"] == {"sales": set()}


async def test_a_phone_is_unreachable_when_its_own_pbx_says_so(shop: Shop) -> None:
    """Every other one does not have it either, and says the same."""
    await shop.opens(ready="li")
    await agents.phone(shop.distribution, "li", "unreachable", NOW, "pbx1")
    assert await shop.state("li") == (State.OFFLINE, "unreachable")
    await agents.phone(shop.distribution, "li", "idle", NOW, "pbx2")
    await agents.phone(shop.distribution, "li", "unreachable", NOW, "pbx1")
    assert await shop.state("li") == (State.READY, "")
    await agents.phone(shop.distribution, "li", "in_use", NOW, "pbx1")
    await agents.phone(shop.distribution, "li", "unreachable", NOW, "pbx2")
    assert await shop.state("li") == (State.BUSY, "own_call")
    await agents.phone(shop.distribution, "li", "unreachable", NOW, "pbx1")
    assert await shop.state("li") == (State.OFFLINE, "unreachable")


async def test_a_wrap_up_may_be_ended_by_the_agents_own_phone(shop: Shop) -> None:
    await shop.opens(group(wrap_up_seconds=30), ready="li")
    await shop.talks("c1", "li")
    await agents.phone(shop.distribution, "li", "in_use", NOW)
    await agents.wrapped(shop.distribution, "li", NOW)
    assert await shop.state("li") == (State.BUSY, "own_call")
    await agents.phone(shop.distribution, "li", "idle", NOW)
    assert await shop.state("li") == (State.READY, "")
