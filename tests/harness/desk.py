"""The desk of the queues' tests: agents 1001 and 1002, whose hotline is 4007654321."""

from collections.abc import Mapping

from services.domain.agents import State
from services.domain.record import Record
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import DemoCall
from tests.harness.node import PHONES, Node
from tests.harness.play import play
from tests.harness.process import Process
from tests.harness.sipp import Phone, is_hung_up
from tests.harness.waiting import until

QUEUE = "4007654321"


async def everybody_goes(distribution: Distribution) -> None:
    for agent in PHONES:
        await agents.phone(distribution, agent, "idle", now())  # a test that failed may have said otherwise of it
        await reaches(distribution, agent, {State.OFFLINE, State.READY, State.PAUSED})
        if await state(distribution, agent) != State.OFFLINE:
            await agents.logout(distribution, agent, now())
        await phone_is(distribution, agent, "idle")


async def phone_is(distribution: Distribution, agent: str, phone: str) -> None:
    """Waits for what Asterisk says of the phone: said later, it would undo what a test says of it."""

    async def said() -> bool:
        standing = await agents.get(distribution, agent)
        return standing is not None and standing.phone == phone

    await until(said, f"the phone of {agent} to be {phone}", 15)


async def state(distribution: Distribution, agent: str) -> State:
    standing = await agents.get(distribution, agent)
    assert standing
    return standing.state


async def reaches(distribution: Distribution, agent: str, states: set[State], deadline: float = 15) -> None:
    async def is_there() -> bool:
        return await state(distribution, agent) in states

    await until(is_there, f"{agent} to be {states}", deadline)


async def waiting(distribution: Distribution, count: int, group: str = "desk", deadline: float = 15) -> None:
    async def so_many() -> bool:
        return (await queues.status(distribution, group, now())).waiting == count

    await until(so_many, f"{count} to wait", deadline)


async def served(node: Node, phones: Mapping[str, Phone], call: DemoCall) -> Record:
    return await play(node.sipp, node.stream, call, phones, to=QUEUE)


async def answers(phone: Phone) -> Process:
    return await phone.answers(is_hung_up())


async def never_answers(phone: Phone) -> Process:
    return await phone.rings_until_cancelled()


def rung(record: Record) -> list[str]:
    return [f"{attempt.agent} {attempt.result}" for hop in record.hops for attempt in hop.attempts]
