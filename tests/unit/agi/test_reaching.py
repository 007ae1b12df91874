"""Callers who dial an extension, and the node that rings one agent, with agents in a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from functools import partial

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from agi.journey import Journey
from agi.room import Room
from services.billing.metering import Metering
from services.domain import book
from services.domain.agents import State
from services.domain.check import check
from services.domain.documents import Document
from services.domain.nodes.menu import goes_on
from services.domain.reading import read
from services.store import agents, books, cards, documents, queues, staff
from services.store.distribution import Distribution
from services.store.due import now
from services.store.keys import LIVE_STREAM
from tests.store.entries import entries
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.rooms import running
from tests.unit.agi.test_branches import HOTLINE, OTHERS
from tests.unit.agi.test_journey import PHONES, RECORDINGS, SOUNDS, keys

SHOP = f"""{OTHERS}
---
{PHONES.replace("demo", "shop")}
---
kind: agent
id: boss
account: shop
name: x
extension: "8001"
bound: "13700000000"
---
kind: group
id: desk
account: shop
name: x
extension: "610"
strategy: sequence
ring_seconds: 7
wrap_up_seconds: 60
drop_seconds: 0
members: ["1001"]
---
kind: group
id: waits
account: shop
name: x
extension: "620"
strategy: even
members: ["1002"]
"""
MENU = """{kind: menu, prompt: 请选择, keys: {"1": two, "0": three, "88": two, "8": one}, tries: 2,
      extensions: {otherwise: one, after: three}, otherwise: one}"""
AGENT = "{kind: agent, agent: '1001', busy: two, off_duty: three, after: two, otherwise: one}"


@pytest.fixture
async def shop(redis: Redis) -> AsyncIterator[Room]:
    room = Room(redis)
    found: list[Document] = [item.document for item in read("x", SHOP).located]
    await documents.apply(redis, found)
    await staff.put(redis, found)
    async with running(room, redis):
        yield room


async def walk(room: Room, redis: Redis, first: str, channel: FakeChannel) -> list[str]:
    """Nodes and, where a hop is of another kind than its node, that kind."""
    reading = read("x", HOTLINE.replace("FIRST", first))
    assert not reading.problems
    await documents.apply(redis, [item.document for item in reading.located])
    await Journey(redis, SOUNDS, RECORDINGS, room, Metering(redis))(channel)  # type: ignore[arg-type]
    hops = [mark["node"] if mark["kind"] == "hangup" else mark["kind"] for mark in channel.said("NODE")]
    return hops[1:]


async def standing(redis: Redis, agent: str) -> State:
    found = await agents.get(Distribution(redis, "shop"), agent)
    assert found
    return found.state


def rung(channel: FakeChannel) -> list[str]:
    return [target.removeprefix("PJSIP/") for targets, _, _ in channel.dialled for target in targets]


@pytest.mark.parametrize(
    ("pressed", "goes", "said"),
    [
        ("1", ["two"], ["1 match"]),  # begins 1001, which a pause decides
        ("0", ["three"], ["0 match"]),
        (["8", None], ["one"], ["8 match"]),
        (["8", "#"], ["one"], ["8 match"]),
        (["8", "8"], ["two"], ["88 match"]),
        (["9", "9", None, None, "0"], ["three"], ["99 invalid", "0 match"]),
        (["9", "9", "9", "9", "#", "0"], ["one"], ["9999 invalid", "# invalid"]),
    ],
)
async def test_keys_of_a_switchboard(
    shop: Room, redis: Redis, pressed: list[str | None], goes: list[str], said: list[str]
) -> None:
    channel = FakeChannel(keys=[*pressed, None])
    assert await walk(shop, redis, MENU, channel) == goes
    assert keys(channel) == said


@pytest.mark.parametrize(
    ("dialled", "goes", "rings"),
    [
        ("1001", ["agent", "three"], ["1001"]),
        ("8001", ["agent", "three"], ["13700000000@carrier"]),
        ("610", ["group", "three"], ["1001"]),
    ],
)
async def test_an_extension_is_connected_at_once(
    shop: Room, redis: Redis, dialled: str, goes: list[str], rings: list[str]
) -> None:
    channel = FakeChannel(keys=dialled, dials=["ANSWER"])
    assert await walk(shop, redis, MENU, channel) == goes
    assert rung(channel) == rings
    assert [mark["node"] for mark in channel.said("OFFER")] == ["first"]


@pytest.mark.parametrize("missed", ["NOANSWER", "BUSY", "CHANUNAVAIL", "0"])
async def test_who_does_not_answer_leads_otherwise(shop: Room, redis: Redis, missed: str) -> None:
    channel = FakeChannel(keys="1002", dials=[missed])
    assert await walk(shop, redis, MENU, channel) == ["agent", "one"]


async def test_an_extension_of_a_queue_waits_there(shop: Room, redis: Redis) -> None:
    await agents.login(Distribution(redis, "shop"), "1002", now())
    channel = FakeChannel(keys="620", dials=["ANSWER"])
    assert await walk(shop, redis, MENU, channel) == ["queue", "three"]


async def test_a_bound_number_is_no_extension(shop: Room, redis: Redis) -> None:
    channel = FakeChannel(keys="1370999999")
    assert await walk(shop, redis, MENU, channel) == ["one"]
    assert keys(channel) == ["1370 invalid", "9999 invalid"]


async def test_a_further_key_is_waited_for_in_its_own_time(shop: Room, redis: Redis) -> None:
    class Timed(FakeChannel):
        async def wait_key(self, seconds: float, until: asyncio.Event | None = None) -> str | None:
            waits.append(seconds)
            return await super().wait_key(seconds, until)

    waits: list[float] = []
    await walk(shop, redis, MENU.replace("tries: 2", "timeout: 9, pause: 2"), Timed(keys=[None, "8", None]))
    assert waits == [9, 2]


async def test_keys_pressed_ahead_are_all_of_one_number(shop: Room, redis: Redis) -> None:
    greeted = f"""{{kind: say, prompt: 您好, next: again}}
    again: {{kind: say, prompt: 您好, next: menu}}
    menu: {MENU}"""
    channel = FakeChannel(keys="88")
    assert await walk(shop, redis, greeted, channel) == ["say", "menu", "two"]
    assert keys(channel) == ["88 match"]


async def test_without_extensions_nobody_is_dialled(shop: Room, redis: Redis) -> None:
    menu = MENU.replace("extensions: {otherwise: one, after: three}, ", "")
    channel = FakeChannel(keys=["1", "8", "0"])
    assert await walk(shop, redis, menu, channel) == ["two"]


async def test_keys_lead_on_while_redis_is_away(shop: Room, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(documents, "extensions", away)
    assert await walk(shop, redis, MENU, FakeChannel(keys="1")) == ["two"]


async def test_an_extension_that_is_gone_since(shop: Room, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: object) -> None:
        return None

    monkeypatch.setattr(documents, "reached_by", nobody)
    assert await walk(shop, redis, MENU, FakeChannel(keys="1001")) == ["one"]


async def test_an_agent_is_reserved_while_it_rings_and_wraps_up(shop: Room, redis: Redis) -> None:
    distribution = Distribution(redis, "shop")
    await agents.login(distribution, "1001", now())

    class Watched(FakeChannel):
        async def dial(self, target: str, seconds: int, options: str = "") -> str:
            assert await standing(redis, "1001") == State.RINGING
            offer = int(options.partition("shop^")[2].rstrip(")"))
            assert await queues.answered(distribution, "pbx1-1.0", offer, "1001", now())
            return await super().dial(target, seconds, options)

    channel = Watched(dials=["ANSWER"])
    node = AGENT.replace("agent: '1001'", "agent: '1001', group: desk")
    assert await walk(shop, redis, node, channel) == ["two"]
    [(_, seconds, options)] = channel.dialled
    assert (seconds, options) == (7, "rgb(dial^s^1)U(answered^1001^^shop^1)")
    assert await standing(redis, "1001") == State.WRAP_UP
    assert [event[b"reason"] for _, event in await entries(redis, LIVE_STREAM) if event[b"state"] == b"left"] == [
        b"ended"
    ]
    plain = Watched(dials=["ANSWER"])
    await agents.logout(distribution, "1001", now())
    await agents.login(distribution, "1001", now())
    await walk(shop, redis, AGENT, plain)
    assert plain.dialled[0][1] == 20
    assert await standing(redis, "1001") == State.READY
    assert not [key async for key in redis.scan_iter("*answered:")]


@pytest.mark.parametrize(
    ("dials", "goes"),
    [("NOANSWER", "three"), ("CHANUNAVAIL", "three"), ("0", "three"), ("BUSY", "two"), ("ANSWER", "one")],
)
async def test_what_comes_of_ringing_an_agent(shop: Room, redis: Redis, dials: str, goes: str) -> None:
    await agents.login(Distribution(redis, "shop"), "1001", now())
    node = "{kind: agent, agent: '1001', busy: two, unanswered: three, after: one, otherwise: two}"
    assert await walk(shop, redis, node, FakeChannel(dials=[dials])) == [goes]


async def test_an_agent_with_a_call_is_not_rung(shop: Room, redis: Redis) -> None:
    distribution = Distribution(redis, "shop")
    await agents.login(distribution, "1001", now())
    assert await queues.claim(distribution, "other", "", "1001", now(), process="p")
    channel = FakeChannel()
    assert await walk(shop, redis, AGENT, channel) == ["two"]
    assert channel.dialled == []


async def test_who_is_off_duty_or_gone_is_not_rung(shop: Room, redis: Redis) -> None:
    assert await walk(shop, redis, AGENT, FakeChannel()) == ["three"]
    assert await walk(shop, redis, AGENT.replace(", off_duty: three", ""), FakeChannel()) == ["one"]
    await redis.delete("doc:agent:1001")
    assert await walk(Room(redis), redis, AGENT, FakeChannel()) == ["three"]


async def test_an_agent_rings_unreserved_while_redis_is_away(
    shop: Room, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(agents, "get", away)
    monkeypatch.setattr(queues, "claim", away)
    channel = FakeChannel(dials=["ANSWER"])
    assert await walk(shop, redis, AGENT, channel) == ["two"]
    assert channel.dialled[0][2] == "rgb(dial^s^1)U(answered^1001^^)"


def test_what_may_follow() -> None:
    choices = {"1", "101", "0"}
    assert [goes_on(pressed, choices) for pressed in ("1", "10", "101", "0", "9", "99", "999")] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert not goes_on("9", {"1", "2"})


@pytest.mark.parametrize(
    ("menu", "sentence"),
    [
        (MENU.replace('"88"', '"8#"'), "flow.nodes.first.keys.8#"),
        (MENU.replace('"88"', '"8888888"'), "flow.nodes.first.keys.8888888"),
        (MENU.replace("after: three", "after: none"), "flow.nodes.first.extensions.after: 'none': there is no node"),
        (MENU.replace('"88"', '"610"'), "flow.nodes.first.keys.610: '610': this is what group desk of this account"),
    ],
)
def test_what_makes_no_sense_is_refused(menu: str, sentence: str) -> None:
    reading = read("x", f"{SHOP}---{HOTLINE.replace('FIRST', menu)}")
    assert any(sentence in str(problem) for problem in [*reading.problems, *check(reading)])


TRANSFER = "{kind: transfer, number: '02161234567', ring_seconds: 30, after: two, otherwise: one}"


@pytest.mark.parametrize(("dials", "goes"), [("ANSWER", "two"), ("BUSY", "one"), ("NOANSWER", "one")])
async def test_a_number_outside(shop: Room, redis: Redis, dials: str, goes: str) -> None:
    channel = FakeChannel(dials=[dials])
    assert await walk(shop, redis, TRANSFER, channel) == [goes]
    assert channel.dialled == [(["PJSIP/02161234567@carrier"], 30, "rgb(dial^s^1)U(answered^^^)")]
    assert channel.said("OFFER") == [{"node": "first", "group": "", "agent": "", "dial": "02161234567@carrier"}]


async def test_a_number_outside_is_paid_for(shop: Room, redis: Redis) -> None:
    """What is left is enough for the call, and not for the leg over the trunk beside it."""
    tariff = (
        OTHERS.split("---\n")[1]
        .replace("0.1", "1")
        .replace("prices: [{", "prices: [{outbound: {rules: [{rule: o, steps: [{rate: '60'}]}]}, ")
    )
    account = OTHERS.split("---\n")[0] + "prepaid: true\n"
    await documents.apply(redis, [item.document for item in read("x", f"{account}---\n{tariff}").located])
    await books.change(redis, "shop", partial(book.top_up, amount=2_000_000, day=date(2026, 3, 2), text=""))
    channel = FakeChannel()
    assert await walk(shop, redis, TRANSFER, channel) == []
    assert [mark["node"] for mark in channel.said("NODE")] == ["first"]
    assert channel.dialled == []
    assert channel.said("END") == [{"reason": "suspended"}]


def test_no_number_that_was_keyed_in_is_dialled() -> None:
    [problem] = read("x", HOTLINE.replace("FIRST", TRANSFER.replace("'02161234567'", "'{order}'"))).problems
    assert "flow.nodes.first.number" in str(problem)


async def test_whoever_is_rung_is_shown_for_whom_and_what_was_pressed(shop: Room, redis: Redis) -> None:
    """Also where no queue knows of the call."""
    await walk(shop, redis, MENU, FakeChannel(keys="610", dials=["NOANSWER"]))
    card = await cards.last(Distribution(redis, "shop"), "1001")
    assert card
    assert (card.call, card.hotline, card.group, card.waits_since) == ("pbx1-1.0", "4001234567", "desk", None)
    assert [(one.keys, one.outcome) for one in card.pressed] == [("610", "match")]
