"""Hotlines with flows made by chance, and what their callers press."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.simulation.scene import Agent

ACCOUNT = "chance"
FIRST = 4005400000
TEXTS = ("您好，请选择。", "请输入号码。", "请稍候。", "谢谢您的来电。", "正在转接，请不要挂机。")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALLERS = ("13800138000", "075512345678", "02161234567", "01061234567")
SIZE = 7
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
    names = [f"n{place}" for place in range(SIZE)]
    nodes: dict[str, Any] = {"hello": {"kind": "say", "prompt": draw.choice(TEXTS), "next": "n0"}}
    for place, name in enumerate(names):
        later = [*names[place + 1 :], "bye"]
        nodes[name] = _node(draw, index, weekday, lambda later=later: draw.choice(later[:3]))  # type: ignore[misc]
    nodes["bye"] = {"kind": "hangup"}
    hotline = {"kind": "hotline", "number": number, "account": ACCOUNT, "name": number}
    return Chance(
        number=number,
        caller=draw.choice(CALLERS),
        keys="".join(draw.choice("1234123412345#*,,") for _ in range(12)),
        documents=[{**hotline, "flow": {"start": "hello", "nodes": _reached(nodes)}}, *_staff(index)],
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
    return found


def _node(draw: random.Random, index: int, weekday: int, way: Callable[[], str]) -> dict[str, Any]:
    prompt, kind = draw.choice(TEXTS), draw.choice(KINDS)
    asks = {"prompt": prompt, "timeout": 2, "tries": draw.choice((1, 2)), "otherwise": way()}
    if draw.random() < 0.5:
        asks["invalid"] = draw.choice(TEXTS)
    found: dict[str, Any]
    match kind:
        case "menu":
            found = {**asks, "keys": {key: way() for key in draw.sample("123456", 4)}}
        case "collect":
            found = {**asks, "into": "digits", "least": 2, "most": draw.choice((2, 4)), "next": way()}
        case "password":
            found = {**asks, "codes": ["1234", "4321"], "next": way()}
        case "set":
            found = {"name": "level", "value": "gold", "next": way()}
        case "hours":
            today = {DAYS[weekday], DAYS[(weekday + 1) % 7]}  # the call may last beyond midnight
            is_open = draw.choice((True, False))
            days = [day for day in DAYS if (day in today) == is_open]
            found = {"open": [{"days": days, "hours": ["00:00-24:00"]}], "next": way(), "closed": way()}
        case "region":
            branches = [{"region": [draw.choice(("北京", "上海", "广东"))], "next": way()}]
            found = {"branches": [*branches, {"type": ["mobile"], "next": way()}], "otherwise": way()}
        case "group":
            found = {"group": f"answers-{index}", "otherwise": way()}
        case "queue":
            found = {
                "group": f"{draw.choice(('answers', 'paused', 'paused', 'away'))}-{index}",
                "max_wait_seconds": 4,
                "keys": {draw.choice("123"): way()},
                "waited": way(),
                "nobody_on_duty": way(),
                "otherwise": way(),
            }
        case _:
            found = {"prompt": prompt, "next": way()}
    return {"kind": kind, **found}


KINDS = ("menu", "menu", "menu", "say", "collect", "password", "set", "hours", "region", "group", "queue", "queue")


def _reached(nodes: dict[str, Any]) -> dict[str, Any]:
    """Without those that no way leads to."""
    found, ahead = dict[str, Any](), ["hello"]
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
