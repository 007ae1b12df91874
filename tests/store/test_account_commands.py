"""``hotline account`` and ``hotline doctor`` as their users run them, against a real Redis."""

import json
from pathlib import Path

from redis.asyncio import Redis

from services.store import documents, keys
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import per_increment
from tests.store.entries import entries
from tests.store.test_books import DAY, HOTLINE, PACKAGE, Committer, call, shop
from tests.unit.services.test_cli import hotline


async def test_from_top_up_to_doctor(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, [shop(prepaid=True), PACKAGE, per_increment("0.12"), HOTLINE])
    await Committer(redis, tmp_path, "pbx1").commit(*(call(number) for number in range(4)))

    done = hotline("account", "top-up", "shop", "3000.50", "--reason", "invoice 7", "--json", **env)
    assert (done.returncode, json.loads(done.stdout)["balance"], done.stderr) == (0, "2999.26", "")
    ledger = [fields for _, fields in await entries(redis, keys.ledger("shop"))]
    assert [(one[b"kind"], one[b"amount"], one[b"text"]) for one in ledger][1:] == [
        (b"top_up", b"3000.50", b"invoice 7")
    ]
    shown = hotline("account", "show", "shop", **env)
    until = DAY.replace(month=DAY.month + 1)
    assert shown.stdout == f"balance 2999.26\nten@1: 0 minutes 0 s left, until {until}\n"
    assert hotline("account", "renew", "shop", "ten", **env).returncode == 0
    assert hotline("doctor", **env).stdout == "shop: as the streams say\n"

    body = json.loads(await redis.hget(keys.book("shop"), "body") or "")
    await redis.hset(keys.book("shop"), "body", json.dumps(body | {"balance": 7_000_000}))
    found = hotline("doctor", "--account", "shop", "--json", **env)
    assert found.returncode == 1
    assert json.loads(found.stdout)["drift"][0].startswith("balance: 7.00, by the streams ")


async def test_what_cannot_be_done_is_refused(redis: Redis, server: RedisServer) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, [shop(packages=[]), per_increment("0.12")])
    for arguments, sentence in (
        (("top-up", "shop", "3,000"), "amount '3,000': expected a number with at most six decimals, like 3000 or 0.50"),
        (("settle", "shop"), "account 'shop' keeps no book: it has no 'packages' and is not 'prepaid'"),
    ):
        done = hotline("account", *arguments, **env)
        assert (done.returncode, done.stderr) == (1, sentence + "\n")
