"""``hotline account`` and ``hotline doctor`` as their users run them, against a real Redis."""

import asyncio
import json
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from services.domain import book
from services.store import books, documents, keys
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


async def test_a_command_with_an_id_is_done_once(redis: Redis, server: RedisServer) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, [shop(prepaid=True), PACKAGE, per_increment("0.12"), HOTLINE])
    top_up = ("account", "top-up", "shop", "3000", "--id", "invoice-7", "--json")
    first, second = hotline(*top_up, **env), hotline(*top_up, **env)
    assert (first.returncode, first.stderr, second.returncode) == (0, "", 0)
    assert second.stderr == "id 'invoice-7' was used for a top-up of 3000.00 before: nothing was changed\n"
    assert json.loads(second.stdout) == json.loads(first.stdout)
    other = hotline("account", "top-up", "shop", "30", "--id", "invoice-7", **env)
    expected = "id 'invoice-7' was used for a top-up of 3000.00, which is not a top-up of 30.00: nothing was changed\n"
    assert (other.returncode, other.stdout, other.stderr) == (1, "", expected)
    renew = ("account", "renew", "shop", "ten", "--id", "contract-7")
    once = hotline(*renew, **env).stdout
    assert hotline(*renew, **env).stdout == once
    found = [line async for line in books.lines(redis, "shop")]
    assert [line.kind for line in found if line.id == "invoice-7"] == ["top_up"]
    assert {line.number for line in found if line.id == "contract-7"} == {2}
    assert (await books.get(redis, "shop")).book.number == 2


async def test_the_same_top_up_given_twice_at_once_is_added_once(redis: Redis) -> None:
    once = books.Once("invoice-8", "a top-up of 5.00")
    top_up = partial(book.top_up, amount=5_000_000, day=DAY, text="")
    after = await asyncio.gather(*(books.change(redis, "shop", top_up, once) for _ in range(8)))
    assert {one.book.balance for one in after} == {5_000_000}
    assert sorted(one.again for one in after) == [False] + [True] * 7
    assert len([line async for line in books.lines(redis, "shop")]) == 1


async def test_what_cannot_be_done_is_refused(redis: Redis, server: RedisServer) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, [shop(packages=[]), per_increment("0.12")])
    for arguments, sentence in (
        (("top-up", "shop", "3,000"), "amount '3,000': expected a number with at most six decimals, like 3000 or 0.50"),
        (
            ("top-up", "shop", "3", "--id", "x" * 101),
            f"--id '{'x' * 101}': expected at most 100 signs, none of them unprintable",
        ),
        (("settle", "shop"), "account 'shop' keeps no book: it has no 'packages' and is not 'prepaid'"),
    ):
        done = hotline("account", *arguments, **env)
        assert (done.returncode, done.stderr) == (1, sentence + "\n")
