"""What callers meet while they wait, on real calls: announcements, music, keys; and that none of it delays an agent."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.domain.prompts import HOLD_MUSIC, music_name, spoken_name
from services.domain.record import Hop, Record
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.due import now
from services.store.keys import LIVE_STREAM
from tests.calls.test_crashes import in_cel, kill_and_start, seen
from tests.harness.demo_calls import CALLER
from tests.harness.hearing import SECOND, likeness, listening, samples
from tests.harness.node import Node
from tests.harness.sipp import CALLER_HOST, Phone, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.waiting import until
from tests.store.entries import entries

HOTLINE = "4007500000"
NEXT = "您是下一位。"
HINT = "留言请按一。"

AT_ONCE_MS = 1000
"""Far less than an announcement lasts (over 3 s), or the wait for a key."""


@pytest.fixture
async def busy_desk(desk: Distribution) -> Distribution:
    """Somebody is on duty, and never free."""
    await agents.phone(desk, "away", "in_use", now())
    return desk


async def waits(desk: Distribution, group: str) -> None:
    async def one_waits() -> bool:
        return (await queues.status(desk, group, now())).waiting == 1

    await until(one_waits, f"a caller in {group}", 15)


def said(node: Node, text: str) -> list[int]:
    return samples((node.sounds / spoken_name(text, "cmn")).with_suffix(".wav"))


async def picks_up(node: Node, phone: Phone, desk: Distribution, agent: str, before: str) -> tuple[Record, int]:
    """The agent comes and serves the caller; gives the record, and the ms until its phone rings."""
    process = await phone.answers(talks(300), hangs_up())
    came = now()
    await agents.login(desk, agent, came)
    assert await process.wait(20) == 0
    [record] = await node.stream.after(before)
    [attempt] = [attempt for hop in record.hops for attempt in hop.attempts]
    assert (attempt.agent, attempt.result) == (agent, "answered")
    return record, attempt.started - came


def wait_of(hop: Hop) -> Any:
    assert hop.wait
    return hop.wait


async def test_a_caller_is_told_its_place_between_music(node: Node, busy_desk: Distribution) -> None:
    del busy_desk
    before = await node.stream.newest()
    async with listening(CALLER_HOST) as (ear, port):
        steps = [hears(2500), presses("9"), hears(5500), hangs_up()]  # a key that leads nowhere does nothing
        caller = await node.sipp.call(CALLER, HOTLINE, steps, media_port=port)
        assert await caller.wait(20) == 0
    [record] = await node.stream.after(before)
    [hop] = record.hops
    assert (wait_of(hop).position, hop.group, record.keys) == (1, "lobby", ())
    [told] = wait_of(hop).announcements
    assert (told.position, told.least_ms) == (1, None)
    assert record.end_state == "abandoned_waiting"
    assert abs(record.wait_ms - record.total_ms) < 200
    hint, following, music = said(node, HINT), said(node, NEXT), samples(node.sounds / HOLD_MUSIC)
    assert likeness(ear.samples, following, 3) > 0.9
    assert likeness(ear.samples, hint, 5) > 0.9
    assert likeness(ear.samples[: SECOND * 3 // 2], music) > 0.9
    assert likeness([*music, *music], ear.samples[-2 * SECOND :], 4) > 0.9


async def test_an_offer_ends_the_announcement(node: Node, phones: Mapping[str, Phone], busy_desk: Distribution) -> None:
    before, announced = await node.stream.newest(), await seen(node, "ANNOUNCE")
    caller = await node.sipp.call(CALLER, HOTLINE, [is_hung_up()])
    await in_cel(node, "ANNOUNCE", announced + 1)
    record, ms = await picks_up(node, phones["1001"], busy_desk, "1001", before)
    assert await caller.wait(20) == 0
    assert ms < AT_ONCE_MS
    assert [hop.node for hop in record.hops] == ["line"]


async def test_a_key_leads_to_another_queue_where_the_place_is_kept(
    node: Node, phones: Mapping[str, Phone], busy_desk: Distribution
) -> None:
    """Its own music is heard there. An offer ends the wait for a key, also without the service beside Asterisk."""
    before, earlier = await node.stream.newest(), len(await entries(node.redis, LIVE_STREAM))
    await node.pbx.stop()
    try:
        async with listening(CALLER_HOST) as (ear, port):
            caller = await node.sipp.call(CALLER, HOTLINE, [hears(1500), presses("2"), is_hung_up()], media_port=port)
            await waits(busy_desk, "annex")
            del ear.samples[:]
            await until(lambda: _long_enough(ear.samples), "three seconds of music")
            record, ms = await picks_up(node, phones["1002"], busy_desk, "1002", before)
        assert await caller.wait(20) == 0
    finally:
        await node.pbx.start()
    assert ms < AT_ONCE_MS
    assert likeness(ear.samples, samples((node.sounds / music_name("annex")).with_suffix(".wav")), 2.5) > 0.9
    assert [(hop.node, wait_of(hop).overflow) for hop in record.hops] == [("line", "keys.2"), ("second", None)]
    assert [(key.node, key.keys, key.outcome) for key in record.keys] == [("line", "2", "match")]
    live = [fields for _, fields in (await entries(node.redis, LIVE_STREAM))[earlier:] if fields[b"of"] == b"caller"]
    left, came = ([fields for fields in live if fields[b"state"] == state] for state in (b"left", b"waiting"))
    assert [entry[b"reason"] for entry in left] == [b"key", b"ended"]
    assert [entry[b"group"] for entry in came] == [b"lobby", b"annex"]
    assert came[0][b"joined"] == came[1][b"joined"]


async def _long_enough(heard: list[int]) -> bool:
    return len(heard) > 3 * SECOND


async def test_who_would_wait_too_long_goes_elsewhere(node: Node, busy_desk: Distribution) -> None:
    before = await node.stream.newest()
    served = f"acd:{{{busy_desk.account}}}:served:lobby"
    minutes = [20, 10, 1]
    await node.redis.rpush(served, *(now() - minute * 60_000 for minute in minutes))
    try:
        caller = await node.sipp.call(CALLER, HOTLINE, [is_hung_up()])
        assert await caller.wait(20) == 0
    finally:
        await node.redis.delete(served)
    [record] = await node.stream.after(before)
    assert [hop.node for hop in record.hops] == ["line", "sorry", "bye"]
    assert wait_of(record.hops[0]).overflow == "predicted"
    assert record.end_state == "flow_ended"


async def test_agi_killed_while_an_announcement_plays(
    node: Node, phones: Mapping[str, Phone], busy_desk: Distribution
) -> None:
    """The caller waits on at its place, and is served."""
    before, announced, journeys = await node.stream.newest(), await seen(node, "ANNOUNCE"), await seen(node, "QUEUED")
    caller = await node.sipp.call(CALLER, HOTLINE, [is_hung_up()])
    await in_cel(node, "ANNOUNCE", announced + 1)
    await kill_and_start(node.agi)
    await node.agi_ready()
    await in_cel(node, "QUEUED", journeys + 2)
    record, ms = await picks_up(node, phones["1001"], busy_desk, "1001", before)
    assert await caller.wait(20) == 0
    assert [hop.node for hop in record.hops] == ["line", "line"]
    assert ms < AT_ONCE_MS
