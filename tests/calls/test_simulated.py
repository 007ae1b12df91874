"""A simulated call and a real one go the same way, through flows made by chance."""

import asyncio
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from services.cli.files import documents_in
from services.domain.documents import Document
from services.domain.record import Record
from services.simulation.call import Outcome, simulate
from services.simulation.scene import Scene
from services.store import agents
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.flows import ACCOUNT, ANSWERS, Chance, made_by_chance
from tests.harness.node import Node
from tests.harness.rtp import KEY_MS
from tests.harness.sipp import hangs_up, hears, is_hung_up, presses, presses_and_is_hung_up, talks

FLOWS = 32
A_SECOND = 4
"""Calls that begin."""
CHINA = timezone(timedelta(hours=8))
OWN = [
    {"kind": "account", "id": ACCOUNT, "name": "chance", "tariff": "chance"},
    {
        "kind": "tariff",
        "id": "chance",
        "name": "chance",
        "bill_from": "platform",
        "prices": [{"inbound": {"rules": [{"rule": "all", "steps": [{"rate": "0.10"}]}]}}],
    },
]


def story(record: Record) -> dict[str, Any]:
    """All of it but the times."""
    return {
        "hops": [(hop.node, hop.kind, hop.group, hop.wait and hop.wait.overflow, hop.listed) for hop in record.hops],
        "texts": [hop.text_message for hop in record.hops],
        "survey": record.survey and (record.survey.node, record.survey.score, record.survey.agent),
        "keys": [(pressed.node, pressed.keys, pressed.outcome) for pressed in record.keys],
        "rang": [(attempt.agent, attempt.result) for hop in record.hops for attempt in hop.attempts],
        "end": (record.end_state, record.hung_up_by, record.agent),
    }


def scene(chance: Chance, documents: list[Document]) -> Scene:
    return Scene(
        documents=documents,
        number=chance.number,
        caller=chance.caller,
        at=now(),
        keys=chance.keys,
        agents=chance.agents,
    )


def steps(outcome: Outcome) -> list[str]:
    """Of a caller who presses each key when the simulated one did."""
    found, at = [], 0.0
    for number, (pressed, key) in enumerate(outcome.presses, 1):
        found.append(hears(round((pressed - at) * 1000)))
        if number == len(outcome.presses):
            return [*found, presses_and_is_hung_up(key)]
        found.append(presses(key))
        at = pressed + 2 * KEY_MS / 1000
    return [is_hung_up()]


async def apply(node: Node, chances: list[Chance], folder: Path) -> list[Document]:
    path = folder / "chance.yaml"
    written = [*OWN, *(document for chance in chances for document in chance.documents)]
    YAML(typ="safe").dump_all(written, path)
    await node.hotline("apply", str(path))
    located = await asyncio.to_thread(documents_in, [path])  # which has a loop of its own
    return [document for _, document in located]


async def take_posts(node: Node, chances: list[Chance]) -> None:
    distribution = Distribution(node.redis, ACCOUNT)
    for chance in chances:
        for name, agent in chance.agents.items():
            if agent.does == "paused":
                await agents.pause(distribution, name, "paused", now())
            if agent.does == "away":
                await agents.logout(distribution, name, now())


async def test_real_calls_go_as_simulated(node: Node, tmp_path: Path) -> None:
    chances = [made_by_chance(index, datetime.now(CHINA).weekday()) for index in range(FLOWS)]
    documents = await apply(node, chances, tmp_path)
    await take_posts(node, chances)
    simulated = [await asyncio.to_thread(simulate, scene(chance, documents), node.sounds) for chance in chances]

    rung = sum(attempt.agent != "" for one in simulated for hop in one.record.hops for attempt in hop.attempts)
    phone = await node.sipp.bound_phone().answers(
        talks(round(ANSWERS.talks * 1000)), hangs_up(), after=round(ANSWERS.answers_after * 1000), calls=rung
    )
    before = await node.stream.newest()
    callers = []
    for chance, outcome in zip(chances, simulated, strict=True):
        callers.append(await node.sipp.call(chance.caller, chance.number, steps(outcome)))
        await asyncio.sleep(1 / A_SECOND)  # how fast they come
    for caller in callers:
        assert await caller.wait(60) == 0
    records = {record.hotline: record for record in await node.stream.after(before, FLOWS)}
    assert await phone.wait(30) == 0
    assert {chance.number: story(records[chance.number]) for chance in chances} == {
        chance.number: story(outcome.record) for chance, outcome in zip(chances, simulated, strict=True)
    }
