"""What ``hotline check`` costs with a large hotline, and ``apply`` with many documents that stand already."""

import time
from collections.abc import Callable

from redis.asyncio import Redis

from services.domain.check import Standing, check, check_change
from services.domain.documents import Document
from services.domain.reading import Reading, read
from services.store import documents
from tests.harness import redis_server

RUNS = 5
MENU = """    n{n}:
      kind: menu
      prompt: 这里是第{n}个菜单，业务请按1，售后请按2，投诉请按3，人工请按0。
      timeout: 8
      invalid: 您的输入有误，请重新选择。
      keys: {{{keys}, "0": desk, "*": n0}}
      otherwise: bye
"""
LEAVES = (
    "    n{n}: {{kind: say, prompt: 第{n}号说明, next: desk}}\n",
    "    n{n}: {{kind: queue, group: g{group}, max_wait_seconds: 300, keys: {{1: bye}}, otherwise: bye}}\n",
    "    n{n}: {{kind: hours, open: [{{days: [working_day], hours: ['09:00-12:00', '13:30-18:00']}}], next: desk, "
    "closed: bye}}\n",
)


def company(number: int, nodes: int, groups: int, agents: int) -> str:
    """A hotline of menus in menus, with its groups, agents, account and tariff."""
    name = f"c{number}"
    text = f'kind: hotline\nnumber: "400{number:07}"\naccount: {name}\nname: 大公司\nflow:\n  start: n0\n  nodes:\n'
    for n in range(nodes):
        under = [4 * n + key for key in range(1, 5) if 4 * n + key < nodes]
        keys = ", ".join(f'"{key}": n{one}' for key, one in enumerate(under, 1))
        row = MENU if under else LEAVES[n % 3]
        text += row.format(n=n, keys=keys, group=f"{name}-{n % groups}")
    text += f"    desk: {{kind: group, group: g{name}-0, otherwise: bye}}\n    bye: {{kind: hangup}}\n"
    for group in range(groups):
        members = ", ".join(f"{name}-a{(group * 5 + one) % agents}" for one in range(5))
        text += f"---\nkind: group\nid: g{name}-{group}\naccount: {name}\nname: x\nstrategy: ringall\n"
        text += f"members: [{members}]\n"
    for agent in range(agents):
        text += f"---\nkind: agent\nid: {name}-a{agent}\naccount: {name}\nname: x\nbound: '138{agent:08}'\n"
    text += f"---\nkind: account\nid: {name}\nname: x\ntariff: t{name}\n"
    steps = "prices: [{inbound: {rules: [{rule: all, steps: [{rate: '0.1'}]}]}}]"
    return f"{text}---\nkind: tariff\nid: t{name}\nname: x\nbill_from: agent\n{steps}\n"


def checking() -> dict[str, list[float]]:
    """Milliseconds."""
    small, large = company(0, 50, 5, 20), company(0, 500, 20, 100)
    return {
        "50 nodes, 27 documents": _measured(lambda: _check(small)),
        "500 nodes, 122 documents": _measured(lambda: _check(large)),
    }


async def applying() -> dict[str, list[float]]:
    """Milliseconds of looking at one hotline's document together with those of so many companies that stand."""
    rows = {}
    async with redis_server.running() as server, Redis.from_url(server.url) as redis:
        for companies in (1, 400):
            standing: list[Document] = []
            for number in range(companies):
                standing += [item.document for item in read("", company(number, 20, 4, 20)).located]
            await documents.apply(redis, standing)
            new = Reading(read("", company(0, 20, 4, 20)).located[:1])
            taken = []
            for _ in range(RUNS):
                began = time.perf_counter()
                stands: Standing = await documents.standing(redis)
                assert not check_change(new, stands)
                taken.append((time.perf_counter() - began) * 1000)
            rows[f"{len(standing):,} documents stand"] = taken
    return rows


def _check(text: str) -> None:
    reading = read("", text)
    assert not reading.problems + check(reading)


def _measured(work: Callable[[], None]) -> list[float]:
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken
