"""The distribution as plain Python over plain lists: slow, small, and what the scripts in Redis must agree with."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from services.domain.agents import TRANSITIONS, Event, Standing, State, counts, happen
from services.domain.distribution import EVERYBODY, Candidate, Draw, Step, level_after, order
from services.domain.documents import Group
from services.domain.waiting import Band, came_true, urgency
from services.store.queues import LEASE_MS, Offer, Place, Pulled

LOST_PLACE_MS = 60_000
SILENCE_MS, GRACE_MS = 5000, 4000
RECENT = 50
ON_DUTY = {State.READY, State.RINGING, State.BUSY, State.WRAP_UP}
CHINA_MS, DAY_MS = 8 * 3_600_000, 86_400_000


class Draws:
    """The random numbers of one operation, after its seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def next(self) -> Draw:
        self._seed = drawn = self._seed * 16807 % 2147483647
        return lambda n: drawn % n


@dataclass
class Caller:
    id: str
    group: str
    number: str
    priority: int
    process: str
    joined: int
    start: int
    lease: int
    hold: str = ""
    hold_until: int = 0
    pool: str = ""
    change: int | None = None
    """When the pool changes."""
    state: str = "waiting"
    agents: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)
    offer: int = 0
    since: int = 0
    """When its talk began."""
    said: list[tuple[int, Band]] = field(default_factory=list)
    pulled: str = ""
    channel: str = ""

    def urgency(self) -> tuple[int, int, str]:
        return *urgency(self.priority, self.joined), self.id


class Model:
    def __init__(self) -> None:
        self.now = 0
        self.agents: dict[str, Standing] = {}
        self.limits: dict[str, int] = {}
        self.groups: dict[str, Group] = {}
        self.calls: dict[str, Caller] = {}
        self.places: dict[tuple[str, str], tuple[int, int]] = {}
        """By group and field: the age, and until when it is kept."""
        self.last: dict[str, str] = {}
        self.answers: Counter[tuple[str, int, str]] = Counter()
        self.turns: Counter[str] = Counter()
        self.served: dict[str, list[int]] = {}
        self.scores: dict[str, list[bool]] = {}
        self._offers = count(1)
        self._freed: list[str] = []
        self._gone: list[str] = []
        self._looking: list[Caller] = []
        self._draws = Draws(1)

    # What happens

    def begin(self, now: int, seed: int) -> None:
        """First in every operation: time passes."""
        silent, self.now, self._draws = now - (self.now or now), now, Draws(seed)
        for call in self.calls.values():
            if silent > SILENCE_MS:
                call.lease = max(call.lease, now + GRACE_MS)
        while self.due() and min(self.due())[0] <= now:
            _, what = min(self.due())
            kind, _, name = what.partition(":")
            getattr(self, f"_due_{kind}")(name)
        self.serve()

    def due(self) -> set[tuple[int, str]]:
        """What time will change, and when."""
        return {
            *((agent.ready_at, f"wrap:{name}") for name, agent in self.agents.items() if agent.state == State.WRAP_UP),
            *((call.lease, f"lease:{call.id}") for call in self.calls.values()),
            *((call.change, f"widen:{call.id}") for call in self.waiting() if call.change),
            *((until, f"place:{group}:{name}") for (group, name), (_, until) in self.places.items()),
        }

    def _due_wrap(self, agent: str) -> None:
        self._happen(agent, Event.WRAPPED)

    def _due_lease(self, call: str) -> None:
        self.leave(call, "lost")

    def _due_widen(self, call: str) -> None:
        self._aim(self.calls[call])

    def _due_place(self, place: str) -> None:
        group, _, name = place.partition(":")
        del self.places[group, name]

    def put_agent(self, agent: str, limit: int, *, always: bool) -> None:
        self.limits[agent] = limit
        if agent not in self.agents:
            self.agents[agent] = Standing(agent, since=self.now)
            if always:
                self._happen(agent, Event.LOGIN)

    def put_group(self, group: Group) -> None:
        old = self.groups.get(group.id)
        if old == group:
            return
        self.groups[group.id] = group
        concerned = dict.fromkeys([*(old.members if old else []), *group.members])
        self._freed += [agent for agent in concerned if agent in self.agents and self.agents[agent].state == "ready"]
        for call in self.waiting(group.id):
            self._aim(call)

    def event(self, agent: str, event: Event, **facts: str) -> None:
        self._happen(agent, event, **facts)

    def phone(self, agent: str, event: Event, pbx: str) -> None:
        reachable = event is not Event.PHONE_UNREACHABLE
        if counts(self.agents[agent], event, pbx):
            self._happen(agent, event, **({"pbx": pbx} if pbx and reachable else {}))

    def join(self, call: str, group: str, *, number: str, priority: int, process: str, joined: int | None) -> Caller:
        ages = [joined]
        if old := self.calls.get(call):
            self._forget(old)
            ages.append(old.joined if old.group == group else None)
        ages += [self.places.pop((group, name), (None, 0))[0] for name in (f"call:{call}", f"number:{number}")]
        oldest = min((age for age in ages if age is not None), default=None)
        self.kept = oldest is not None
        caller = Caller(
            *(call, group, number, priority, process, self.now if oldest is None else oldest),
            start=self.turns[group] % len(self.groups[group].members),
            lease=self.now + LEASE_MS,
        )
        self.turns[group] += 1
        if returning_ms := self.groups[group].returning_seconds * 1000:
            caller.hold, caller.hold_until = self.last.get(number, ""), caller.joined + returning_ms
        self.calls[call] = caller
        self._aim(caller)
        return caller

    def place(self, caller: Caller) -> Place | None:
        """What ``join`` gives, once everybody was served."""
        full = len(self.waiting(caller.group)) > self.groups[caller.group].capacity
        if caller.state == "waiting" and full and not self.kept:
            self._forget(caller)
            return None
        return Place(caller.joined, self.offer(caller.id))

    def leave(self, call: str, reason: str) -> bool:
        caller = self.calls.get(call)
        if caller is None:
            return False
        place_ms = self.groups[caller.group].place_seconds * 1000
        if caller.state != "talking":
            self._score(caller, answered=False)
            if reason in ("abandoned", "lost") and caller.number and place_ms:
                self.places[caller.group, f"number:{caller.number}"] = caller.joined, self.now + place_ms
            if reason == "lost":
                self.places[caller.group, f"call:{call}"] = caller.joined, self.now + LOST_PLACE_MS
        self._forget(caller)
        return True

    def claim(self, call: str, group: str, agent: str, process: str) -> Caller | None:
        if old := self.calls.get(call):
            self._forget(old)
        named = self.agents[agent]
        if named.call or Event.OFFERED not in TRANSITIONS[named.state]:
            return None
        caller = Caller(*(call, group, "", 0, process, self.now), start=0, lease=self.now + LEASE_MS)
        self.calls[call] = caller
        self._reserve(caller, [agent])
        return caller

    def handed(self, call: str, agent: str) -> bool:
        caller = self.calls.get(call)
        if caller is None or caller.state != "talking":
            return False
        self._free(caller)
        caller.agents, caller.channel = [agent] if agent and not self.agents[agent].call else [], ""
        caller.offer = 0
        for free in caller.agents:
            self._happen(free, Event.HANDED, call=call)
        return True

    def answered(self, call: str, offer: int, agent: str, channel: str = "") -> bool:
        caller = self.calls.get(call)
        if not caller or caller.state != "ringing" or caller.offer != offer or agent not in caller.agents:
            return False
        for other in caller.agents:
            self._happen(other, Event.ANSWERED if other == agent else Event.WITHDRAWN)
        caller.state, caller.agents, caller.since, caller.channel = "talking", [agent], self.now, channel
        self.answers[caller.group, self.day(), agent] += 1
        self.served[caller.group] = [self.now, *self.served.get(caller.group, [])][:RECENT]
        self._score(caller, answered=True)
        if caller.number and self.groups[caller.group].returning_seconds:
            self.last[caller.number] = agent
        return True

    def missed(self, call: str, offer: int, agents: list[str]) -> None:
        caller = self.calls.get(call)
        if not caller or caller.state == "waiting" or not caller.offer or caller.offer != offer:
            return
        if caller.state == "talking":
            agents = caller.agents
            self.answers[caller.group, self.day(), agents[0]] -= 1
            if caller.since in self.served[caller.group]:
                self.served[caller.group].remove(caller.since)
        ready_at = self.now + self.groups[caller.group].retry_seconds * 1000
        for agent in [agent for agent in caller.agents if agent in (agents or caller.agents)]:
            missed = self.agents[agent].missed + 1
            pause = self.agents[agent].pause or ("missed" if 0 < self.limits[agent] <= missed else "")
            self._happen(agent, Event.MISSED, missed=missed, ready_at=ready_at, pause=pause)
            caller.agents.remove(agent)
            caller.tried.add(agent)
        if not caller.agents:
            caller.state, caller.hold, caller.pulled = "waiting", "", ""
            self._aim(caller)

    def pull(self, call: str, agent: str) -> Pulled:
        caller = self.calls.get(call)
        if caller is None:
            return Pulled.UNKNOWN
        if caller.state != "waiting":
            return Pulled(caller.state)
        if agent not in self.groups[caller.group].members:
            return Pulled.NO_MEMBER
        if not self._may_wait_for(agent, caller.group):
            return Pulled.OFF_DUTY
        caller.pulled = agent
        self._aim(caller)
        return Pulled.PULLED

    def renew(self, process: str, calls: list[str]) -> dict[str, Offer | None]:
        held = [self.calls[call] for call in calls if call in self.calls]
        for caller in held:
            caller.process, caller.lease = process, self.now + LEASE_MS
        return {caller.id: self.offer(caller.id) for caller in held}

    def announce(self, call: str, wait: Band) -> None:
        if call in self.calls:
            self.calls[call].said.append((self.now, wait))

    # Who is brought together

    def serve(self) -> None:
        """Last in every operation."""
        for call in self.waiting():
            if call.pool[1:] in self._gone:
                self._aim(call)
        for call in sorted(self._looking, key=Caller.urgency):
            if self.calls.get(call.id) is call and call.state == "waiting":
                chosen = self.choice(call)
                if call.tried.intersection(chosen[:1]):
                    call.tried = set()
                self._reserve(call, chosen)
        while self._freed:
            agent = self._freed.pop(0)
            if self.agents[agent].state == State.READY and (found := self._preferred(agent)):
                self._reserve(found, self._together(agent, found))
        self._gone, self._looking = [], []

    def _together(self, agent: str, call: Caller) -> list[str]:
        """Who became ready in this operation and rings for the call: with ringall everybody whose next call it is."""
        group = self.groups[call.group]
        if group.strategy != "ringall" or call.pool[0] in "@!":
            return [agent]
        ready = [one for one in {agent, *self._freed} if self.agents[one].state == State.READY]
        return sorted((one for one in ready if self._preferred(one) is call), key=group.members.index)

    def _preferred(self, agent: str) -> Caller | None:
        return min(self.servable(agent), key=lambda call: self._preference(agent, call), default=None)

    def choice(self, call: Caller) -> list[str]:
        """Whom the group's strategy rings for the caller."""
        group = self.groups[call.group]
        able = [one for one in self._candidates(group) if call in self.servable(one.agent)]
        untried = [one for one in able if one.agent not in call.tried]
        pool = able if group.strategy == "ringall" else untried or able
        if not pool:
            return []
        ordered = order(group.strategy, pool, draw=self._draws.next(), start=call.start)
        return [one.agent for one in (ordered if group.strategy == "ringall" else ordered[:1])]

    def servable(self, agent: str) -> list[Caller]:
        """The waiting callers whom the agent may serve."""
        return [
            call
            for call in self.waiting()
            if agent in self.groups[call.group].members
            and (call.pool[1:] == agent if call.pool[0] in "@!" else self._level(agent, call.group) >= int(call.pool))
        ]

    def idle(self, group: str) -> list[str]:
        """The ready members who found no caller."""
        members = [name for name in self.groups[group].members if name in self.agents and name not in self._freed]
        return [agent for agent in members if self.agents[agent].state == State.READY]

    def waiting(self, group: str | None = None) -> list[Caller]:
        """In the order of the queue."""
        calls = [call for call in self.calls.values() if call.state == "waiting" and group in (None, call.group)]
        return sorted(calls, key=Caller.urgency)

    def offer(self, call: str) -> Offer | None:
        caller = self.calls.get(call)
        return Offer(caller.offer, tuple(caller.agents)) if caller and caller.state == "ringing" else None

    def day(self) -> int:
        return (self.now + CHINA_MS) // DAY_MS

    def _candidates(self, group: Group) -> list[Candidate]:
        return [
            Candidate(
                *(agent, group.members.index(agent), self.agents[agent].ready_since),
                self.answers[group.id, self.day(), agent],
                *(group.weights.get(agent, 1), self._level(agent, group.id)),
            )
            for agent in self.idle(group.id)
        ]

    def _level(self, agent: str, group: str) -> int:
        return self.groups[group].skills.get(agent, 1)

    def _preference(self, agent: str, call: Caller) -> tuple[bool, int, int, int, str]:
        return not call.pulled, -call.priority, -self.groups[call.group].priorities.get(agent, 0), call.joined, call.id

    def _reserve(self, call: Caller, agents: list[str]) -> None:
        if agents:
            call.state, call.agents, call.offer = "ringing", agents, next(self._offers)
            for agent in agents:
                self._happen(agent, Event.OFFERED, call=call.id)

    def _aim(self, call: Caller) -> None:
        group = self.groups[call.group]
        if not self._may_wait_for(call.pulled, call.group):
            call.pulled = ""
        if call.pulled:
            call.pool, call.change = f"!{call.pulled}", None
        elif self._may_wait_for(call.hold, call.group) and call.hold_until > self.now:
            call.pool, call.change = f"@{call.hold}", call.hold_until
        else:
            steps = [Step(step.after_seconds * 1000, step.level) for step in group.widening]
            level, wait = level_after(
                steps if group.strategy == "skills" and steps else EVERYBODY, self.now - call.joined
            )
            call.hold, call.pool = "", str(level)
            call.change = call.joined + wait if wait else None
        self._looking.append(call)

    def _may_wait_for(self, agent: str, group: str) -> bool:
        known = self.agents.get(agent)
        return known is not None and known.state in ON_DUTY and agent in self.groups[group].members

    def _happen(self, agent: str, event: Event, **facts: object) -> None:
        before = self.agents[agent]
        after = self.agents[agent] = happen(before, event, self.now, **facts)
        if (before.state, before.reason) != (after.state, after.reason):
            if after.state == State.READY:
                self._freed.append(agent)
            elif after.state not in ON_DUTY:
                self._gone.append(agent)

    def _forget(self, call: Caller) -> None:
        self._free(call)
        del self.calls[call.id]

    def _free(self, call: Caller) -> None:
        wrap_ms = self.groups[call.group].wrap_up_seconds * 1000
        for agent in call.agents:
            if call.state == "talking":
                self._happen(agent, Event.ENDED, ready_at=self.now + wrap_ms)
            else:
                self._happen(agent, Event.WITHDRAWN)

    def _score(self, call: Caller, *, answered: bool) -> None:
        for at, band in call.said:
            came = came_true(band, self.now - at, answered=answered)
            if came is not None:
                self.scores[call.group] = [came, *self.scores.get(call.group, [])][:RECENT]
