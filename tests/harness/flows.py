"""Hotlines with flows made by chance, and what their callers press."""

import random
from dataclasses import dataclass
from typing import Any

from services.simulation.scene import Agent

ACCOUNT = "chance"
FIRST = 4005400000
TEXTS = ("您好，请选择。", "请输入号码。", "请稍候。", "谢谢您的来电。", "正在转接，请不要挂机。")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALLERS = ("13800138000", "075512345678", "02161234567", "01061234567")
LEVEL = "level"
"""A variable that flows keep."""
SIZE = 10
"""Nodes of a flow, apart from its first and its last."""
ANSWERS = Agent(answers_after=0.3, talks=2.6)
"""Longer than a group's ``drop_seconds``."""


@dataclass(frozen=True)
class Chance:
    """One hotline: its documents, who calls it, and what its agents do."""

    number: str
    caller: str
    keys: str
    documents: list[dict[str, Any]]
    agents: dict[str, Agent]


def made_by_chance(index: int, weekday: int) -> Chance:
    """``weekday``: today's, in China, 0 for Monday."""
    draw, number = random.Random(index), str(FIRST + index)
    names, maker = [f"n{place}" for place in range(SIZE)], Maker(draw, index, weekday)
    nodes: dict[str, Node] = {
        "level": {"kind": "set", "name": LEVEL, "value": draw.choice(("gold", "silver")), "next": "hello"},
        "hello": {"kind": "say", "prompt": draw.choice(TEXTS), "next": "n0"},
    }
    for place, name in enumerate(names):
        nodes[name] = maker.make([*names[place + 1 :], "bye"])
    nodes["bye"] = {"kind": "hangup"}
    hotline = {"kind": "hotline", "number": number, "account": ACCOUNT, "name": number}
    return Chance(
        number=number,
        caller=draw.choice(CALLERS),
        keys="".join(draw.choice("1234123412345#*,,") for _ in range(12)),
        documents=[{**hotline, "flow": {"start": "level", "nodes": _reached(nodes)}}, *_staff(index)],
        agents={
            f"answers-{index}": ANSWERS,
            f"paused-{index}": Agent(does="paused"),
            f"away-{index}": Agent(does="away"),
        },
    )


def _staff(index: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, name in enumerate(("answers", "paused", "away")):
        agent = {"kind": "agent", "id": f"{name}-{index}", "account": ACCOUNT, "name": name}
        group = {"kind": "group", "id": f"{name}-{index}", "account": ACCOUNT, "name": name, "members": [agent["id"]]}
        found += [{**agent, "bound": f"139{index:04d}{place:04d}"}, {**group, "strategy": "sequence"}]
    entries = {CALLERS[index % 4]: "why", "0755": None, "010*": "why"}
    known = {"kind": "list", "id": f"list-{index}", "account": ACCOUNT, "name": "list", "reasons": {"why": TEXTS[3]}}
    return [*found, {**known, "entries": entries}]


Node = dict[str, Any]


class Maker:
    """Makes nodes of one flow: a method for each kind."""

    def __init__(self, draw: random.Random, index: int, weekday: int) -> None:
        self.draw, self.index, self.weekday = draw, index, weekday
        self.later: list[str] = []
        """Nodes that the next one may lead to."""

    def make(self, later: list[str]) -> Node:
        self.later = later
        kind = self.draw.choice(KINDS)
        return {"kind": kind, **getattr(self, kind)()}

    def way(self) -> str:
        return self.draw.choice(self.later[:3])

    def after(self) -> Node:
        return {"after": self.way()} if self.draw.random() < 0.7 else {}

    def asks(self) -> Node:
        invalid = {"invalid": self.draw.choice(TEXTS)} if self.draw.random() < 0.7 else {}
        return {"prompt": self.draw.choice(TEXTS), "timeout": 2, "tries": self.draw.choice((1, 2)), **invalid}

    def say(self) -> Node:
        return {"prompt": self.draw.choice(TEXTS), "next": self.way()}

    def menu(self) -> Node:
        keys = {key: self.way() for key in self.draw.sample("123456", 4)}
        return {**self.asks(), "keys": keys, "otherwise": self.way()}

    def collect(self) -> Node:
        digits = {"into": "digits", "least": 2, "most": self.draw.choice((2, 4))}
        return {**self.asks(), **digits, "next": self.way(), "otherwise": self.way()}

    def password(self) -> Node:
        return {**self.asks(), "codes": ["1234", "4321"], "next": self.way(), "otherwise": self.way()}

    def survey(self) -> Node:
        return {**self.asks(), "scale": 3, "thanks": self.draw.choice(TEXTS), "next": self.way()}

    def set(self) -> Node:
        return {"name": LEVEL, "value": "gold", "next": self.way()}

    def switch(self) -> Node:
        return {"variable": LEVEL, "cases": {"gold": self.way()}, "otherwise": self.way()}

    def hours(self) -> Node:
        today = {DAYS[self.weekday], DAYS[(self.weekday + 1) % 7]}  # the call may last beyond midnight
        is_open = self.draw.choice((True, False))
        days = [day for day in DAYS if (day in today) == is_open]
        return {"open": [{"days": days, "hours": ["00:00-24:00"]}], "next": self.way(), "closed": self.way()}

    def region(self) -> Node:
        places = {"region": [self.draw.choice(("北京", "上海", "广东"))], "next": self.way()}
        return {"branches": [places, {"type": ["mobile"], "next": self.way()}], "otherwise": self.way()}

    def screen(self) -> Node:
        return {"lists": [f"list-{self.index}"], "listed": self.way(), "otherwise": self.way()}

    def caps(self) -> Node:
        return {"per_day": 1000, "concurrent": 1000, "next": self.way(), "otherwise": self.way()}

    def text_message(self) -> Node:
        return {"text": "谢谢", "next": self.way()}

    def group(self) -> Node:
        return {"group": f"answers-{self.index}", "otherwise": self.way(), **self.after()}

    def agent(self) -> Node:
        name = f"{self.draw.choice(('answers', 'paused'))}-{self.index}"
        return {"agent": name, "off_duty": self.way(), "otherwise": self.way(), **self.after()}

    def queue(self) -> Node:
        return {
            "group": f"{self.draw.choice(('answers', 'paused', 'paused', 'away'))}-{self.index}",
            "max_wait_seconds": 4,
            "keys": {self.draw.choice("123"): self.way()},
            "waited": self.way(),
            "nobody_on_duty": self.way(),
            "otherwise": self.way(),
            **self.after(),
        }


KINDS = (
    *(
        "menu",
        "menu",
        "menu",
        "menu",
        "say",
        "collect",
        "collect",
        "password",
        "set",
        "switch",
        "hours",
        "region",
        "screen",
        "caps",
    ),
    *("text_message", "group", "queue", "queue", "agent", "survey"),
)


def _reached(nodes: dict[str, Node]) -> dict[str, Node]:
    """Without those that no way leads to."""
    found, ahead = dict[str, Node](), ["level"]
    while ahead:
        name = ahead.pop()
        if name in nodes and name not in found:
            found[name] = nodes[name]
            ahead += [word for word in _words(nodes[name]) if word in nodes]
    return found


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for inner in value.values() for word in _words(inner)]
    if isinstance(value, list):
        return [word for inner in value for word in _words(inner)]
    return [value] if isinstance(value, str) else []
