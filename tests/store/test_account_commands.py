"""``hotline account`` and ``hotline doctor`` as their users run them, against a real Redis."""

import asyncio
import contextlib
import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from random import Random

import pytest
from redis.asyncio import Redis

from services.billing.rerating import rerate
from services.billing.settling import settle
from services.domain import book
from services.domain.package import Package
from services.domain.packages import Terms
from services.domain.record import Hop
from services.domain.statement import day_of
from services.store import books, documents, keys, ledger, records
from services.store.corrections import OutrunError
from services.store.due import now
from services.store.ledger import Entry
from tests.harness.cel import BEGIN_MS
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import per_increment
from tests.store.entries import entries
from tests.store.test_books import DAY, HOTLINE, PACKAGE, Committer, call, reckoned, shop
from tests.unit.services.test_cli import hotline


async def test_from_top_up_to_doctor(redis: Redis, server: RedisServer, tmp_path: Path) -> None:
    env = {"HOTLINE_REDIS_URL": server.url}
    await documents.apply(redis, [shop(prepaid=True), PACKAGE, per_increment("0.12"), HOTLINE])
    await Committer(redis, tmp_path, "pbx1").commit(*(call(number) for number in range(4)))

    done = hotline("account", "top-up", "shop", "3000.50", "--reason", "invoice 7", "--json", **env)
    assert (done.returncode, json.loads(done.stdout)["balance"], done.stderr) == (0, "2999.26", "")
    entered = [fields for _, fields in await entries(redis, keys.ledger("shop"))]
    assert [(one[b"kind"], one[b"amount"], one[b"text"]) for one in entered][1:] == [
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
    assert sorted(bool(one.before) for one in after) == [False] + [True] * 7
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


HAPPENINGS = ("call", "call", "call", "late", "rerate", "top_up", "renew", "settle")


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_done_to_a_book_in_whatever_order_the_streams_add_up_to_it(
    redis: Redis, tmp_path: Path, seed: int
) -> None:
    """Pairs of whatever happens run at the same time."""
    chosen = Random(seed)
    extras = {"sms": {"price": "0.10", "per": "use", "included": 2}}
    package = Package.model_validate(json.loads(PACKAGE.model_dump_json(exclude_none=True)) | {"extras": extras})
    await documents.apply(redis, [shop(), package, HOTLINE, per_increment("0.12")])
    billing, numbers = Committer(redis, tmp_path, "pbx1"), list[int]()
    sent = Hop(node="n", kind="text_message", at=BEGIN_MS, group=None, attempts=(), text_message="accepted")

    async def happens(what: str) -> None:
        match what:
            case "call" | "late":
                numbers.append(len(numbers))
                one = replace(call(numbers[-1], chosen.randint(1, 9)), hops=(sent,) * chosen.randint(0, 3))
                await (billing.commit(one) if what == "call" else ledger.commit(redis, [Entry(one, "no tariff")]))
            case "rerate":
                price = chosen.choice([("0.12", 60, 60), ("0.05", 60, 6), ("0.30", 60, 180)])
                await documents.apply(redis, [per_increment(*price)])
                rerated = rerate(redis, 0, BEGIN_MS * 2, None, lambda: None, now=now(), apply=True)
                with contextlib.suppress(OutrunError):  # by another at the same time
                    assert [found.reason async for found in rerated if found.reason] == []
            case "top_up":
                await books.change(redis, "shop", partial(book.top_up, amount=7_000_000, day=DAY, text=""))
            case "renew":
                terms = {found.name: found for found in [Terms(package, 1)]}
                agreed = [(shop().packages[0], terms["ten@1"])]
                renew = partial(book.renew, shelf=terms, agreed=agreed, package="ten", day=day_of(now()))
                await books.change(redis, "shop", renew)
            case "settle":
                await settle(redis, "shop", date(2026, chosen.randint(3, 11), 1))

    for _ in range(8):
        await asyncio.gather(*(happens(what) for what in chosen.choices(HAPPENINGS, k=2)))
    await happens("rerate")
    stored, drift = await reckoned(redis)
    assert (drift, await redis.xlen(keys.RATED_STREAM)) == ([], len(numbers))
    lines = [line async for line in books.lines(redis, "shop")]
    granted = sum(line.seconds for line in lines if line.kind == "fee")
    forfeited = -sum(line.seconds for line in lines if line.kind == "forfeit")
    charges = [one.record.charge async for one in records.written(redis)]
    drawn = sum(part.seconds for charge in charges if charge for seg in charge.segments for part in seg.drawn)
    assert drawn + sum(sum(kept.left) for kept in stored.packages) + forfeited == granted
