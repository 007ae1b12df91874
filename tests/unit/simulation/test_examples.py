"""The examples that companies start from: where calls go in each, and that every node is come by."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.cli.files import documents_in
from services.domain.documents import Document, Hotline
from services.simulation.call import Outcome, simulate
from services.simulation.scene import Agent, Scene, agents_of

EXAMPLES = Path(__file__).parents[3] / "examples"
CHINA = ZoneInfo("Asia/Shanghai")
MOBILE, SHANGHAI, BEIJING, GUANGZHOU = "13800138000", "02161234567", "01061234567", "02031234567"
MONDAY, NIGHT, SUNDAY = "2026-03-02 10:00", "2026-03-02 22:30", "2026-03-08 10:00"
HOLIDAY = "2026-10-01 10:00"


@dataclass(frozen=True)
class Case:
    example: str
    title: str
    goes: str
    """Nodes, then the end state."""
    rings: str = ""
    costs: str = "0.00"
    caller: str = MOBILE
    at: str = MONDAY
    keys: str = ""
    agents: str | None = None
    """Who is on duty; None: all."""
    hears: tuple[str, ...] = ()
    """Among others."""
    waits: float | None = None


CASES = [
    Case("shop", "the owner answers", "hours mobiles answered", "tea-owner:answered", "0.25"),
    Case(
        "shop",
        "the owner is busy, the next does not answer",
        "hours mobiles answered",
        "tea-owner:busy tea-wife:no_answer tea-clerk:answered",
        "0.25",
        agents="tea-owner=busy tea-wife=ignores tea-clerk",
    ),
    Case(
        "shop",
        "nobody answers: nothing is charged for the mailbox",
        "hours mobiles later voicemail",
        "tea-owner:no_answer tea-wife:no_answer tea-clerk:no_answer",
        agents="tea-owner=ignores tea-wife=ignores tea-clerk=ignores",
    ),
    Case("shop", "at night", "hours night voicemail", at=NIGHT),
    Case("shop", "open on Sundays", "hours mobiles answered", "tea-owner:answered", "0.25", at=SUNDAY),
    Case("shop", "on holidays until six", "hours night voicemail", at="2026-10-01 18:00"),
    Case("regions", "east", "screen hello where east answered", "lifts-shanghai:answered", "0.30", SHANGHAI),
    Case("regions", "north", "screen hello where north answered", "lifts-beijing:answered", "0.30", BEIJING),
    Case(
        "regions",
        "from our own city, which is cheaper",
        "screen hello where headquarters answered",
        "lifts-duty-1:answered",
        "0.20",
        GUANGZHOU,
    ),
    Case(
        "regions",
        "nobody in the east: headquarters",
        "screen hello where east headquarters answered",
        "lifts-shanghai:unreachable lifts-hangzhou:no_answer lifts-duty-1:answered",
        "0.30",
        SHANGHAI,
        agents="lifts-hangzhou=ignores lifts-duty-1",
    ),
    Case(
        "regions",
        "nobody anywhere",
        "screen hello where north headquarters message voicemail",
        "lifts-beijing:unreachable",
        "0.15",
        BEIJING,
        agents="",
    ),
    Case(
        "regions",
        "a telemarketer hears why, and pays nobody",
        "screen refused flow_ended",
        caller="17015551234",
        hears=("本热线不接受推销电话。",),
    ),
    Case("peak", "somebody is free", "queue answered", "tickets-1:answered"),
    Case("peak", "nobody on duty", "queue closed bye flow_ended", agents=""),
    Case(
        "peak",
        "who presses 1 is called back",
        "queue callback flow_ended",
        keys="1|1",
        agents="tickets-1=talking",
        hears=("好的，我们会尽快给您回电。",),
    ),
    Case(
        "peak",
        "who has waited ten minutes is offered it, and does not want it",
        "queue callback sorry bye flow_ended",
        agents="tickets-1=talking",
        waits=600.0,
    ),
]

ALONE = {"long"}
"""Nodes that no call comes by that is alone: nobody has waited before it."""


@cache
def documents(example: str) -> tuple[Document, ...]:
    return tuple(document for _, document in documents_in([EXAMPLES / example]))


def hotline(example: str) -> Hotline:
    [found] = [document for document in documents(example) if isinstance(document, Hotline)]
    return found


def call(case: Case) -> Outcome:
    at = datetime.strptime(case.at, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)
    scene = Scene(
        documents=documents(case.example),
        number=hotline(case.example).number,
        caller=case.caller,
        at=int(at.timestamp() * 1000),
        keys=case.keys,
        agents=agents_of(case.agents or ""),
        otherwise=Agent() if case.agents is None else Agent(does="away"),
    )
    return simulate(scene, Path("/nowhere"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.example}: {case.title}")
def test_where_calls_go(case: Case) -> None:
    outcome = call(case)
    record = outcome.record
    assert " ".join([*(hop.node for hop in record.hops), record.end_state]) == case.goes
    rings = [f"{attempt.agent}:{attempt.result}" for hop in record.hops for attempt in hop.attempts]
    assert " ".join(rings) == case.rings
    assert record.charge is not None
    assert record.charge.total == case.costs
    heard = {said.text for said in outcome.heard}
    assert heard.issuperset(case.hears)
    if case.waits is not None:
        assert record.wait_ms == case.waits * 1000


@pytest.mark.parametrize("example", sorted({case.example for case in CASES}))
def test_every_node_is_come_by(example: str) -> None:
    come_by = {node for case in CASES if case.example == example for node in case.goes.split()}
    assert hotline(example).flow.nodes.keys() - ALONE <= come_by
