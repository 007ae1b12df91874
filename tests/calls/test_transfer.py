"""Transfers by operators' phones, on real calls. 1001 sits at the reception; 1002 and a mobile are the second line."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from services.billing.retention import expire_talks
from services.domain.agents import State
from services.domain.record import Record
from services.store import agents, keys
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER
from tests.harness.desk import answers, never_answers, reaches
from tests.harness.hearing import likeness, pcap_samples, samples
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import SPEECH, Phone, hangs_up, hears, is_hung_up, refers_to, talks

QUEUE, GROUP, RECORDED = "4007300000", "4007300001", "4007300002"
SECOND_LINE = "610"
CHINA = timezone(timedelta(hours=8))
LAO_WANG = "13900139000"


@pytest.fixture
async def counter(desk: Distribution) -> Distribution:
    for agent in ("1001", "1002"):
        await agents.login(desk, agent, now())
    return desk


async def all_went_so(*sides: Process) -> None:
    assert [await side.wait(30) for side in sides] == [0] * len(sides)


def went(record: Record) -> list[str]:
    """Each hop with who was rung, and a transfer with who sent the caller where."""
    return [
        " ".join(
            [hop.kind]
            + ([hop.transfer.kind, hop.transfer.by, hop.transfer.to] if hop.transfer else [])
            + [f"{attempt.agent}:{attempt.result}" for attempt in hop.attempts]
        )
        for hop in record.hops
    ]


def talked_to_both(record: Record) -> int:
    """To 1001, then to 1002 until the caller hung up; how long the second talk was, in milliseconds."""
    assert went(record) == ["queue 1001:answered", "transfer blind 1001 1002 1002:answered"]
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1001", "caller")
    one, two = (hop.attempts[0] for hop in record.hops)
    assert one.ended
    assert one.answered
    assert two.answered
    assert two.ended
    second_talk = min(two.ended, record.ended) - two.answered
    assert record.talk_ms == one.ended - one.answered + second_talk
    return second_talk


async def test_blind_to_an_agent_who_answers(node: Node, phones: Mapping[str, Phone], counter: Distribution) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(1000), refers_to("1002"), hangs_up())
    second = await answers(phones["1002"])
    caller = await node.sipp.call(CALLER, QUEUE, [hears(500), talks(6000), hangs_up()])
    await reaches(counter, "1001", {State.BUSY})
    await reaches(counter, "1001", {State.WRAP_UP})
    await reaches(counter, "1002", {State.BUSY})
    await all_went_so(caller, first, second)
    await reaches(counter, "1002", {State.WRAP_UP})
    [record] = await node.stream.after(before)
    second_talk = talked_to_both(record)
    assert second_talk > 1500


async def test_the_recording_goes_on_through_a_transfer(
    node: Node, phones: Mapping[str, Phone], counter: Distribution
) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(hears(2000), refers_to("1002"), hangs_up())
    second = await answers(phones["1002"])
    caller = await node.sipp.call(CALLER, RECORDED, [hears(500), talks(6500), hangs_up()])
    await all_went_so(caller, first, second)
    await reaches(counter, "1002", {State.READY})
    [record] = await node.stream.after(before)
    [name] = record.recordings
    assert name == f"demo/{datetime.fromtimestamp(record.started / 1000, CHINA):%Y-%m-%d}/{record.call_id}.wav"
    recorded = samples(node.recordings / name)
    assert abs(len(recorded) / 8 - record.talk_ms) < 500
    assert record.menu_ms > 500  # the announcement
    ends = (recorded[:12_000], recorded[-12_000:])  # a second and a half of each talk
    assert [heard_in(end, pcap_samples(SPEECH)) for end in ends] == [True, True]
    [until] = [score for file, score in await scores(node) if file == name]
    assert abs(until - record.started - 7 * 24 * 3600 * 1000) < 60_000
    await expire_talks(node.redis, node.recordings, "pbx1", until)
    assert not (node.recordings / name).exists()


async def scores(node: Node) -> list[tuple[str, int]]:
    found: Any = await node.redis.zrange(keys.recordings("pbx1"), 0, -1, withscores=True)
    return [(file.decode(), int(score)) for file, score in found]


def heard_in(heard: list[int], sound: list[int]) -> bool:
    """Whether it is some part of the sound."""
    return any(likeness(heard, sound[at : at + len(heard)]) > 0.8 for at in range(0, len(sound) - len(heard), 800))


@pytest.mark.usefixtures("counter")
async def test_blind_to_an_agent_who_does_not_answer_comes_back(node: Node, phones: Mapping[str, Phone]) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(500), refers_to("1002"), hangs_up())
    second = await never_answers(phones["1002"])
    caller = await node.sipp.call(CALLER, QUEUE, [is_hung_up()])
    await all_went_so(first)
    again = await phones["1001"].answers(talks(1000), hangs_up())
    await all_went_so(second, again, caller)
    [record] = await node.stream.after(before)
    assert went(record) == ["queue 1001:answered", "transfer blind 1001 1002 1002:no_answer 1001:answered"]
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1001", "agent")


async def test_when_nobody_takes_it_the_caller_goes_on_in_the_flow(
    node: Node, phones: Mapping[str, Phone], counter: Distribution
) -> None:
    """From a group's node, to the group of the second line, whose first is busy and whose second declines."""
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(500), refers_to(SECOND_LINE), hangs_up())
    second, third = await phones["1002"].rejects("486 Busy Here"), await phones["lao-wang"].rejects("603 Decline")
    caller = await node.sipp.call(CALLER, GROUP, [is_hung_up()])
    await all_went_so(first)
    again = await never_answers(phones["1001"])
    await all_went_so(second, third, again, caller)
    [record] = await node.stream.after(before)
    assert went(record) == [
        "group 1001:answered",
        f"transfer blind 1001 {SECOND_LINE} 1002:busy lao-wang:rejected 1001:no_answer",
        "hangup",
    ]
    assert (record.end_state, record.hung_up_by) == ("answered", "platform")
    await reaches(counter, "1001", {State.READY})


async def test_attended(node: Node, phones: Mapping[str, Phone], counter: Distribution) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(1000))
    second = await answers(phones["1002"])
    caller = await node.sipp.call(CALLER, QUEUE, [hears(500), talks(4000), hangs_up()])
    await reaches(counter, "1001", {State.BUSY})
    consultation = await node.dials("1001", "1002", is_hung_up())
    await reaches(counter, "1002", {State.BUSY})
    refer = await node.sipp.refers(first, consultation)
    await all_went_so(refer, consultation)
    await reaches(counter, "1001", {State.WRAP_UP})
    assert (await agents.get(counter, "1002")).call  # type: ignore[union-attr]
    await all_went_so(caller, second)
    await reaches(counter, "1002", {State.WRAP_UP})
    [record] = await node.stream.after(before)
    assert went(record) == ["queue 1001:answered", "transfer attended 1001 1002 1002:answered"]
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1001", "caller")
    assert record.agent_answered
    assert abs(record.talk_ms - (record.ended - record.agent_answered)) < 50


async def test_attended_to_a_mobile_and_given_up(
    node: Node, phones: Mapping[str, Phone], counter: Distribution
) -> None:
    """The mobile hangs up during the consultation: nothing of it is in the record."""
    before = await node.stream.newest()
    first = await phones["1001"].answers(hears(2500), hangs_up())
    mobile = await phones["lao-wang"].answers(talks(500), hangs_up())
    caller = await node.sipp.call(CALLER, QUEUE, [is_hung_up()])
    await reaches(counter, "1001", {State.BUSY})
    consultation = await node.dials("1001", LAO_WANG, is_hung_up())
    await all_went_so(mobile, consultation, first, caller)
    [record] = await node.stream.after(before)
    assert went(record) == ["queue 1001:answered"]
    assert record.hung_up_by == "agent"


OUTSIDE, ANOTHERS, HOTLINE = "13611136111", "2001", "4001234567"
REFUSED = [OUTSIDE, ANOTHERS, HOTLINE, "+8613611136111", "00861361113611", "s"]


@pytest.mark.usefixtures("counter")
async def test_what_is_refused_leaves_the_talk_as_it_is(node: Node, phones: Mapping[str, Phone]) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(
        talks(500), *(refers_to(number, 404) for number in REFUSED), talks(500), hangs_up()
    )
    caller = await node.sipp.call(CALLER, QUEUE, [is_hung_up()])
    await all_went_so(first, caller)
    [record] = await node.stream.after(before)
    assert (went(record), record.hung_up_by) == (["queue 1001:answered"], "agent")


@pytest.mark.usefixtures("phones")
async def test_what_a_phone_may_not_dial(node: Node) -> None:
    for number in REFUSED:
        await all_went_so(await node.dials("1001", number, status=404))
    assert "1001' of account 'demo' dialled '13611136111': refused" in node.agi.log.read_text()


async def test_a_caller_transfers_nobody(node: Node, phones: Mapping[str, Phone], counter: Distribution) -> None:
    del counter
    first = await answers(phones["1001"])
    caller = await node.sipp.call(CALLER, QUEUE, [hears(500), refers_to("1002", 603), hangs_up()])
    await all_went_so(caller, first)


async def test_attended_to_a_phone_that_still_rings(
    node: Node, phones: Mapping[str, Phone], counter: Distribution
) -> None:
    """It rings for the caller then, as after a blind transfer."""
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(1000))
    asked = await never_answers(phones["1002"])
    caller = await node.sipp.call(CALLER, QUEUE, [hears(500), talks(6000), hangs_up()])
    await reaches(counter, "1001", {State.BUSY})
    consultation = await node.dials("1001", "1002", status=603)
    refer = await node.sipp.refers(first, consultation, ringing=True)
    await all_went_so(refer, asked, first)
    second = await answers(phones["1002"])
    await reaches(counter, "1002", {State.BUSY})
    await all_went_so(consultation, caller, second)
    [record] = await node.stream.after(before)
    talked_to_both(record)


async def test_attended_to_a_phone_that_rings_on_comes_back(
    node: Node, phones: Mapping[str, Phone], counter: Distribution
) -> None:
    before = await node.stream.newest()
    first = await phones["1001"].answers(talks(1000))
    asked = await never_answers(phones["1002"])
    caller = await node.sipp.call(CALLER, QUEUE, [is_hung_up()])
    await reaches(counter, "1001", {State.BUSY})
    consultation = await node.dials("1001", "1002", status=603)
    refer = await node.sipp.refers(first, consultation, ringing=True)
    await all_went_so(refer, asked, consultation, first)
    second, again = await never_answers(phones["1002"]), await phones["1001"].answers(talks(1000), hangs_up())
    await all_went_so(second, again, caller)
    [record] = await node.stream.after(before)
    assert went(record) == ["queue 1001:answered", "transfer blind 1001 1002 1002:no_answer 1001:answered"]
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1001", "agent")
