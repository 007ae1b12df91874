"""agi is killed: nobody who waits loses the place, and no agent stays reserved for a call that nobody handles."""

import time
from collections.abc import Mapping
from typing import Any

from services.domain.agents import State
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from services.store.queues import LEASE_MS
from tests.harness.desk import reaches, rung, waiting
from tests.harness.node import Node
from tests.harness.sipp import Phone, hangs_up, is_hung_up, talks

PATIENT, MOBILE = "4007400000", "4007400003"
CROWD, BEFORE_THE_SECOND = 50, 20


async def test_fifty_keep_their_places(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    """They go to a process that runs already; when that dies, too, to the first one, which was started again."""
    await agents.login(desk, "1001", now())
    await agents.phone(desk, "1001", "in_use", now())
    before = await node.stream.newest()
    crowd = await node.sipp.crowd(CROWD, PATIENT, [is_hung_up(60_000)])
    await waiting(desk, CROWD, "patient")
    places: list[Any] = await node.redis.zrange("acd:{demo}:queue:patient", 0, -1)

    await node.second_agi.start()
    try:
        await node.second_agi_ready()
        await node.agi.kill()
        phone = await phones["1001"].answers(talks(50), hangs_up(), after=0, calls=CROWD)
        await agents.phone(desk, "1001", "idle", now())
        await node.stream.after(before, BEFORE_THE_SECOND, deadline=40)
    finally:
        await node.agi.start()
        await node.agi_ready()
        await node.second_agi.kill()

    assert await crowd.wait(60) == 0
    assert await phone.wait(20) == 0
    records = await node.stream.after(before, CROWD)
    assert [rung(record).count("1001 answered") for record in records] == [1] * CROWD
    served = sorted(records, key=lambda record: record.agent_answered or 0)
    assert [record.call_id for record in served] == [call.decode() for call in places]


async def test_agents_of_a_dead_process_are_free_again(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    """One talks, and is over soon; a mobile rings on. No agi is left to say so."""
    await agents.login(desk, "1001", now())
    talker = await phones["1001"].answers(talks(3000), hangs_up())
    ringer = await phones["lao-wang"].rings_until_cancelled()
    callers = [await node.sipp.call("13900000001", to, [is_hung_up(60_000)]) for to in (PATIENT, MOBILE)]
    await reaches(desk, "1001", {State.BUSY})
    await reaches(desk, "lao-wang", {State.RINGING})
    await node.agi.kill()
    died = time.monotonic()
    try:
        for agent in ("1001", "lao-wang"):
            await reaches(desk, agent, {State.READY}, LEASE_MS / 1000 + 10)
        assert time.monotonic() - died < LEASE_MS / 1000 + 1.5
    finally:
        await node.console("channel request hangup all")
        await node.agi.start()
        await node.agi_ready()
    for side in (*callers, talker, ringer):
        assert await side.wait(30) == 0
