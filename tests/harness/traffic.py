"""Some weeks of plausible calls to the company of ``make run``, as Asterisk would have written them into its CEL file.

What is plausible: more calls in the morning than at noon, more on Mondays than on Sundays, callers who are near rather
than far, some who call again, agents who miss a call now and then, callers who wait for two minutes or not at all.
"""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.harness import said
from tests.harness.cel import call_id, file

CHINA = ZoneInfo("Asia/Shanghai")
HOTLINE, ACCOUNT = "4008216688", "lvyuan"
AGENTS = {"801": "李静", "802": "陈晨", "803": "周涛", "804": "赵敏", "805": "孙悦", "806": "吴刚"}
SALES, SERVICE = ("801", "802", "803"), ("803", "804", "805", "806")
HERE = 0.85
"""How likely an agent is on duty on a day."""
LUNCH = (12.0, 13.5)
"""When every second one is."""

A_DAY = 420
"""Calls on a middling day."""
BY_HOUR = (1, 0.5, 0.3, 0.2, 0.2, 0.5, 1, 3, 9, 14, 15, 11, 7, 9, 13, 13, 12, 10, 8, 8, 5, 4, 3, 2)
BY_WEEKDAY = (1.3, 1.1, 1.05, 1.0, 1.0, 0.8, 0.75)
OPEN, CLOSE = 8.5, 20.0
MENU_SECONDS = (2.0, 14.0)
PATIENCE_SECONDS = 110.0
MOST_WAIT_SECONDS = 240.0

# How often, and what numbers there begin with: mobiles of the place, and its area code.
PLACES: Sequence[tuple[int, tuple[str, ...], str]] = (
    (30, ("1385710", "1375710", "1586710"), "0571"),
    (10, ("1380574", "1395740"), "0574"),
    (12, ("1381600", "1391700"), "021"),
    (8, ("1395160", "1391301"), "025"),
    (6, ("1380013", "1391000"), "010"),
    (6, ("1380288", "1392400"), "020"),
    (4, ("1382380", "1351090"), "0755"),
    (4, ("1380711", "1397100"), "027"),
    (3, ("1388000", "1398000"), "028"),
    (3, ("1390531", "1386410"), "0531"),
    (2, ("1380371", "1390371"), "0371"),
    (2, ("1399190", "1389190"), "029"),
    (2, ("1390591", "1380591"), "0591"),
    (1, ("1390451", "1380451"), "0451"),
    (1, ("1390871", "1388710"), "0871"),
)


@dataclass(order=True)
class Arrival:
    at: float
    """Seconds since 1970."""
    caller: str = field(compare=False)


@dataclass(order=True)
class Change:
    """Of an agent's state, as the stream of live events has it."""

    since: float
    """Seconds since 1970."""
    agent: str
    state: str
    reason: str = ""
    call: str = ""


@dataclass
class Calls:
    """The calls of one run of days; the agents are as busy with one as with the other."""

    chance: random.Random
    recorded_since: float = math.inf
    """Seconds since 1970: what was said to the service before was deleted."""
    changes: list[Change] = field(default_factory=list)
    """What the agents have done, in its order."""
    free: dict[str, float] = field(default_factory=lambda: dict.fromkeys(AGENTS, 0.0))
    """When each agent is free next."""
    known: list[str] = field(default_factory=list)
    here: frozenset[str] = frozenset(AGENTS)

    def of(self, day: date, until: float) -> Iterator[bytes]:
        """The day's calls that came before ``until``, each as its rows."""
        present = frozenset(name for name in AGENTS if self.chance.random() < HERE)
        self.here = present if present & set(SALES) and present & set(SERVICE) else frozenset(AGENTS)
        begin = len(self.changes)
        for number, arrival in enumerate(self._arrivals(day), 1):
            if arrival.at > until - 1800:
                break
            self._id = call_id(number, math.floor(arrival.at * 1000))
            lines = self._call(arrival)
            yield file("\n".join(lines), number, math.floor(arrival.at * 1000))
        self.changes[begin:] = sorted(self._on_shift(day, until, self.changes[begin:]))

    def _on_shift(self, day: date, until: float, changes: Sequence[Change]) -> Iterator[Change]:
        """With when they come and go, and their lunch, as far as the calls leave it to them."""
        midnight = datetime.combine(day, time(), CHINA).timestamp()
        comes, eats, back, goes = (midnight + hour * 3600 for hour in (OPEN, *LUNCH, CLOSE))
        present = sorted(self.here) if comes < until else []
        for place, agent in enumerate(present):
            own = [change for change in changes if change.agent == agent]
            yield Change(comes, agent, "ready")
            yield from own
            idle = [change.since for change in own if change.state == "ready"]
            if place % 2 and not any(eats < change.since < back for change in own):
                yield Change(eats, agent, "paused", "lunch")
                yield Change(back, agent, "ready")
            yield Change(min(max([goes, *idle]), max([comes, until, *idle])), agent, "offline")

    def _served(self, agent: str, *, rings: float, talks: float, ends: float) -> None:
        """Is free again as ``free`` says."""
        self.changes += [
            Change(rings, agent, "ringing", call=self._id),
            Change(talks, agent, "busy", call=self._id),
            Change(ends, agent, "wrap_up", call=self._id),
            Change(self.free[agent], agent, "ready"),
        ]

    def _arrivals(self, day: date) -> list[Arrival]:
        count = self.chance.gauss(A_DAY * BY_WEEKDAY[day.weekday()], 12)
        begin = datetime.combine(day, time(), CHINA).timestamp()
        found: list[Arrival] = []
        for _ in range(max(20, round(count))):
            [hour] = self.chance.choices(range(24), BY_HOUR)
            at = begin + (hour + self.chance.random()) * 3600
            heapq.heappush(found, Arrival(at, self._caller()))
        return [heapq.heappop(found) for _ in range(len(found))]

    def _caller(self) -> str:
        if self.known and self.chance.random() < 0.22:
            return self.chance.choice(self.known[-400:])
        [(_, mobiles, area)] = self.chance.choices(PLACES, [weight for weight, _, _ in PLACES])
        digits = "".join(self.chance.choices("0123456789", k=4))
        number = self.chance.choice(mobiles) + digits if self.chance.random() < 0.85 else f"{area}8{digits}{digits[:3]}"
        self.known.append(number)
        return number

    def _call(self, arrival: Arrival) -> list[str]:
        table = Table(self.chance)
        table.add("CHAN_START", "caller")
        table.add("CALL", "caller", f"hotline={HOTLINE} caller={arrival.caller} name=")
        table.add("JOURNEY", "caller", f"account={ACCOUNT} version=1")
        table.add("NODE", "caller", "node=hours kind=hours")
        hour = datetime.fromtimestamp(arrival.at, UTC).astimezone(CHINA)
        if not OPEN <= hour.hour + hour.minute / 60 < CLOSE:
            table.add("NODE", "caller", "node=closed kind=say")
            table.add("ANSWER", "caller")
            return self._message(table, arrival, 9)
        table.add("NODE", "caller", "node=welcome kind=menu")
        table.add("ANSWER", "caller")
        return self._menu(table, arrival)

    def _menu(self, table: "Table", arrival: Arrival) -> list[str]:
        if self.chance.random() < 0.06:
            table.go(self.chance.uniform(1, 20))
            return table.caller_leaves()
        table.go(self.chance.uniform(*MENU_SECONDS))
        if self.chance.random() < 0.04:
            table.add("KEYS", "caller", "node=welcome keys=8 outcome=invalid")
            table.go(self.chance.uniform(3, 9))
        key = self.chance.choices("123", (45, 48, 7))[0]
        table.add("KEYS", "caller", f"node=welcome keys={key} outcome=match")
        node, group, agents = {
            "1": ("sales", "lvyuan-sales", SALES),
            "2": ("service", "lvyuan-service", SERVICE),
            "3": ("complaints", "lvyuan-service", SERVICE),
        }[key]
        table.add("NODE", "caller", f"node={node} kind=queue")
        return self._queue(table, arrival, (node, group), agents)

    def _queue(self, table: "Table", arrival: Arrival, at: tuple[str, str], agents: Sequence[str]) -> list[str]:
        node, group = at
        entered = table.seconds
        agents = self._on_duty(agents, arrival.at)
        patience = self.chance.expovariate(1 / PATIENCE_SECONDS) + 4
        agent = min(agents, key=lambda name: (max(self.free[name], arrival.at + entered), self.free[name]))
        wait = max(0.0, self.free[agent] - arrival.at - entered)
        if wait > 0:
            waiting = sum(1 for name in agents if self.free[name] > arrival.at + entered)
            table.add("QUEUED", "caller", f"node={node} group={group} position={max(1, waiting - 1)}")
        if patience < wait or wait > MOST_WAIT_SECONDS:
            table.go(min(patience, MOST_WAIT_SECONDS))
            if patience < wait:
                return table.caller_leaves()
            table.add("OVERFLOW", "caller", f"node={node} trigger=max_wait_seconds")
            return self._message(table, arrival, 8)
        table.go(wait)
        if self.chance.random() < 0.03:
            table.offer(node, group, agent)
            table.go(20)
            table.add("HANGUP", agent, "cause=19")
            ended = arrival.at + table.seconds
            self.free[agent] = ended + 30
            self.changes += [
                Change(ended - 20, agent, "ringing", call=self._id),
                Change(ended, agent, "wrap_up"),
                Change(self.free[agent], agent, "ready"),
            ]
            agent = min(self._on_duty(agents, arrival.at), key=self.free.__getitem__)
            table.go(max(0.0, self.free[agent] - arrival.at - table.seconds))
        return self._talk(table, arrival, at, agent)

    def _on_duty(self, agents: Sequence[str], at: float) -> list[str]:
        here = [name for name in agents if name in self.here]
        hour = datetime.fromtimestamp(at, UTC).astimezone(CHINA)
        at_lunch = LUNCH[0] <= hour.hour + hour.minute / 60 < LUNCH[1]
        return here[::2] if at_lunch else here

    def _talk(self, table: "Table", arrival: Arrival, at: tuple[str, str], agent: str) -> list[str]:
        node, group = at
        if node != "sales" and arrival.at > self.recorded_since:
            day = datetime.fromtimestamp(arrival.at, UTC).astimezone(CHINA).date()
            table.add("RECORDING", "caller", f"file={ACCOUNT}/{day}/{math.floor(arrival.at * 1000)}.wav")
        phone = table.offer(node, group, agent)
        rings = arrival.at + table.seconds
        table.go(self.chance.uniform(1.5, 7))
        talks = arrival.at + table.seconds
        table.add("ANSWER", phone)
        table.add("BRIDGE_ENTER", phone)
        table.add("BRIDGE_ENTER", "caller")
        mean = 150 if node == "sales" else 220
        seconds = min(1800, max(8, self.chance.lognormvariate(math.log(mean), 0.7)))
        recorded = node != "sales" and arrival.at > self.recorded_since
        table.go(said.length(seconds, said.TALK_SECONDS) if recorded else seconds)
        self.free[agent] = arrival.at + table.seconds + (15 if node == "sales" else 25)
        self._served(agent, rings=rings, talks=talks, ends=arrival.at + table.seconds)
        if node != "sales" and self.chance.random() < 0.45:
            return self._score(table, phone)
        table.add("HANGUP", phone, "cause=16 source=caller")
        return table.caller_leaves()

    def _score(self, table: "Table", phone: str) -> list[str]:
        table.add("HANGUP", phone, f"cause=16 source={phone}")
        table.add("BRIDGE_EXIT", "caller")
        table.add("NODE", "caller", "node=score kind=survey")
        table.go(self.chance.uniform(2, 12))
        if self.chance.random() < 0.7:
            [score] = self.chance.choices("54321", (52, 27, 11, 6, 4))
            table.add("KEYS", "caller", f"node=score keys={score} outcome=match")
            table.add("SURVEY", "caller", f"node=score score={score}")
            table.go(2)
            table.add("END", "caller", "reason=hangup")
            return table.ends("cause=16")
        return table.caller_leaves()

    def _message(self, table: "Table", arrival: Arrival, prompt: float) -> list[str]:
        table.go(prompt)
        table.add("NODE", "caller", "node=message kind=voicemail")
        table.go(self.chance.uniform(2, 12))
        if self.chance.random() < 0.35:
            begin = math.floor((arrival.at + table.seconds) * 1000)
            table.go(said.length(self.chance.uniform(4, 40), said.MESSAGE_SECONDS))
            ms = math.floor((arrival.at + table.seconds) * 1000) - begin
            path = f"voicemail/{ACCOUNT}/lvyuan-service/{begin}.wav"
            table.add("VOICEMAIL", "caller", f"node=message group=lvyuan-service file={path} ms={ms}")
        return table.caller_leaves()


@dataclass
class Table:
    """What happens on one call, one after the other."""

    chance: random.Random
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list)
    rung: int = 0

    def go(self, seconds: float) -> None:
        self.seconds += seconds

    def add(self, event: str, channel: str, says: str = "") -> None:
        self.seconds += self.chance.uniform(0.001, 0.006)
        self.lines.append(f"{self.seconds:.3f} {event} {channel} {says}")

    def offer(self, node: str, group: str, agent: str) -> str:
        """The phone's channel."""
        self.rung += 1
        phone = agent if self.rung == 1 else f"{agent}#{self.rung}"
        self.add("OFFER", "caller", f"node={node} group={group} agent={agent} dial={agent}")
        self.add("CHAN_START", phone)
        self.add("DIAL", phone, f"dial={agent}")
        return phone

    def caller_leaves(self) -> list[str]:
        return self.ends("cause=16 source=caller")

    def ends(self, how: str) -> list[str]:
        self.add("HANGUP", "caller", how)
        self.add("LINKEDID_END", "caller")
        return self.lines


def written(days: int, now: datetime, seed: int = 1) -> Iterator[bytes]:
    """Of so many days until ``now``, each call as the rows of a CEL file."""
    return of_days(Calls(random.Random(seed)), days, now)


def of_days(calls: Calls, days: int, now: datetime) -> Iterator[bytes]:
    today = now.astimezone(CHINA).date()
    for ago in range(days, -1, -1):
        yield from calls.of(today - timedelta(days=ago), now.timestamp())
