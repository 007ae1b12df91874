"""Calls that cannot be priced: a reason on ``cdr:unrated``, once, told in the log, and a price when it is mended."""

from dataclasses import replace
from datetime import date

import pytest
from redis.asyncio import Redis

from services import billing
from services.billing.pricing import price
from services.domain.calendar import Calendar
from services.domain.documents import Account, Hotline
from services.domain.record import Attempt, Hop, Record
from services.domain.tariff import Tariff
from services.store import documents, keys, ledger, records
from tests.harness.process import run
from tests.harness.redis_server import RedisServer
from tests.harness.tariffs import per_increment
from tests.store.entries import entries
from tests.store.test_billing import Running, call, node, served
from tests.store.test_records import HOTLINE
from tests.unit.domain.test_rating import CALL

__all__ = ["node"]
HOUR = 3_600_000
STANDARD = per_increment("0.12")
FLOW = {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}
SHOP = Hotline.model_validate({"kind": "hotline", "number": "4008001234", "account": "shop", "name": "x", "flow": FLOW})
MINUTE = replace(CALL, ended=CALL.started + 60_000)


def account(name: str, tariff: str) -> Account:
    return Account(kind="account", id=name, name="x", tariff=tariff)


def rung(answered: int, ended: int) -> tuple[Hop, ...]:
    attempt = Attempt(
        agent="wang", dial="13900139000@carrier", started=answered, answered=answered, ended=ended,
        result="answered", cause=None,
    )  # fmt: skip
    return (Hop(node="n", kind="group", at=answered, group="g", attempts=(attempt,)),)


FROM_2030 = {"valid_from": "2030-01-01", **STANDARD.prices[0].model_dump(exclude_none=True)}
BEGUN = CALL.started
MENDED: dict[str, tuple[Record, str]] = {
    "no-account": (replace(MINUTE, account="nobody"), "there is no account 'nobody'"),
    "no-tariff": (replace(MINUTE, account="bare"), "there is no tariff 'gone'"),
    "no-version": (replace(MINUTE, hotline_version=7), "there is no hotline '4008001234' version 7"),
    "no-calendar": (replace(MINUTE, account="days"), "there is no calendar 'own'"),
    "no-numbering": (replace(MINUTE, account="plan"), "there is no numbering 'own'"),
    "too-early": (replace(MINUTE, account="early"), "tariff 'later' has no prices for 2026-03-02"),
}
NEVER: dict[str, tuple[Record, str]] = {
    "set-back": (replace(CALL, ended=BEGUN - 5000), "it ended 5000 ms before the platform answered"),
    "agent-set-back": (replace(MINUTE, agent_answered=BEGUN + 61_000), "it ended 1000 ms before the agent answered"),
    "40-days": (
        replace(CALL, ended=BEGUN + 40 * 24 * HOUR),
        "it ended 960 hours after the platform answered: more than a week is a mistake",
    ),
    "leg-set-back": (
        replace(MINUTE, hops=rung(BEGUN + 9000, BEGUN + 8000)),
        "it ended 1000 ms before 13900139000 answered",
    ),
}


async def sell(redis: Redis) -> None:
    """What there is at first: much is missing."""
    without = STANDARD.model_dump(exclude_none=True)
    named = (without | {"id": one, one: "own"} for one in ("calendar", "numbering"))
    tariffs = [Tariff.model_validate(fields) for fields in (*named, without | {"id": "later", "prices": [FROM_2030]})]
    accounts = [account("shop", "standard"), account("bare", "gone"), account("days", "calendar")]
    accounts += [account("plan", "numbering"), account("early", "later")]
    await documents.apply(redis, [SHOP, STANDARD, *tariffs, *accounts])


async def mend(redis: Redis) -> None:
    gone, later = (STANDARD.model_copy(update={"id": name}) for name in ("gone", "later"))
    calendar = Calendar(kind="calendar", id="own", holidays=[date(2026, 3, 2)], working_days=[])
    without = STANDARD.model_copy(update={"id": "numbering"})
    await documents.apply(redis, [account("nobody", "standard"), gone, later, calendar, without])
    for name in "abcdef":  # up to version 7
        await documents.apply(redis, [SHOP.model_copy(update={"name": name})])


async def reasons(redis: Redis) -> dict[str, str]:
    found = await entries(redis, keys.UNRATED_STREAM)
    return {fields[b"call_id"].decode(): fields[b"reason"].decode() for _, fields in found}


async def rated(redis: Redis) -> list[str]:
    return [fields[b"call_id"].decode() for _, fields in await entries(redis, keys.RATED_STREAM)]


async def test_each_has_its_reason_and_is_priced_once_it_can_be(redis: Redis, server: RedisServer) -> None:
    await sell(redis)
    asked = {name: reason for name, (_, reason) in (MENDED | NEVER).items()}
    calls = [replace(one, call_id=name) for name, (one, _) in (MENDED | NEVER).items()]
    for _ in range(2):  # the second time changes nothing
        await ledger.commit(redis, await price(redis, [*calls, replace(MINUTE, call_id="right")]))
        assert (await reasons(redis), await rated(redis)) == (asked, ["right"])
    await mend(redis)
    command = [HOTLINE, "rerate", "--since", "2026-03-01", "--until", "2026-05-01", "--apply"]
    for _ in range(2):
        with pytest.raises(RuntimeError) as refused:
            await run(command, {"HOTLINE_REDIS_URL": server.url})
        for name, (_, reason) in NEVER.items():
            assert f"call {name} is left as it is: {reason}" in str(refused.value)
        assert await rated(redis) == ["right", *MENDED]
    assert await reasons(redis) == asked, "nothing goes from there"


async def test_each_is_told_in_the_log_when_it_is_written(node: Running, caplog: pytest.LogCaptureFixture) -> None:
    node.append(call(1, "nobody"))
    async with served(node):
        await node.entries(1, keys.UNRATED_STREAM)
    await node.redis.delete(keys.checkpoint("pbx1"))
    node.append(call(2))
    async with served(node):
        await node.entries(1)
    said = [one for one in caplog.records if "goes unrated" in one.message]
    assert [(one.levelname, one.name) for one in said] == [("ERROR", billing.service.__name__)]
    assert said[0].message.endswith("goes unrated: there is no account 'nobody'")


async def test_a_tariff_changed_during_a_call_prices_all_of_it(node: Running) -> None:
    """The newest version when the call is priced; what the charge names."""
    first, rest = call(1)[:400], call(1)[400:]
    async with served(node):
        node.append(call(2) + first)
        await node.entries(1)
        await documents.apply(node.redis, [per_increment("0.20")])
        node.append(rest)
        await node.entries(2)
    charges = [one.record.charge async for one in records.written(node.redis)]
    assert [(one.version, one.total) for one in charges if one] == [(1, "0.12"), (2, "0.20")]
