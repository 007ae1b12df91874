"""Whatever happens, in whatever order: no number is rung twice at once by a group, and no callback is lost."""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from redis.asyncio import Redis

from services.domain.agents import IllegalTransition
from services.domain.callbacks import CallbackTerms
from services.store import agents, callbacks, keys, queues
from services.store.callbacks import Callback, Offered
from services.store.distribution import Distribution
from tests.harness.redis_server import RedisServer
from tests.store import machine
from tests.store.shop import NOW, agent, group

T = TypeVar("T")

TERMS = CallbackTerms(show="02161234567", trunk="carrier", attempts=2, interval_seconds=1, ring_seconds=20)
GROUPS, AGENTS, PROCESSES = ["sales", "service"], ["li", "wang", "zhao"], ["p1", "p2"]
OVER = {"answered", "failed", "expired", "cancelled"}

groups = st.sampled_from(GROUPS)
numbers = st.sampled_from(["13800138000", "13900139000"])
any_one = st.integers(0, 9)
pauses = st.sampled_from([1, 999, 1000, 3000, 9000, 20_000, 60_000])


class Machine(RuleBasedStateMachine):
    redis: Redis
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.shop = Distribution(self.redis, "shop")
        self.agreed: dict[str, tuple[str, str]] = {}
        self.held: dict[str, str] = {}
        """Process that believes to hold the callback."""
        self.rings: dict[tuple[str, str], int] = {}
        """Until when a customer's phone rings at most, where nobody said that it has stopped."""

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def pending(self) -> list[Callback]:
        async def found() -> list[Callback]:
            return [one async for one in callbacks.pending(self.shop)]

        return self.run(found())

    def one_of(self, which: int, *states: str) -> Callback | None:
        found = [one for one in self.pending() if one.state in states]
        return found[which % len(found)] if found else None

    def offer(self, callback: Callback) -> Offered:
        process = self.held.get(callback.id, "p1")
        offer = self.run(queues.renew(self.shop, process, [callback.id], self.now))[callback.id]
        assert offer
        [name] = offer.agents
        return Offered(callback.id, offer.number, name)

    @initialize()
    def opens(self) -> None:
        self.run(self.redis.flushall())
        for name in AGENTS:
            self.run(agents.put(self.shop, agent(name), self.now))
            self.run(agents.login(self.shop, name, self.now))
        for name in GROUPS:
            self.run(queues.put(self.shop, group("ringall").model_copy(update={"id": name}), self.now))

    @rule(number=numbers, name=groups, later=st.sampled_from([0, 5000]), keeps=st.sampled_from([15_000, 3_600_000]))
    def asks(self, number: str, name: str, later: int, keeps: int) -> None:
        before = {(one.group, one.number): one.id for one in self.pending()}
        asked, found = self.run(
            callbacks.ask(
                self.shop, number, name, self.now, hotline="4008001234", node="later", asked_in="pbx1-1.1", pbx="pbx1",
                joined=self.now, priority=0, due=self.now + later, expires=self.now + keeps,
            )
        )  # fmt: skip
        expected = before.get((name, number))
        if expected and any(one.id == expected for one in self.pending()):
            assert (asked, found) == ("pending", expected)
        else:  # or it expired as time was let pass
            assert asked == "agreed"
            self.agreed[found] = name, number
            self.claims("p1")

    @rule(process=st.sampled_from(PROCESSES))
    def claims(self, process: str) -> None:
        for name in self.run(callbacks.claim(self.shop, process, "stay", self.now)):
            self.held[name] = process

    @rule(name=st.sampled_from(AGENTS), on=st.booleans())
    def comes_or_goes(self, name: str, on: bool) -> None:  # noqa: FBT001
        change = agents.login if on else agents.logout
        with contextlib.suppress(IllegalTransition):
            self.run(change(self.shop, name, self.now))

    @rule(which=any_one)
    def picks_up(self, which: int) -> None:
        if callback := self.one_of(which, "offered"):
            offered = self.offer(callback)
            assert self.run(callbacks.take(self.shop, offered, self.now, process="p2", stay="stay"))
            self.held[callback.id] = "p2"
            attempt = self.run(callbacks.ring(self.shop, offered, TERMS, self.now))
            assert attempt == callback.attempts + 1 <= TERMS.attempts
            place = callback.group, callback.number
            assert self.rings.get(place, 0) <= self.now, "rung twice at once"
            self.rings[place] = self.now + 1000 * TERMS.ring_seconds
            assert not self.run(callbacks.ring(self.shop, offered, TERMS, self.now))

    @rule(which=any_one)
    def misses(self, which: int) -> None:
        if callback := self.one_of(which, "offered"):
            self.run(queues.missed(self.shop, callback.id, self.offer(callback).offer, self.now))

    @rule(which=any_one)
    def answers(self, which: int) -> None:
        if callback := self.one_of(which, "ringing"):
            offered = self.offer(callback)
            assert self.run(queues.answered(self.shop, callback.id, offered.offer, offered.agent, self.now))
            assert not self.run(callbacks.get(self.shop, callback.id))
            self.run(queues.leave(self.shop, callback.id, "ended", self.now))
            self.rings[callback.group, callback.number] = 0

    @rule(which=any_one)
    def does_not_answer(self, which: int) -> None:
        if callback := self.one_of(which, "ringing"):
            self.run(queues.leave(self.shop, callback.id, "unanswered", self.now))
            self.rings[callback.group, callback.number] = 0

    @rule(which=any_one)
    def is_let_go(self, which: int) -> None:
        """Its process is stopped."""
        if callback := self.one_of(which, "queued", "offered"):
            self.run(queues.leave(self.shop, callback.id, "closed", self.now))

    @rule(which=any_one, until=pauses)
    def is_postponed(self, which: int, until: int) -> None:
        if callback := self.one_of(which, "queued", "offered"):
            self.run(callbacks.postpone(self.shop, callback.id, self.now + until, "window", self.now, stay="stay"))

    @rule(which=any_one)
    def is_cancelled(self, which: int) -> None:
        if callback := self.one_of(which, "waiting", "queued", "offered"):
            assert self.run(callbacks.cancel(self.shop, callback.id, "by_hand", self.now))

    @rule(number=numbers, name=groups)
    def calls_again(self, number: str, name: str) -> None:
        place = self.run(queues.join(self.shop, "pbx1-2.2", name, self.now, process="p1", number=number, priority=9))
        assert place
        if place.offer:
            agent_ = place.offer.agents[0]
            assert self.run(queues.answered(self.shop, "pbx1-2.2", place.offer.number, agent_, self.now))
            left = [one.state for one in self.pending() if (one.group, one.number) == (name, number)]
            assert left in ([], ["ringing"])
        self.run(queues.leave(self.shop, "pbx1-2.2", "ended", self.now))

    @rule(ms=pauses, alive=st.sampled_from([["p1", "p2"], ["p1"], []]))
    def time_passes(self, ms: int, alive: list[str]) -> None:
        """Who is not alive does not renew what it holds."""
        until = self.now + ms
        while self.now < until:
            self.now = min(self.now + 3000, until)
            for process in alive:
                mine = [one.id for one in self.pending() if self.held.get(one.id) == process]
                self.run(queues.renew(self.shop, process, mine, self.now))
            self.run(queues.status(self.shop, "sales", self.now))
            self.run(queues.advance(self.shop, self.now))

    @invariant()
    def none_is_lost(self) -> None:
        pending = {one.id: one for one in self.pending()}
        told: Any = self.run(self.redis.xrange(keys.LIVE_STREAM))
        ended = [fields[b"callback"].decode() for _, fields in told if fields.get(b"state", b"").decode() in OVER]
        assert len(ended) == len(set(ended)), "ended twice"
        assert sorted([*pending, *ended]) == sorted(self.agreed)
        prefix = keys.distribution("shop")
        free: Any = self.run(self.redis.zrange(prefix + "callbacks:free", 0, -1))
        free = {name.decode() for name in free}
        entries: Any = self.run(self.redis.zrange(prefix + "due", 0, -1, withscores=True))
        due = dict(entries)
        for name, callback in pending.items():
            in_queue = self.run(self.redis.hget(f"{prefix}call:{name}", "state"))
            at = due.get(f"callback:{name}".encode())
            if callback.state == "waiting":
                assert not in_queue
                assert name in free or at in {callback.due, callback.expires}
            else:
                assert in_queue == (b"waiting" if callback.state == "queued" else b"ringing")
                assert name not in free
        assert free <= pending.keys()

    @invariant()
    def counts_are_right(self) -> None:
        counts: Any = self.run(self.redis.hgetall(keys.distribution("shop") + "callbacks:hotlines"))
        assert sum(int(count) for count in counts.values()) == len(self.pending())
        assert len({(one.group, one.number) for one in self.pending()}) == len(self.pending())


def test_never_twice_at_once_and_never_lost(server: RedisServer) -> None:
    machine.run(Machine, server.url, examples=60, steps=40)
