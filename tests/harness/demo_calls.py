"""The calls of the demonstration and what must come of each, on one node as in the compose stack."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from services.domain.record import Record
from tests.harness.process import Process
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses, presses_by_info, talks

HOTLINE = "4001234567"
CALLER = "13800138000"

Behaviour = Callable[[Phone], Awaitable[Process]]


@dataclass(frozen=True)
class DemoCall:
    title: str
    steps: list[str]
    expected: dict[str, Any]
    """What ``outcome`` must give."""
    phones: dict[str, Behaviour] = field(default_factory=dict)
    """By agent; agents that are not named here must not be rung."""


def outcome(record: Record) -> dict[str, Any]:
    """The parts of a record that do not depend on the clock."""
    assert record.charge is not None
    return {
        "state": record.end_state,
        "by": record.hung_up_by,
        "agent": record.agent,
        "keys": [f"{pressed.keys} {pressed.outcome}".strip() for pressed in record.keys],
        "path": [hop.node for hop in record.hops],
        "rung": [f"{attempt.agent} {attempt.result}" for hop in record.hops for attempt in hop.attempts],
        "total": record.charge.total,
    }


def _answers(phone: Phone) -> Awaitable[Process]:
    return phone.answers(is_hung_up())


def _hangs_up_after_a_word(phone: Phone) -> Awaitable[Process]:
    return phone.answers(talks(2500), hangs_up())


def _is_busy(phone: Phone) -> Awaitable[Process]:
    return phone.rejects("486 Busy Here")


def _declines(phone: Phone) -> Awaitable[Process]:
    return phone.rejects("603 Decline")


def _rings(phone: Phone) -> Awaitable[Process]:
    return phone.rings_until_cancelled()


BY_THE_FIRST = {
    "state": "answered",
    "by": "caller",
    "agent": "1001",
    "keys": ["1 match"],
    "path": ["welcome", "sales"],
    "rung": ["1001 answered"],
    "total": "0.12",
}

DEMO_CALLS = [
    DemoCall(
        "The first operator answers",
        [hears(2000), presses("1"), talks(2000), hangs_up()],
        BY_THE_FIRST,
        {"1001": _answers},
    ),
    DemoCall(
        "The first is busy, the second answers and hangs up",
        [hears(1000), presses("1"), is_hung_up()],
        {
            "state": "answered",
            "by": "agent",
            "agent": "1002",
            "keys": ["1 match"],
            "path": ["welcome", "sales"],
            "rung": ["1001 busy", "1002 answered"],
            "total": "0.12",
        },
        {"1001": _is_busy, "1002": _hangs_up_after_a_word},
    ),
    DemoCall(
        "Nobody answers",
        [hears(1000), presses("1"), is_hung_up()],
        {
            "state": "unanswered",
            "by": "platform",
            "agent": None,
            "keys": ["1 match"],
            "path": ["welcome", "sales", "sorry", "bye"],
            "rung": ["1001 rejected", "1002 no_answer"],
            "total": "0.12",
        },
        {"1001": _declines, "1002": _rings},
    ),
    DemoCall(
        "The caller leaves in the menu",
        [hears(1500), hangs_up()],
        {
            "state": "abandoned_in_menu",
            "by": "caller",
            "agent": None,
            "keys": [],
            "path": ["welcome"],
            "rung": [],
            "total": "0.12",
        },
    ),
    DemoCall(
        "A wrong key, then the right one; a mobile answers before the desk does",
        [hears(1000), presses("9"), hears(500), presses("2"), talks(2000), hangs_up()],
        {
            "state": "answered",
            "by": "caller",
            "agent": "lao-wang",
            "keys": ["9 invalid", "2 match"],
            "path": ["welcome", "service"],
            "rung": ["1002 answered_elsewhere", "lao-wang answered"],
            "total": "0.12",
        },
        {"1002": _rings, "lao-wang": _answers},
    ),
    DemoCall(
        "The key comes as SIP INFO",
        [hears(1000), presses_by_info("1"), talks(1500), hangs_up()],
        BY_THE_FIRST,
        {"1001": _answers},
    ),
    DemoCall(
        "Through the queue to a mobile",
        [hears(1000), presses("3"), talks(2500), hangs_up()],
        {
            "state": "answered",
            "by": "caller",
            "agent": "lao-wang",
            "keys": ["3 match"],
            "path": ["welcome", "repair"],
            "rung": ["lao-wang answered"],
            "total": "0.12",
        },
        {"lao-wang": _answers},
    ),
    DemoCall(
        "Nobody is on duty: a voicemail",
        [hears(1000), presses("4"), hears(5000), talks(3000), hangs_up()],
        {
            "state": "voicemail",
            "by": "caller",
            "agent": None,
            "keys": ["4 match"],
            "path": ["welcome", "complaints", "message"],
            "rung": [],
            "total": "0.12",
        },
    ),
]
