"""Whatever happens, in whatever order: Redis and the model (``tests.store.model``) do the same, and it is right."""

import asyncio
import random
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from redis.asyncio import Redis

from services.domain.agents import Event, IllegalTransition
from services.domain.documents import Agent, Group
from services.domain.waiting import Band
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.queues import Offer
from tests.harness.redis_server import RedisServer
from tests.store import machine
from tests.store.model import Caller, Model
from tests.store.stored import Stored, of_model

T = TypeVar("T")

BEGIN = 1_772_380_740_000
"""A minute before midnight in China."""
AGENTS = ["a", "b", "c", "d", "e"]
GROUPS = ["g1", "g2", "g3"]
PROCESSES = ["p1", "p2"]
STRATEGIES = ["sequence", "rotation", "random", "even", "longest_idle", "percentage", "ringall", "skills", "skills"]

agent_names = st.sampled_from(AGENTS)
group_names = st.sampled_from(GROUPS)
call_ids = st.sampled_from([f"pbx1-{number}" for number in range(12)])
numbers = st.sampled_from(["", "138", "139", "0755"])
PHONE_EVENTS = (Event.PHONE_IDLE, Event.PHONE_IN_USE, Event.PHONE_UNREACHABLE)
phone_events = st.sampled_from(PHONE_EVENTS)
pauses = st.sampled_from([1, 100, 999, 1000, 3000, 5000, 9999, 30_000])


@st.composite
def group_documents(draw: st.DrawFn) -> Group:
    members = draw(st.lists(agent_names, min_size=1, unique=True))
    levels = draw(st.lists(st.integers(1, 5), min_size=2, max_size=3, unique=True))
    return Group.model_validate(
        {
            "kind": "group",
            "id": draw(group_names),
            "account": "shop",
            "name": "x",
            "strategy": draw(st.sampled_from(STRATEGIES)),
            "members": members,
            "skills": {agent: draw(st.integers(1, 5)) for agent in members},
            "priorities": {agent: draw(st.integers(0, 2)) for agent in members},
            "weights": {agent: draw(st.integers(1, 3)) for agent in members},
            "widening": [
                {"after_seconds": 2 * place, "level": level} for place, level in enumerate(sorted(levels, reverse=True))
            ],
            "returning_seconds": draw(st.sampled_from([0, 6])),
            "wrap_up_seconds": draw(st.sampled_from([0, 1])),
            "retry_seconds": draw(st.sampled_from([0, 1, 5])),
            "capacity": draw(st.sampled_from([0, 2, 100])),
            "place_seconds": draw(st.sampled_from([0, 20])),
        }
    )


class Machine(RuleBasedStateMachine):
    """Each step is done to both; then both are compared."""

    redis: Redis
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.model = Model()
        self.seed = 1
        self.distribution = Distribution(self.redis, "shop", seed=lambda: self.seed)
        self.dead: set[str] = set()
        self.offered: dict[str, int] = {}
        self.stored = Stored(self.distribution, AGENTS, GROUPS)
        self.run(self.redis.flushall())

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def begin(self) -> None:
        self.seed = random.randrange(1, 2**31 - 1)
        self.model.begin(self.now, self.seed)

    @initialize(documents=st.lists(group_documents(), min_size=3, max_size=3), on_duty=st.booleans())
    def make(self, documents: list[Group], on_duty: bool) -> None:  # noqa: FBT001
        for index, name in enumerate(AGENTS):
            phone = {"bound": "13900139000"} if name == "e" else {"sip": {"password": "x" * 12}}
            document = {
                "kind": "agent",
                "id": name,
                "account": "shop",
                "name": "x",
                "pause_after_missed": index % 3,
                **phone,
            }
            self.begin()
            self.model.put_agent(name, index % 3, always=name == "e")
            self.model.serve()
            self.run(agents.put(self.distribution, Agent.model_validate(document), self.now))
        for name, group in zip(GROUPS, documents, strict=True):
            self.put_group(group.model_copy(update={"id": name}))
        for name in AGENTS[:4] if on_duty else []:
            self.happen(name, Event.LOGIN)

    @rule(group=group_documents())
    def put_group(self, group: Group) -> None:
        self.begin()
        self.model.put_group(group)
        self.model.serve()
        self.run(queues.put(self.distribution, group, self.now))

    @rule(agent=agent_names, event=phone_events, pbx=st.sampled_from(["", "pbx1", "pbx2"]))
    def a_pbx_says_of_a_phone(self, agent: str, event: Event, pbx: str) -> None:
        self.begin()
        self.model.phone(agent, event, pbx)
        self.model.serve()
        self.run(self.distribution.run(event, self.now, agent, pbx))

    @rule(agent=agent_names, event=st.sampled_from(Event))
    def something_about_an_agent(self, agent: str, event: Event) -> None:
        own = {Event.OFFERED, Event.ANSWERED, Event.MISSED, Event.WITHDRAWN, Event.HANDED, Event.ENDED}
        if event not in {*own, *PHONE_EVENTS}:
            self.happen(agent, event)

    @rule(agent=agent_names)
    def back_to_work(self, agent: str) -> None:
        self.happen(agent, Event.LOGIN)
        self.happen(agent, Event.RESUME)
        self.a_pbx_says_of_a_phone(agent, Event.PHONE_IDLE, "")

    def happen(self, agent: str, event: Event) -> None:
        self.begin()
        facts = {"pause": "tea"} if event is Event.PAUSE else {}
        try:
            self.model.event(agent, event, **facts)
        except IllegalTransition as illegal:
            with pytest.raises(IllegalTransition, match=str(illegal)):
                self.run(self.distribution.run(event, self.now, agent, *facts.values()))
        else:
            self.model.serve()
            self.run(self.distribution.run(event, self.now, agent, *facts.values()))

    @rule(
        call=call_ids, group=group_names, number=numbers, priority=st.integers(0, 2), process=st.sampled_from(PROCESSES)
    )
    def join(self, call: str, group: str, number: str, priority: int, process: str) -> None:
        self.joined(call, group, number=number, priority=priority, process=process, joined=None)

    @rule(call=call_ids, group=group_names, ago=st.integers(0, 10_000))
    def join_with_an_age(self, call: str, group: str, ago: int) -> None:
        self.joined(call, group, number="138", priority=0, process="p1", joined=self.now - ago)

    def joined(self, call: str, group: str, **known: Any) -> None:
        self.begin()
        caller = self.model.join(call, group, **known)
        self.model.serve()
        place = self.model.place(caller)
        assert self.run(queues.join(self.distribution, call, group, self.now, **known)) == place
        self.dead.discard(call)

    @rule(call=call_ids, reason=st.sampled_from(["abandoned", "ended", "overflow"]))
    def leave(self, call: str, reason: queues.Reason) -> None:
        self.begin()
        left = self.model.leave(call, reason)
        self.model.serve()
        assert self.run(queues.leave(self.distribution, call, reason, self.now)) == left

    @rule(call=call_ids, group=group_names, agent=agent_names, process=st.sampled_from(PROCESSES))
    def claim(self, call: str, group: str, agent: str, process: str) -> None:
        self.begin()
        claimed = self.model.claim(call, group, agent, process)
        self.model.serve()
        expected = claimed and Offer(claimed.offer, (agent,))
        if claimed:
            self.offered[call] = claimed.offer  # in no order: somebody has named the agent
        assert self.run(queues.claim(self.distribution, call, group, agent, self.now, process=process)) == expected

    @rule(call=call_ids, agent=st.just("") | agent_names)
    def hand(self, call: str, agent: str) -> None:
        self.begin()
        handed = self.model.handed(call, agent)
        self.model.serve()
        assert self.run(queues.handed(self.distribution, call, agent, self.now)) == handed

    def ringing(self) -> list[Caller]:
        return [call for call in self.model.calls.values() if call.state == "ringing"]

    def talking(self) -> list[Caller]:
        return [call for call in self.model.calls.values() if call.state == "talking"]

    @precondition(lambda machine: bool(machine.ringing()))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.ringing()))
        self.answered(call.id, call.offer, data.draw(st.sampled_from(call.agents)), "pbx1-1.2")

    @rule(call=call_ids, offer=st.integers(1, 20), agent=agent_names, channel=st.just(""))
    def answered(self, call: str, offer: int, agent: str, channel: str) -> None:
        self.begin()
        won = self.model.answered(call, offer, agent, channel)
        self.model.serve()
        assert self.run(queues.answered(self.distribution, call, offer, agent, self.now, channel=channel)) == won

    @rule(call=call_ids, agent=agent_names)
    def pull(self, call: str, agent: str) -> None:
        self.begin()
        pulled = self.model.pull(call, agent)
        self.model.serve()
        assert self.run(queues.pull(self.distribution, call, agent, self.now)) == pulled

    @precondition(lambda machine: bool(machine.model.waiting()))
    @rule(data=st.data())
    def pull_to_a_member(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.model.waiting()))
        self.pull(call.id, data.draw(st.sampled_from(self.model.groups[call.group].members)))

    @precondition(lambda machine: bool(machine.talking()))
    @rule(data=st.data(), some=st.lists(agent_names))
    def drop(self, data: st.DataObject, some: list[str]) -> None:
        call = data.draw(st.sampled_from(self.talking()))
        self.missed(call.id, call.offer, some)

    @precondition(lambda machine: bool(machine.ringing()))
    @rule(data=st.data(), some=st.lists(agent_names))
    def miss(self, data: st.DataObject, some: list[str]) -> None:
        call = data.draw(st.sampled_from(self.ringing()))
        self.missed(call.id, call.offer, some)

    @rule(call=call_ids, offer=st.integers(1, 20), some=st.lists(agent_names))
    def missed(self, call: str, offer: int, some: list[str]) -> None:
        self.begin()
        self.model.missed(call, offer, some)
        self.model.serve()
        missed = self.run(queues.missed(self.distribution, call, offer, self.now, some))
        assert missed == self.model.offer(call)

    @rule(call=call_ids, least=st.integers(0, 3000), more=st.integers(0, 3000))
    def announce(self, call: str, least: int, more: int) -> None:
        self.begin()
        self.model.announce(call, Band(least, least + more))
        self.run(queues.announce(self.distribution, call, Band(least, least + more), self.now))

    @rule(process=st.sampled_from(PROCESSES))
    def die(self, process: str) -> None:
        """Its calls are renewed no more, until each joins again."""
        self.dead |= {call.id for call in self.model.calls.values() if call.process == process}

    @rule(ms=pauses)
    def time_passes(self, ms: int) -> None:
        """As it should: whatever is due is done when it is due, and who lives renews its calls."""
        target = self.now + ms
        while self.now < target:
            due = min((at for at, _ in self.model.due() if at > self.now), default=target)
            self.now = min(due, target, self.now + 3000)
            self.advance()
            self.renew([call for call in self.model.calls if call not in self.dead])
            self.same()

    @rule(ms=pauses)
    def everybody_sleeps(self, ms: int) -> None:
        """What was due meanwhile is done late, and all at once."""
        self.now += ms
        self.advance()

    def advance(self) -> None:
        self.begin()
        self.run(self.distribution.run("advance", self.now))

    def renew(self, calls: list[str]) -> None:
        for process in PROCESSES:
            held = [call for call in calls if self.model.calls[call].process == process]
            if held:
                self.begin()
                renewed = self.model.renew(process, held)
                assert self.run(queues.renew(self.distribution, process, held, self.now)) == renewed

    @rule(process=st.sampled_from(PROCESSES), calls=st.lists(call_ids, unique=True))
    def take_over(self, process: str, calls: list[str]) -> None:
        self.begin()
        renewed = self.model.renew(process, calls)
        assert self.run(queues.renew(self.distribution, process, calls, self.now)) == renewed

    @invariant()
    def same(self) -> None:
        self.nobody_has_two_calls()
        self.offers_are_to_one_but_for_ringall()
        self.nobody_waits_for_an_idle_agent()
        self.urgent_first()
        assert self.run(self.stored.everything()) == of_model(self.model)

    def nobody_has_two_calls(self) -> None:
        had = [(agent, call.id) for call in self.model.calls.values() for agent in call.agents]
        assert len({agent for agent, _ in had}) == len(had)
        assert set(had) == {(agent.agent, agent.call) for agent in self.model.agents.values() if agent.call}

    def offers_are_to_one_but_for_ringall(self) -> None:
        for call in self.model.calls.values():
            if self.offered.get(call.id) != call.offer:
                assert len(call.agents) <= 1 or self.model.groups[call.group].strategy == "ringall"

    def nobody_waits_for_an_idle_agent(self) -> None:
        for group in self.model.groups:
            for agent in self.model.idle(group):
                assert not self.model.servable(agent)

    def urgent_first(self) -> None:
        """Of who waits still, nobody should have had an agent who was given to another."""
        for call in self.ringing():
            if self.offered.get(call.id) != call.offer:
                for agent in call.agents:
                    rivals = [one for one in self.model.servable(agent) if one.group == call.group]
                    assert not [one for one in rivals if self.rank(one, agent) < self.rank(call, agent)]
        self.offered = {call.id: call.offer for call in self.model.calls.values()}

    def rank(self, call: Caller, agent: str) -> tuple[bool, int, int, str]:
        return call.pulled != agent, *call.urgency()

    def teardown(self) -> None:
        """The stream alone tells where everybody is."""
        told = self.run(self.stored.told())
        for agent in self.model.agents.values():
            assert told.get(("agent", agent.agent), ("offline", "")) == (agent.state, agent.reason)
        callers = {name: state for (of, name), (state, _) in told.items() if of == "caller" and state != "left"}
        assert callers == {call.id: call.state for call in self.model.calls.values()}


def test_redis_does_what_the_model_does(server: RedisServer) -> None:
    machine.run(Machine, server.url, examples=100, steps=50)
