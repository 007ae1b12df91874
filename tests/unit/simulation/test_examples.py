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
    Case(
        "sales-and-service",
        "who presses nothing reaches sales",
        "hours welcome sales answered",
        "pumps-li:answered",
        "0.24",
    ),
    Case(
        "sales-and-service",
        "again, then service, and a score",
        "hours welcome welcome service score answered",
        "pumps-zhao:answered pumps-chen:answered_elsewhere",
        "0.24",
        keys="#|2|3",
        hears=("感谢您的评价，再见。",),
    ),
    Case(
        "sales-and-service",
        "who is tired of waiting leaves a message",
        "hours welcome sales message voicemail",
        costs="0.12",
        keys="1|0",
        agents="pumps-li=talking",
    ),
    Case(
        "sales-and-service",
        "at lunch",
        "hours closed message voicemail",
        costs="0.12",
        at="2026-03-02 12:30",
    ),
    Case(
        "sales-and-service",
        "a Saturday that is worked",
        "hours welcome sales answered",
        "pumps-li:answered",
        "0.24",
        at="2026-02-28 09:00",
        keys="1",
    ),
    Case("sales-and-service", "a holiday", "hours holiday message voicemail", costs="0.12", at=HOLIDAY),
    Case(
        "hospital",
        "a card's number is read back",
        "welcome hours card read-back registration answered",
        "hospital-window-1:answered",
        "0.20",
        keys="1|123456#",
        hears=("您的卡号是", "幺"),
    ),
    Case(
        "hospital",
        "without a card",
        "welcome hours card registration answered",
        "hospital-window-2:answered",
        "0.20",
        keys="1|#|#",
        agents="hospital-window-1=talking hospital-window-2",
    ),
    Case(
        "hospital",
        "registration is closed, the emergency room is not",
        "welcome hours closed again emergency answered",
        "hospital-er-1:answered hospital-er-2:answered_elsewhere",
        "0.20",
        at=SUNDAY,
        keys="1|2",
    ),
    Case(
        "hospital",
        "hung up on a Sunday",
        "welcome hours closed again bye flow_ended",
        costs="0.10",
        at=SUNDAY,
        keys="1",
    ),
    Case(
        "hospital",
        "a department's extension",
        "welcome welcome answered",
        "hospital-eyes:answered",
        "0.20",
        keys="8012",
    ),
    Case(
        "hospital",
        "an extension that there is not, then the operator",
        "welcome operator answered",
        "hospital-exchange:answered",
        "0.20",
        keys="8099|0",
        hears=("没有这个分机号。",),
    ),
    Case(
        "hospital",
        "staff reach who has the duty",
        "welcome staff duty answered",
        "hospital-duty:answered",
        "0.20",
        keys="9|271828#",
    ),
    Case(
        "hospital",
        "a wrong password leads to the operator",
        "welcome staff operator answered",
        "hospital-exchange:answered",
        "0.20",
        keys="9|111111#|222222#|333333#",
    ),
    Case(
        "hotel",
        "in Mandarin",
        "language welcome rooms answered",
        "hotel-mei:answered",
        "0.30",
        keys="1|1",
        hears=("预订客房请按一，餐饮请按二，前台请按零。",),
    ),
    Case(
        "hotel",
        "in English, to whoever is left after a while",
        "language english welcome rooms answered",
        "hotel-jun:answered",
        "0.30",
        keys="2|1",
        agents="hotel-jun",
        hears=("You are next.", "For the front desk, press zero."),
    ),
    Case(
        "hotel",
        "dining is closed, the desk does not answer",
        "language welcome dining desk message voicemail",
        "hotel-dining-1:unreachable hotel-desk-1:no_answer hotel-desk-2:no_answer",
        "0.15",
        keys="1|2",
        agents="hotel-desk-1=ignores hotel-desk-2=ignores",
        hears=("请在提示音后留言，我们会给您回电。",),
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
