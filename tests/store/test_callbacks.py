"""Callbacks in a real Redis; time passes when the test says so."""

from typing import Any

import pytest
from redis.asyncio import Redis

from services.domain.agents import State
from services.domain.callbacks import CallbackTerms
from services.store import agents, callbacks, keys, queues
from services.store.callbacks import Asked, Callback, Offered
from services.store.distribution import Unknown
from tests.store.shop import Shop, group

HOUR = 3_600_000
TERMS = CallbackTerms(show="02161234567", trunk="carrier", attempts=2, interval_seconds=60, ring_seconds=30)
NUMBER = "13800138000"


async def asks(shop: Shop, number: str = NUMBER, **more: Any) -> tuple[Asked, str]:
    known: dict[str, Any] = {
        "hotline": "4008001234", "node": "later", "asked_in": "pbx1-1.1", "pbx": "pbx1", "joined": shop.now - 5000,
        "priority": 0, "due": shop.now, "expires": shop.now + HOUR,
    }  # fmt: skip
    return await callbacks.ask(shop.distribution, number, "sales", shop.now, **(known | more))


async def agreed(shop: Shop, number: str = NUMBER, **more: Any) -> str:
    asked, name = await asks(shop, number, **more)
    assert asked == "agreed"
    return name


async def claims(shop: Shop, process: str = "p1") -> list[str]:
    return await callbacks.claim(shop.distribution, process, f"of {process}", shop.now)


async def found(shop: Shop, name: str) -> Callback:
    callback = await callbacks.get(shop.distribution, name)
    assert callback
    return callback


async def dials(shop: Shop, name: str, agent: str) -> int:
    """The agent picks up and the customer is dialled."""
    offer = await shop.offer(name)
    assert offer
    offered = Offered(name, offer.number, agent)
    assert await callbacks.take(shop.distribution, offered, shop.now, process="p1", stay="taken")
    return await callbacks.ring(shop.distribution, offered, TERMS, shop.now)


async def ends(shop: Shop, name: str) -> tuple[str, str]:
    """What the stream of live events said of the callback last."""
    told: Any = await shop.distribution.redis.xrevrange(keys.LIVE_STREAM)
    [last, *_] = [fields for _, fields in told if fields.get(b"callback") == name.encode()]
    assert await callbacks.get(shop.distribution, name) is None
    return last[b"state"].decode(), last[b"reason"].decode()


async def test_it_stands_in_the_queue_at_the_age_of_the_place_it_was_made_of(shop: Shop) -> None:
    await shop.opens(group())
    shop.now += 60_000
    await shop.joins("younger")
    shop.now += 60_000
    name = await agreed(shop, joined=shop.now - 90_000)
    assert await claims(shop) == [name]
    await agents.login(shop.distribution, "li", shop.now)
    assert await shop.rings(name) == "li"
    assert await shop.rings("younger") == ""


async def test_from_agreed_to_answered(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    assert (await found(shop, name)).state == "waiting"
    assert await claims(shop) == [name]
    assert (await found(shop, name)).state == "offered"
    assert await dials(shop, name, "li") == 1
    assert (await found(shop, name)).state == "ringing"
    assert (await shop.state("li"))[0] == State.RINGING
    assert await shop.takes(name, "li")
    assert await ends(shop, name) == ("answered", "")
    assert (await shop.state("li"))[0] == State.BUSY
    await shop.leaves(name, "ended")
    assert (await shop.state("li"))[0] == State.READY
    assert await asks(shop) != ("pending", name)


async def test_a_number_has_one_callback_of_a_group(shop: Shop) -> None:
    await shop.opens(group())
    name = await agreed(shop)
    assert await asks(shop) == ("pending", name)
    assert await claims(shop) == [name]
    assert await asks(shop) == ("pending", name)
    assert len([one async for one in callbacks.pending(shop.distribution)]) == 1


async def test_one_process_has_it(shop: Shop) -> None:
    await shop.opens(group())
    name = await agreed(shop)
    assert await claims(shop, "p1") == [name]
    assert await claims(shop, "p2") == []


async def test_whose_process_dies_is_claimed_by_another_at_its_age(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    joined = (await found(shop, name)).joined
    await claims(shop, "p1")
    await shop.passes(9_000)
    assert await claims(shop, "p2") == []
    await shop.passes(2_000)
    assert (await shop.state("li"))[0] == State.READY
    assert await claims(shop, "p2") == [name]
    assert (await found(shop, name)).joined == joined
    assert await dials(shop, name, "li") == 1


async def test_a_phone_that_is_picked_up_for_a_void_offer_dials_nobody(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    await claims(shop)
    offer = await shop.offer(name)
    assert offer
    await shop.misses(name)
    assert not await callbacks.take(
        shop.distribution, Offered(name, offer.number, "li"), shop.now, process="p2", stay="taken"
    )
    assert not await callbacks.ring(shop.distribution, Offered(name, offer.number, "li"), TERMS, shop.now)


async def test_an_offer_dials_the_customer_once(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    await claims(shop)
    assert await dials(shop, name, "li") == 1
    offer = await shop.offer(name)
    assert offer
    assert not await callbacks.ring(shop.distribution, Offered(name, offer.number, "li"), TERMS, shop.now)


async def test_a_customer_who_does_not_answer_is_tried_again_after_the_interval_so_often(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    await claims(shop)
    assert await dials(shop, name, "li") == 1
    await shop.leaves(name, "unanswered")
    assert (await shop.state("li"))[0] == State.READY
    standing = await agents.get(shop.distribution, "li")
    assert standing
    assert standing.missed == 0
    assert (await found(shop, name)).due == shop.now + 60_000 == shop.due
    assert await claims(shop) == []
    await shop.passes(60_000)
    assert await claims(shop) == [name]
    assert await dials(shop, name, "li") == 2
    await shop.leaves(name, "unanswered")
    assert await ends(shop, name) == ("failed", "unanswered")
    assert await shop.distribution.redis.hlen("acd:{shop}:callbacks:hotlines") == 0


async def test_a_process_that_dies_while_the_customer_s_phone_rings(shop: Shop) -> None:
    """It may go on ringing: it is not rung again before it has stopped."""
    await shop.opens(group(), ready="li")
    terms = TERMS.model_copy(update={"interval_seconds": 1})
    name = await agreed(shop)
    await claims(shop)
    offer = await shop.offer(name)
    assert offer
    await callbacks.ring(shop.distribution, Offered(name, offer.number, "li"), terms, shop.now)
    await shop.passes(12_000)
    callback = await found(shop, name)
    assert callback.state == "waiting"
    assert callback.due >= shop.now + 30_000 - 3000
    await callbacks.reached(shop.distribution, name, shop.now)  # the talk was over when somebody came back to it
    assert await ends(shop, name) == ("answered", "")


@pytest.mark.parametrize("rung", [False, True])
async def test_who_gets_through_otherwise_is_not_called_back(shop: Shop, *, rung: bool) -> None:
    await shop.opens(group())
    name = await agreed(shop)
    await claims(shop)
    if rung:
        await agents.login(shop.distribution, "wang", shop.now)
        assert await shop.rings(name) == "wang"
    await shop.joins("again", number=NUMBER, priority=9)
    await agents.login(shop.distribution, "li", shop.now)
    assert await shop.takes("again", "li")
    assert await ends(shop, name) == ("cancelled", "got_through")
    assert await queues.renew(shop.distribution, "p1", [name], shop.now) == {}
    assert (await shop.state("wang"))[0] == (State.READY if rung else State.OFFLINE)


async def test_a_customer_who_is_being_dialled_is_not_hung_up_on(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    await claims(shop)
    await dials(shop, name, "li")
    assert await callbacks.cancel(shop.distribution, name, "by_hand", shop.now)
    assert await shop.takes(name, "li")
    assert await ends(shop, name) == ("cancelled", "by_hand")
    assert not await callbacks.cancel(shop.distribution, name, "by_hand", shop.now)


@pytest.mark.parametrize("claimed", [False, True])
async def test_it_expires(shop: Shop, *, claimed: bool) -> None:
    await shop.opens(group())
    name = await agreed(shop, expires=shop.now + 20_000)
    if claimed:
        await claims(shop)
        await shop.passes(8_000)
        await shop.offer(name)
        await shop.passes(8_000)
        await shop.offer(name)
        await shop.passes(5_000)
    else:
        await shop.passes(21_000)
    assert await ends(shop, name) == ("expired", "")
    assert (await queues.status(shop.distribution, "sales", shop.now)).waiting == 0


async def test_it_waits_for_its_time(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop, due=shop.now + 30_000)
    assert await claims(shop) == []
    assert shop.due == shop.now + 30_000
    await shop.passes(30_000)
    assert await claims(shop) == [name]
    await callbacks.postpone(shop.distribution, name, shop.now + HOUR // 2, "window", shop.now, stay="of p1")
    assert (await shop.state("li"))[0] == State.READY
    assert await claims(shop) == []
    assert (await found(shop, name)).due == shop.now + HOUR // 2


async def test_no_more_than_so_many_of_a_hotline(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.opens(group())
    monkeypatch.setattr(callbacks, "OF_HOTLINE", 2)
    monkeypatch.setattr(callbacks, "OF_ACCOUNT", 3)
    first = await agreed(shop, "13800138001")
    await agreed(shop, "13800138002")
    assert await asks(shop, "13800138003") == ("refused", "")
    await agreed(shop, "13800138003", hotline="4008001235")
    assert await asks(shop, "13800138004", hotline="4008001236") == ("refused", "")
    await callbacks.cancel(shop.distribution, first, "by_hand", shop.now)
    await agreed(shop, "13800138005")


async def test_one_agent_at_a_time_is_rung_also_by_a_group_that_rings_all(shop: Shop) -> None:
    await shop.opens(group("ringall"), ready="li wang")
    name = await agreed(shop)
    await claims(shop)
    assert await shop.rings(name) == "li"
    assert await shop.misses(name)
    assert await shop.rings(name) == "wang"


async def test_processes_are_told(shop: Shop, redis: Redis) -> None:
    await shop.opens(group())
    async with redis.pubsub() as subscription:
        await subscription.subscribe(keys.CALLBACKS)
        await agreed(shop, due=shop.now + 1000)
        told = [await subscription.get_message(timeout=5) for _ in range(2)]
        assert [message["data"] for message in told if message and message["type"] == "message"] == [b"shop"]
    assert await callbacks.accounts(redis) == ["shop"]


async def test_a_group_nobody_made_known(shop: Shop) -> None:
    with pytest.raises(Unknown, match="sales"):
        await asks(shop)


async def test_who_held_it_before_has_nothing_to_say(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    name = await agreed(shop)
    await claims(shop)
    await dials(shop, name, "li")
    assert not await queues.leave(shop.distribution, name, "closed", shop.now, stay="of p1")
    await callbacks.postpone(shop.distribution, name, shop.now + HOUR, "window", shop.now, stay="of p1")
    assert (await found(shop, name)).state == "ringing"
    assert await queues.leave(shop.distribution, name, "unanswered", shop.now, stay="taken")


async def test_an_agent_who_wants_a_callback_makes_it_before_it_is_due(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    name = await agreed(shop, due=shop.now + HOUR // 2)
    assert await claims(shop) == []
    assert await callbacks.want(shop.distribution, name, "wang", shop.now) is queues.Pulled.PULLED
    assert await claims(shop) == [name]
    assert await shop.rings(name) == "wang"
    assert await callbacks.want(shop.distribution, name, "li", shop.now) is queues.Pulled.RINGING


async def test_a_callback_in_the_queue_is_pulled_to_who_wants_it(shop: Shop) -> None:
    await shop.opens(group())
    name = await agreed(shop)
    await claims(shop)
    assert await callbacks.want(shop.distribution, name, "wang", shop.now) is queues.Pulled.OFF_DUTY
    for agent in ("li", "wang"):
        await agents.phone(shop.distribution, agent, "in_use", shop.now)
        await agents.login(shop.distribution, agent, shop.now)
    assert await callbacks.want(shop.distribution, "nothing", "wang", shop.now) is queues.Pulled.UNKNOWN
    assert await callbacks.want(shop.distribution, name, "wang", shop.now) is queues.Pulled.PULLED
    await agents.phone(shop.distribution, "li", "idle", shop.now)
    assert await shop.rings(name) == ""
    await agents.phone(shop.distribution, "wang", "idle", shop.now)
    assert await shop.rings(name) == "wang"


async def test_who_wants_a_callback_and_goes_leaves_it_to_others(shop: Shop) -> None:
    await shop.opens(group(), ready="li")
    await agents.login(shop.distribution, "wang", shop.now)
    await agents.pause(shop.distribution, "li", "tea", shop.now)
    name = await agreed(shop, due=shop.now + HOUR // 2)
    await agents.phone(shop.distribution, "wang", "in_use", shop.now)
    assert await callbacks.want(shop.distribution, name, "wang", shop.now) is queues.Pulled.PULLED
    await claims(shop)
    await agents.logout(shop.distribution, "wang", shop.now)
    await agents.resume(shop.distribution, "li", shop.now)
    assert await shop.rings(name) == "li"
