from redis.asyncio import Redis

from services.domain.documents import Account
from services.domain.tariff import Tariff
from services.store import documents
from services.store.documents import Versioned
from tests.harness.tariffs import per_increment

SHOP = Account(kind="account", id="shop", name="Shop", tariff="standard")
STANDARD = per_increment("0.12")


async def test_what_was_applied_can_be_got(redis: Redis) -> None:
    assert await documents.apply(redis, [SHOP, STANDARD]) == [(SHOP, 1), (STANDARD, 1)]
    assert await documents.get(redis, Account, "shop") == Versioned(SHOP, 1)
    assert await documents.get(redis, Tariff, "standard") == Versioned(STANDARD, 1)


async def test_only_a_change_makes_a_new_version(redis: Redis) -> None:
    await documents.apply(redis, [SHOP, STANDARD])
    renamed = SHOP.model_copy(update={"name": "New Shop"})
    assert await documents.apply(redis, [renamed, STANDARD]) == [(renamed, 2)]
    assert await documents.get(redis, Account, "shop") == Versioned(renamed, 2)


async def test_many_come_in_the_order_they_were_asked_for(redis: Redis) -> None:
    await documents.apply(redis, [SHOP])
    assert await documents.get_many(redis, Account, ["none", "shop"]) == [None, Versioned(SHOP, 1)]
    assert await documents.get_many(redis, Account, []) == []
