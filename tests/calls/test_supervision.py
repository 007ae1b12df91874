"""Supervisors on real calls. Everybody speaks a tone, so that it is heard who hears whom."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from services.domain.agents import State
from services.store import agents, audit, queues, supervision
from services.store.distribution import Distribution
from services.store.due import now
from services.store.queues import Caller
from services.store.supervision import Mode, Refused
from tests.harness.desk import reaches, state
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import CALLER_HOST, PHONE_HOST, Phone, hangs_up, hears, is_hung_up
from tests.harness.voices import Voice, hear, speaking
from tests.harness.waiting import until

COUNTER, FIELD = "4007600000", "4007600001"
SUPERVISOR, STRANGER = "1901", "1902"
ANNA, BOB = "13900000011", "13900000012"


@pytest.fixture(scope="module")
async def supervisor(node: Node) -> Phone:
    return await node.sipp.register(SUPERVISOR, "supervisor-of-demo")


@asynccontextmanager
async def speakers() -> AsyncIterator[dict[str, Voice]]:
    async with AsyncExitStack() as stack:
        yield {
            "caller": await stack.enter_async_context(speaking(CALLER_HOST, 500)),
            "agent": await stack.enter_async_context(speaking(PHONE_HOST, 1100)),
            "mobile": await stack.enter_async_context(speaking(CALLER_HOST, 1400)),
            "supervisor": await stack.enter_async_context(speaking(PHONE_HOST, 1800)),
        }


async def supervises(node: Node, phone: Phone, voice: Voice, mode: Mode, agent: str, *steps: str) -> Process:
    """With a voice of its own each time: what was heard before is forgotten."""
    voice.samples.clear()
    process = await phone.answers(*steps, media_port=str(voice.port))
    await supervision.spy(node.redis, "chief", SUPERVISOR, agent, mode)
    return process


async def outcomes(node: Node, count: int) -> list[tuple[str, str, str]]:
    """Action, target and outcome, the oldest first."""
    entries = await audit.newest(node.redis, count)
    return [(entry.act.action, entry.act.target, entry.outcome) for entry in reversed(entries)]


async def refused(work: Awaitable[None]) -> str:
    with pytest.raises(Refused) as error:
        await work
    return str(error.value)


async def calls(desk: Distribution) -> dict[str, Caller]:
    """By number."""
    return {call.number: call for call in await queues.callers(desk)}


async def call_of(desk: Distribution, number: str) -> str:
    async def call() -> str:
        found = (await calls(desk)).get(number)
        return found.call if found else ""

    return await until(call, f"{number} to be in a queue", 15)


async def hangs_up_on(node: Node, desk: Distribution, number: str) -> None:
    await supervision.hang_up(node.redis, "chief", "demo", await call_of(desk, number))


async def test_whisper_listen_and_barge(
    node: Node, phones: Mapping[str, Phone], desk: Distribution, supervisor: Phone
) -> None:
    await agents.login(desk, "1001", now())
    async with speakers() as voices:
        three = {name: voices[name] for name in ("caller", "agent", "supervisor")}
        agent = await phones["1001"].answers(is_hung_up(), media_port=str(voices["agent"].port))
        caller = await node.sipp.call(ANNA, COUNTER, [is_hung_up()], media_port=str(voices["caller"].port))
        await hear({"caller": voices["caller"], "agent": voices["agent"]}, {"caller": {"agent"}, "agent": {"caller"}})

        both = {"caller", "agent"}
        whispers = await supervises(
            node, supervisor, voices["supervisor"], Mode.WHISPER, "1001", hears(5000), hangs_up()
        )
        await hear(three, {"supervisor": both, "agent": {"caller", "supervisor"}, "caller": {"agent"}})
        assert whispers.running, "that was heard when the supervisor had hung up"
        assert await whispers.wait(20) == 0
        listens = await supervises(node, supervisor, voices["supervisor"], Mode.LISTEN, "1001", hears(5000), hangs_up())
        await hear(three, {"supervisor": both, "agent": {"caller"}, "caller": {"agent"}})
        assert listens.running, "that was heard when the supervisor had hung up"
        assert await listens.wait(20) == 0
        barges = await supervises(node, supervisor, voices["supervisor"], Mode.BARGE, "1001", is_hung_up())
        await hear(three, {"supervisor": both, "agent": {"caller", "supervisor"}, "caller": {"agent", "supervisor"}})

        await hangs_up_on(node, desk, ANNA)
        assert [await side.wait(20) for side in (caller, agent, barges)] == [0, 0, 0]
    entries = list(reversed(await audit.newest(node.redis, 4)))
    assert [entry.act.action for entry in entries] == ["whisper", "listen", "barge", "hang_up"]
    assert {entry.outcome for entry in entries} == {"done"}
    acts = [entry.act for entry in entries[:3]]
    assert {(act.account, act.actor, act.target, act.supervisor) for act in acts} == {
        ("demo", "chief", "1001", SUPERVISOR)
    }
    assert {act.call for act in acts} == {entries[3].act.target}


async def test_the_talk_of_a_bound_number_and_no_other_on_its_trunk(
    node: Node, phones: Mapping[str, Phone], desk: Distribution, supervisor: Phone
) -> None:
    """Both talks have a leg on the trunk, and only one of them is the mobile's."""
    await agents.login(desk, "1001", now())
    async with speakers() as voices:
        agent = await phones["1001"].answers(is_hung_up(), media_port=str(voices["agent"].port))
        other = await node.sipp.call(ANNA, COUNTER, [is_hung_up()])
        await reaches(desk, "1001", {State.BUSY})
        mobile = await node.sipp.bound_phone().answers(is_hung_up(), media_port=str(voices["mobile"].port))
        caller = await node.sipp.call(BOB, FIELD, [is_hung_up()], media_port=str(voices["caller"].port))
        await reaches(desk, "lao-li", {State.BUSY})
        listens = await supervises(node, supervisor, voices["supervisor"], Mode.LISTEN, "lao-li", is_hung_up())
        await hear(voices, {"supervisor": {"caller", "mobile"}})
        await hangs_up_on(node, desk, BOB)
        assert [await side.wait(20) for side in (caller, mobile, listens)] == [0, 0, 0]
        assert await state(desk, "1001") == State.BUSY
        await hangs_up_on(node, desk, ANNA)
        assert [await side.wait(20) for side in (other, agent)] == [0, 0]


async def test_who_may_not_and_what_cannot_be_supervised(node: Node, desk: Distribution) -> None:
    await agents.login(desk, "1002", now())
    redis = node.redis
    sentences = [
        await refused(supervision.spy(redis, "chief", STRANGER, "1001", Mode.LISTEN)),
        await refused(supervision.spy(redis, "chief", "1002", "1001", Mode.LISTEN)),
        await refused(supervision.spy(redis, "chief", SUPERVISOR, SUPERVISOR, Mode.BARGE)),
        await refused(supervision.spy(redis, "chief", SUPERVISOR, "1001", Mode.BARGE)),
        await refused(supervision.pull(redis, "chief", "pbx1-1.1", "1001")),
        await refused(supervision.hang_up(redis, "chief", "demo", "pbx1-1.1")),
    ]
    expected = [
        ("listen", "1001", "1902 belongs to another account than 1001"),
        ("listen", "1001", "1002 is no supervisor"),
        ("barge", SUPERVISOR, "1901 cannot supervise itself"),
        ("barge", "1001", "1001 talks to no caller of a queue"),
        ("pull", "1001", "call pbx1-1.1 is in no queue of the account demo"),
        ("hang_up", "pbx1-1.1", "call pbx1-1.1 is in no queue of the account demo"),
    ]
    assert sentences == [why for _, _, why in expected]
    assert await outcomes(node, 6) == [(action, target, f"refused: {why}") for action, target, why in expected]
    assert await refused(supervision.pull(redis, "chief", "pbx1-1.1", "nobody")) == "there is no agent 'nobody'"


async def test_a_caller_is_pulled_out_of_turn(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    await agents.phone(desk, "1001", "in_use", now())
    first = await node.sipp.call(ANNA, COUNTER, [is_hung_up()])
    await call_of(desk, ANNA)
    second = await node.sipp.call(BOB, COUNTER, [is_hung_up()])
    phone = await phones["1001"].answers(is_hung_up())
    await supervision.pull(node.redis, "chief", await call_of(desk, BOB), "1001")
    await agents.phone(desk, "1001", "idle", now())
    await reaches(desk, "1001", {State.BUSY})
    assert {number: call.state for number, call in (await calls(desk)).items()} == {ANNA: "waiting", BOB: "talking"}
    # Before the agent is free: a phone that does not answer any more would be rung for her, on into the next tests.
    await hangs_up_on(node, desk, ANNA)
    assert await first.wait(20) == 0
    await hangs_up_on(node, desk, BOB)
    assert [await side.wait(20) for side in (second, phone)] == [0, 0]
    assert [action for action, _, _ in await outcomes(node, 3)] == ["pull", "hang_up", "hang_up"]


async def test_a_forced_logout_stops_the_ringing_and_on_request_the_talk(
    node: Node, phones: Mapping[str, Phone], desk: Distribution
) -> None:
    for agent in ("1001", "1002"):
        await agents.login(desk, agent, now())
    rings = await phones["1001"].rings_until_cancelled()
    talks = await phones["1002"].answers(is_hung_up())
    caller = await node.sipp.call(ANNA, COUNTER, [is_hung_up()])
    await reaches(desk, "1001", {State.RINGING})
    await supervision.log_out(node.redis, "chief", "1001", hang_up=False)
    assert await rings.wait(10) == 0
    await reaches(desk, "1001", {State.OFFLINE})
    await reaches(desk, "1002", {State.BUSY})
    await supervision.log_out(node.redis, "chief", "1002", hang_up=False)
    assert await state(desk, "1002") == State.BUSY
    await supervision.log_out(node.redis, "chief", "1002", hang_up=True)
    assert [await side.wait(20) for side in (caller, talks)] == [0, 0]
    await reaches(desk, "1002", {State.OFFLINE})
    assert await outcomes(node, 3) == [("forced_logout", agent, "done") for agent in ("1001", "1002", "1002")]
