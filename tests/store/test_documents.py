from redis.asyncio import Redis

from services.domain.documents import Account, Agent
from services.domain.tariff import Tariff
from services.store import documents, keys
from services.store.documents import D, Versioned
from tests.harness.tariffs import per_increment

SHOP = Account(kind="account", id="shop", name="Shop", tariff="standard")
STANDARD = per_increment("0.12")


def told(found: Versioned[D] | None) -> tuple[D, int]:
    assert found is not None
    return found.document, found.version


async def test_what_was_applied_can_be_got(redis: Redis) -> None:
    assert await documents.apply(redis, [SHOP, STANDARD]) == [(SHOP, 1), (STANDARD, 1)]
    assert told(await documents.get(redis, Account, "shop")) == (SHOP, 1)
    assert told(await documents.get(redis, Tariff, "standard")) == (STANDARD, 1)


async def test_only_a_change_makes_a_new_version(redis: Redis) -> None:
    await documents.apply(redis, [SHOP, STANDARD])
    renamed = SHOP.model_copy(update={"name": "New Shop"})
    assert await documents.apply(redis, [renamed, STANDARD]) == [(renamed, 2)]
    assert told(await documents.get(redis, Account, "shop")) == (renamed, 2)
    assert told(await documents.get_version(redis, Account, "shop", 1)) == (SHOP, 1)
    assert await documents.get_version(redis, Account, "shop", 3) is None


async def test_a_document_is_read_anew_only_when_it_has_changed(redis: Redis) -> None:
    await documents.apply(redis, [SHOP])
    first = await documents.get(redis, Account, "shop")
    assert await documents.get(redis, Account, "shop") is first
    await documents.apply(redis, [SHOP.model_copy(update={"name": "New Shop"})])
    assert told(await documents.get(redis, Account, "shop")) == (SHOP.model_copy(update={"name": "New Shop"}), 2)


async def test_many_come_in_the_order_they_were_asked_for(redis: Redis) -> None:
    await documents.apply(redis, [SHOP])
    [none, shop] = await documents.get_many(redis, Account, ["none", "shop"])
    assert (none, told(shop)) == (None, (SHOP, 1))
    assert await documents.get_many(redis, Account, []) == []


def agent(name: str, **more: str) -> Agent:
    return Agent.model_validate({"kind": "agent", "id": name, "account": "shop", "name": name, **more})


async def test_a_number_reaches_who_has_it_now(redis: Redis) -> None:
    li, wang = agent("li", bound="13800138000", extension="80"), agent("wang", bound="13900139000")
    await documents.apply(redis, [li, wang])
    assert await documents.reached_by(redis, "shop", "80") == li
    assert await documents.reached_by(redis, "shop", "13900139000") == wang
    assert await documents.reached_by(redis, "other", "80") is None
    await documents.apply(redis, [agent("li", bound="13800138000"), agent("wang", bound="13900139000", extension="80")])
    found = await documents.reached_by(redis, "shop", "80")
    assert found is not None
    assert found.id == "wang"
    await documents.apply(redis, [agent("wang", bound="13900139000")])
    assert await documents.reached_by(redis, "shop", "80") is None


async def test_what_another_version_has_written_can_be_replaced(redis: Redis) -> None:
    await redis.hset(keys.document("agent", "li"), mapping={"body": '{"kind": "agent", "new": 1}', "version": 1})
    li = agent("li", bound="13800138000")
    assert await documents.apply(redis, [li]) == [(li, 2)]
    assert await documents.reached_by(redis, "shop", "13800138000") == li
