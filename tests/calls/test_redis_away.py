"""Redis cannot be reached for ten seconds: nobody on the line notices, and what happened meanwhile is made good."""

import time
from collections.abc import Mapping

import pytest

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.desk import reaches, rung, waiting
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.waiting import until

PATIENT, FALLBACK = "4007400000", "4007400001"
PATIENT_GROUP = "patient"
AWAY_SECONDS = 10


@pytest.mark.parametrize("how", ["killed", "frozen", "read_only"])
async def test_redis_away_for_ten_seconds(
    how: str, node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    for agent in ("1001", "1002"):
        await agents.login(desk, agent, now())
    before = await node.stream.newest()
    # Read once, the hotline's documents are there afterwards.
    assert await ended(await node.sipp.call("13900000000", FALLBACK, [hears(300), hangs_up()]))

    busy = await phones["1002"].answers(is_hung_up(60_000))
    answers_late = await phones["1001"].answers(talks(2000), hangs_up(), after=3000)
    await agents.pause(desk, "1001", "later", now())
    long = await node.sipp.call("13900000001", PATIENT, [is_hung_up(60_000)])
    await reaches(desk, "1002", {State.BUSY})
    await agents.resume(desk, "1001", now())
    rings = await node.sipp.call("13900000002", PATIENT, [is_hung_up(60_000)])
    await reaches(desk, "1001", {State.RINGING})
    wait = []
    for number in (3, 4):
        wait.append(await node.sipp.call(f"1390000000{number}", PATIENT, [is_hung_up(60_000)]))
        await waiting(desk, number - 2, PATIENT_GROUP)

    await goes(node, how)
    back_at = time.monotonic() + AWAY_SECONDS
    try:
        mobile = await phones["lao-wang"].answers(is_hung_up())
        new = await node.sipp.call("13900000005", FALLBACK, [hears(500), presses("1"), hears(3500), hangs_up()])
        for side in (answers_late, rings, mobile, new):
            assert await ended(side)
        serves = await phones["1001"].answers(talks(300), hangs_up(), calls=2)

        async def over() -> bool:
            return time.monotonic() > back_at

        await until(over, "ten seconds to pass", AWAY_SECONDS + 10)
    finally:
        await comes_back(node, how)

    for side in (*wait, serves):
        assert await ended(side)
    await reaches(desk, "1001", {State.READY})
    assert (await queues.status(desk, PATIENT_GROUP, now())).waiting == 0
    await node.console("channel request hangup all")
    assert await ended(long)
    assert await ended(busy)
    await reaches(desk, "1002", {State.READY})
    records = {record.caller: record for record in await node.stream.after(before, 6, deadline=30)}
    assert [rung(records[f"1390000000{number}"]) for number in range(1, 6)] == [
        ["1002 answered"], ["1001 answered"], ["1001 answered"], ["1001 answered"], ["lao-wang answered"],
    ]  # fmt: skip
    assert answered_at(records["13900000003"]) < answered_at(records["13900000004"])
    went_on = records["13900000005"].hops
    assert [hop.node for hop in went_on] == ["welcome", "line", "direct"]
    assert went_on[2].at - went_on[1].at < 2500
    assert all(record.charge for record in records.values())


async def ended(side: Process) -> bool:
    """As its steps say."""
    return await side.wait(60) == 0


async def goes(node: Node, how: str) -> None:
    match how:
        case "killed":
            await node.redis_server.kill()
        case "frozen":
            node.redis_server.freeze()
        case "read_only":  # as after a failover, or when its disk is full
            await node.redis.config_set("min-replicas-to-write", 1)


async def comes_back(node: Node, how: str) -> None:
    match how:
        case "killed":
            await node.redis_server.start()
        case "frozen":
            node.redis_server.thaw()
        case "read_only":
            await node.redis.config_set("min-replicas-to-write", 0)
    await node.redis_ready()


def answered_at(record: Record) -> int:
    assert record.agent_answered
    return record.agent_answered
