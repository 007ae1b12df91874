from redis.asyncio import Redis

from services.domain.card import Card, Mark, Pressed
from services.store import cards, notes, queues
from services.store.keys import LIVE_STREAM
from services.store.notes import Note
from tests.store.entries import entries
from tests.store.shop import NOW, Shop, group

CARD = Card(
    kind="inbound", call="c1", number="13800138000", name="<b>张</b>", region="北京", hotline="4001234567", node="line",
    group="sales", began=NOW, waits_since=NOW, rang=NOW, pressed=(Pressed("welcome", "1", "match"),),
    marks=(Mark("vip", "138", None),),
)  # fmt: skip


async def test_a_card_is_the_last_of_all_whose_phones_ring(shop: Shop, redis: Redis) -> None:
    await cards.show(shop.distribution, CARD, ["li", "wang"], NOW)
    assert [await cards.last(shop.distribution, name) for name in ("li", "wang", "zhao")] == [CARD, CARD, None]
    [(_, event)] = await entries(redis, LIVE_STREAM)
    assert (event[b"of"], event[b"state"], event[b"call"], event[b"agents"]) == (b"card", b"shown", b"c1", b"li wang")


async def test_who_goes_on_with_a_talk_is_shown_whose_it_is(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    await shop.joins("c1")
    await cards.show(shop.distribution, CARD, ["li"], NOW)
    await shop.takes("c1", "li")
    await queues.handed(shop.distribution, "c1", "wang", NOW)
    assert await cards.last(shop.distribution, "wang") == CARD


async def test_a_card_of_another_call_is_not_handed_on(shop: Shop) -> None:
    await shop.opens(group(), ready="li wang")
    await shop.joins("c2")
    await cards.show(shop.distribution, CARD, ["li"], NOW)
    await shop.takes("c2", "li")
    await queues.handed(shop.distribution, "c2", "wang", NOW)
    assert await cards.last(shop.distribution, "wang") is None


async def test_notes_are_of_an_account_and_number_newest_first_and_bounded(redis: Redis) -> None:
    written = [Note(notes.new_id(), NOW + index, "李", f"=cmd {index}", "c1") for index in range(notes.KEPT + 3)]
    for note in written:
        await notes.add(redis, "shop", "13800138000", note)
    assert await notes.of(redis, "shop", "13800138000") == written[:2:-1]
    assert await notes.of(redis, "other", "13800138000") == []
