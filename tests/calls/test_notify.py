"""What callers and companies are told, on real calls: text messages, voicemails, notices of missed calls."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.domain.documents import Account
from services.domain.record import Record
from services.store import agents, documents, keys, voicemails
from services.store.distribution import Distribution
from services.store.due import now
from tests.calls.test_crashes import in_cel, seen
from tests.harness.demo_calls import CALLER
from tests.harness.hearing import likeness, pcap_samples, samples, without_lead
from tests.harness.node import Node
from tests.harness.receiver import SECRET, Receiver, receiving
from tests.harness.sipp import SPEECH, hangs_up, hears, is_hung_up, presses_and_is_hung_up, talks
from tests.harness.waiting import until

TEXTS, VOICEMAIL, BUSY = "4007200000", "4007200001", "4007200002"
LANDLINE = "075512345678"
BOSS = "+8613900139001"
ENOUGH_BYTES = 20_000
"""More than a second of sound."""


@pytest.fixture
async def desk(node: Node) -> AsyncIterator[Distribution]:
    """Its one agent is away."""
    distribution = Distribution(node.redis, "notified")
    await agents.pause(distribution, "notified-mobile", "lunch", now())
    yield distribution
    await agents.phone(distribution, "notified-mobile", "idle", now())


@pytest.fixture
async def company(node: Node) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        await asks_for(node, receiver, [])
        yield receiver


async def asks_for(node: Node, receiver: Receiver, events: list[str]) -> None:
    account = {"kind": "account", "id": "notified", "name": "x", "tariff": "per-minute"}
    notify = {"url": receiver.url, "secret": SECRET, "events": events}
    await documents.apply(node.redis, [Account.model_validate({**account, "notify": notify})])


async def texts(node: Node, call: str, count: int) -> list[dict[str, Any]]:
    """The text messages about a call, as soon as there are so many."""

    async def enough() -> list[dict[str, Any]]:
        lines = node.texts.read_text(encoding="utf-8").splitlines() if node.texts.exists() else []
        found = [message for line in lines if (message := json.loads(line))["values"]["call_id"] == call]
        return found if len(found) >= count else []

    return await until(enough, f"{count} text messages about {call}", 15)


async def call(node: Node, to: str, *steps: str, number: str = CALLER) -> Record:
    before = await node.stream.newest()
    caller = await node.sipp.call(number, to, list(steps))
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    return record


@pytest.mark.usefixtures("desk")
async def test_who_finds_nobody_gets_a_text_message(node: Node) -> None:
    record = await call(node, TEXTS, is_hung_up())
    assert [(hop.kind, hop.text_message) for hop in record.hops] == [
        ("queue", None), ("text_message", "accepted"), ("hangup", None),
    ]  # fmt: skip
    [message] = await texts(node, record.call_id, 1)
    assert (message["to"], message["text"]) == (f"+86{CALLER}", f"您好 {CALLER}，短信热线（{TEXTS}）稍后回电。")


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(("number", "outcome"), [(LANDLINE, "no_mobile"), ("anonymous", "withheld")])
async def test_who_has_no_mobile_gets_none_and_goes_on(node: Node, number: str, outcome: str) -> None:
    record = await call(node, TEXTS, is_hung_up(), number=number)
    assert [hop.text_message for hop in record.hops] == [None, outcome, None]


@pytest.mark.usefixtures("desk")
async def test_a_voicemail_is_kept_and_the_company_told(node: Node, company: Receiver) -> None:
    before = await node.redis.xlen(keys.LIVE_STREAM)
    record = await call(node, VOICEMAIL, hears(3000), talks(3500), presses_and_is_hung_up("#"))
    assert (record.end_state, record.hung_up_by) == ("voicemail", "platform")
    left = record.hops[1].voicemail
    assert left is not None
    assert 2500 < left.ms < 4500
    path = node.recordings / left.file
    assert path.stat().st_mode & 0o777 == 0o600
    heard = samples(path)
    assert len(heard) / 8 == pytest.approx(left.ms, abs=1)
    speech = pcap_samples(SPEECH)
    assert likeness(without_lead(heard), without_lead(speech)) > 0.9
    assert likeness(without_lead(heard), speech[::-1]) < 0.7  # the measure tells sounds apart
    [text] = await texts(node, record.call_id, 1)
    assert (text["kind"], text["to"]) == ("voicemail", BOSS)

    async def told() -> bool:
        return bool(company.messages)

    await until(told, "the company to be told")
    [message] = company.messages
    assert message["values"]["file"] == left.file
    [voicemail] = [
        one for one in await voicemails.unheard(node.redis, "notified", "notified") if one.call == record.call_id
    ]
    assert (voicemail.id, voicemail.ms) == (message["values"]["voicemail"], left.ms)
    assert await node.redis.xlen(keys.LIVE_STREAM) > before
    listed = await node.hotline("voicemail", "list", "notified")
    assert voicemail.id in listed
    await node.hotline("voicemail", "delete", "notified", voicemail.id)
    assert not path.exists()


@pytest.mark.usefixtures("desk", "company")
async def test_who_hangs_up_while_speaking_has_left_a_voicemail(node: Node) -> None:
    record = await call(node, VOICEMAIL, hears(3000), talks(2000), hangs_up())
    assert (record.end_state, record.hung_up_by) == ("voicemail", "caller")
    left = record.hops[1].voicemail
    assert left is not None
    assert 1000 < left.ms < 3500
    assert len(samples(node.recordings / left.file)) / 8 == pytest.approx(left.ms, abs=1)


@pytest.mark.usefixtures("desk", "company")
async def test_who_says_nothing_has_left_none(node: Node) -> None:
    record = await call(node, VOICEMAIL, hears(3500), hangs_up())
    assert (record.end_state, record.hops[1].voicemail) == ("abandoned_in_menu", None)
    folder = node.recordings / "voicemail" / "notified" / "notified"
    assert not list(folder.glob(f"{record.call_id}*"))


@pytest.mark.usefixtures("desk", "company")
async def test_a_voicemail_outlives_the_service(node: Node) -> None:
    """Killed while the caller speaks, who hangs up before it is back."""
    before, marked = await node.stream.newest(), await seen(node, "VOICEMAIL")
    known = set(node.recordings.glob("voicemail/*/*/*.wav"))
    caller = await node.sipp.call(CALLER, VOICEMAIL, [hears(3000), talks(3000), hangs_up()])

    async def recording() -> bool:
        newest = max(node.recordings.glob("voicemail/*/*/*.wav"), key=lambda path: path.stat().st_ctime, default=None)
        return newest is not None and newest not in known and newest.stat().st_size > ENOUGH_BYTES

    await until(recording, "the voicemail to be recorded", 20)
    await node.agi.kill()
    try:
        assert await caller.wait(30) == 0
        await in_cel(node, "VOICEMAIL", marked + 1)
    finally:
        await node.agi.start()
        await node.agi_ready()
    [record] = await node.stream.after(before)
    assert record.end_state == "voicemail"
    left = record.hops[1].voicemail
    assert left is not None
    assert len(samples(node.recordings / left.file)) / 8 == pytest.approx(left.ms, abs=1)


async def test_a_missed_call_is_told_once_however_often_billing_dies(
    node: Node, desk: Distribution, company: Receiver
) -> None:
    await agents.resume(desk, "notified-mobile", now())
    await agents.phone(desk, "notified-mobile", "in_use", now())
    before = await node.stream.newest()
    caller = await node.sipp.call(CALLER, BUSY, [hears(1500), hangs_up()])
    await asyncio.gather(node.billing.kill(), caller.wait(30))
    await node.billing.start()
    [record] = await node.stream.after(before)
    assert record.end_state == "abandoned_waiting"
    await node.billing.kill()
    await node.redis.delete(keys.checkpoint("pbx1"))  # as if it had died before it noted how far it was
    await node.billing.start()
    again = await call(node, BUSY, hears(500), hangs_up())
    assert await texts(node, again.call_id, 1)
    [text] = await texts(node, record.call_id, 1)
    assert text["to"] == BOSS

    async def told() -> bool:
        return len(company.messages) >= 2

    await until(told, "the company to be told")
    told_of = {message["values"]["call_id"]: message["values"] for message in company.messages}
    assert len(company.messages) == len(told_of) == 2
    values = told_of[record.call_id]
    assert (values["caller"], values["group"], values["end_state"], values["keys"]) == (
        CALLER, "notified", "abandoned_waiting", [],
    )  # fmt: skip
    assert 1000 < values["waited_ms"] < 3500


async def test_a_program_is_told_of_a_call_while_it_goes_on(node: Node, desk: Distribution, company: Receiver) -> None:
    await asks_for(node, company, ["call.started", "call.queued", "call.offered", "call.left", "call.ended"])
    await agents.resume(desk, "notified-mobile", now())
    await agents.phone(desk, "notified-mobile", "in_use", now())
    record = await call(node, BUSY, hears(1500), hangs_up())

    async def told() -> bool:
        return len(company.messages) >= 5

    await until(told, "the company to be told")
    of_call = {message["kind"]: message["values"] for message in company.messages}
    assert list(of_call) == [kind for kind in of_call if of_call[kind]["call_id"] == record.call_id]
    assert set(of_call) == {"call.started", "call.queued", "call.left", "call.ended", "missed_call"}
    assert (of_call["call.started"]["caller"], of_call["call.started"]["hotline"]) == (CALLER, BUSY)
    assert (of_call["call.queued"]["caller"], of_call["call.queued"]["group"]) == (CALLER, "notified")
    assert (of_call["call.left"]["reason"], of_call["call.left"]["waited_ms"] > 1000) == ("abandoned", True)
    assert (of_call["call.ended"]["end_state"], of_call["call.ended"]["wait_ms"]) == (record.end_state, record.wait_ms)
    assert of_call["call.started"]["position"] < of_call["call.queued"]["position"] < of_call["call.left"]["position"]
