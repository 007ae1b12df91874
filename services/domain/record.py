"""The rated record of one call: what stands in the stream, field by field (docs/cdr-stream.md).

What is not known is null. All times are milliseconds since 1970 here and RFC 3339 in UTC, with milliseconds, in JSON;
all durations are milliseconds, and each is a difference of the record's own times.
"""

from dataclasses import dataclass
from typing import Final, Literal

from pydantic import TypeAdapter

from services.domain.charge import Charge
from services.domain.instant import Duration, Instant
from services.domain.model import DOCUMENTED

SCHEMA: Final = 1
"""Rises when a field changes its meaning or goes; a new field does not raise it."""

EndState = Literal[
    "answered",
    "abandoned_early",
    "abandoned_in_menu",
    "abandoned_waiting",
    "abandoned_ringing",
    "voicemail",
    "unanswered",
    "flow_ended",
    "flow_loop",
    "unknown_hotline",
    "suspended",
    "callback_failed",
    "unavailable",
    "cut_off",
]
Result = Literal[
    "answered",
    "dropped",
    "unconfirmed",
    "busy",
    "no_answer",
    "rejected",
    "unreachable",
    "cancelled",
    "answered_elsewhere",
]
Party = Literal["caller", "agent", "platform"]
TextOutcome = Literal["accepted", "withheld", "no_mobile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What a caller answered to one menu prompt."""

    __pydantic_config__ = DOCUMENTED

    node: str
    keys: str
    """Empty when the caller pressed nothing."""
    outcome: str
    """``match``, ``invalid`` or ``timeout``."""
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One phone that was rung, or could not be."""

    __pydantic_config__ = DOCUMENTED

    agent: str
    """Empty: a number outside that is no agent's."""
    dial: str
    """SIP endpoint, or ``number@trunk``."""
    started: Instant
    """When the phone was about to be rung; for one that could not be, when its group was."""
    answered: Instant | None
    """When the phone was picked up, even if by then the caller was gone or talking at another phone; of one that asked
    for a key and got it, when it was pressed."""
    ended: Instant | None
    """When the phone hung up or stopped ringing."""
    result: Result
    cause: int | None
    """Q.850 cause with which the phone's leg ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftVoicemail:
    """What the caller left when asked for a message."""

    __pydantic_config__ = DOCUMENTED

    file: str
    """Path below the recordings folder of ``pbx``; kept for as long as the account or group says."""
    ms: Duration
    at: Instant
    """When it was complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An agent's sending a caller to somebody else."""

    __pydantic_config__ = DOCUMENTED

    kind: Literal["blind", "attended"]
    """``attended``: the agent had called the other first, and connected the two."""
    by: str
    """The agent who did it; empty when it is not known."""
    to: str
    """Of a blind one the number that was dialled, of an attended one the agent; empty when that was no agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a waiting caller was told. What was not said is null."""

    __pydantic_config__ = DOCUMENTED

    at: Instant
    position: int | None
    """Place in the queue, 1 for who is next."""
    least_ms: Duration | None
    """From how many milliseconds on the wait was said to be over."""
    most_ms: Duration | None
    """By when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a caller met in a queue."""

    __pydantic_config__ = DOCUMENTED

    position: int | None
    """Place at entering, 1 for who is next; null when the caller did not have to wait or was not taken in."""
    announcements: tuple[Announcement, ...]
    overflow: str | None
    """The key of the node's document by which the call went elsewhere: ``waited``, ``full``, ``keys.1``, …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Why a caller is on a list of numbers."""

    __pydantic_config__ = DOCUMENTED

    list: str
    entry: str
    """The number, or the begin of numbers that it has: ``1701*``."""
    reason: str | None
    """The name of the reason, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The customer's phone, dialled over a trunk to call the customer back."""

    __pydantic_config__ = DOCUMENTED

    dial: str
    """``number@trunk``."""
    started: Instant
    answered: Instant | None
    ended: Instant | None
    result: Result
    """``cancelled``: the agent hung up while it rang."""
    cause: int | None
    """Q.850 cause with which it ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackAttempt:
    """What a record of kind ``callback`` is an attempt at."""

    __pydantic_config__ = DOCUMENTED

    id: str
    """The callback's: the same in all of its attempts, and ``callback_agreed`` of the call it was agreed on in."""
    call_id: str
    """The call in which it was asked for."""
    number: int
    """Which attempt to reach the customer this is, from 1."""
    customer: Leg | None
    """Null when the agent hung up before the customer was dialled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the caller said of the agent whom it had talked to last."""

    __pydantic_config__ = DOCUMENTED

    node: str
    at: Instant
    """When it was asked."""
    score: int | None
    """From 1 on; null when it said nothing."""
    agent: str | None
    """Null when nobody had talked to the caller."""
    group: str | None
    """The group by which the caller had come to that agent, if by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One node of the flow that the call went through; the last lasts until the call's end."""

    __pydantic_config__ = DOCUMENTED

    node: str
    kind: str
    """Kind of the node: ``menu``, ``say``, ``group``, ``hangup``, …; ``transfer`` when an agent sent the caller on."""
    at: Instant
    group: str | None
    """The group that was rung or waited for, or that a voicemail is for."""
    attempts: tuple[Attempt, ...]
    """In the order in which the phones were offered the call."""
    wait: Wait | None = None
    """Null unless the node is a queue."""
    voicemail: LeftVoicemail | None = None
    """Of a ``voicemail``: null when nothing was said."""
    text_message: TextOutcome | None = None
    """Of a ``text_message``: ``accepted`` for sending, or why not: number ``withheld``, or ``no_mobile``."""
    transfer: Transfer | None = None
    """Of a ``transfer``, whose node is the one by which the caller had come to the agent who sent it on."""
    listed: Listed | None = None
    """Of a ``screen``: null when the caller is on none of its lists."""
    cap: str | None = None
    """Of a ``caps``: what the call was beyond, ``concurrent``, ``per_caller``, ``per_day``, ``per_month``, or null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A call to a hotline, complete and for good."""

    __pydantic_config__ = DOCUMENTED

    schema: Literal[1]
    call_id: str
    """Asterisk's linkedid of the call: unique among all pbx, the key for idempotent consumers."""
    pbx: str
    """The Asterisk host that took the call."""
    hotline: str
    hotline_version: int | None
    """Version of the hotline's document by which the call was led."""
    account: str | None
    """Null when no service took the call, or nobody owns the hotline."""
    caller: str | None
    """Digits and + as the caller's operator sent them; null when withheld."""
    caller_e164: str | None
    """The same number in E.164, read as in mainland China; null when it is not a valid number."""
    caller_name: str | None
    started: Instant
    """When the call reached Asterisk."""
    answered: Instant | None
    """When the platform answered the caller."""
    ringing: Instant | None
    """When the call was first offered to a phone."""
    agent_answered: Instant | None
    """When ``agent`` picked up."""
    ended: Instant
    """When the caller's leg hung up; of a call that was cut off, when the last was heard of it."""
    wait_ms: Duration = 0
    """In queues, until ``agent_answered`` or else until the call went on or ended; ringing included."""
    menu_ms: Duration
    """From ``answered`` to ``ringing``, or to ``ended`` when no phone was rung; 0 when not answered before."""
    ring_ms: Duration
    """From ``ringing`` to ``agent_answered``, or to the end of the last attempt when nobody answered."""
    talk_ms: Duration
    """Time that the answered attempts cover, each from its answer to its end, or to ``ended`` when that is earlier; in
    a hop of kind ``transfer`` not from before ``at``."""
    total_ms: Duration
    """From ``started`` to ``ended``."""
    end_state: EndState
    hung_up_by: Party
    """Who ended the talk; without a talk, who ended the call."""
    keys: tuple[Keys, ...]
    hops: tuple[Hop, ...]
    agent: str | None
    """The agent who answered; the first of several. Null when it was a number outside."""
    kind: Literal["inbound", "callback"] = "inbound"
    """Who called whom: the caller the hotline, or an agent a customer who had asked for it."""
    callback_agreed: str | None = None
    """The callback that the caller agreed on in this call."""
    callback: CallbackAttempt | None = None
    """Of kind ``callback``: the attempt that this is."""
    survey: Survey | None = None
    """Of several the last; null when the caller was not asked."""
    charge: Charge | None
    """Null when there is nobody to charge (``account`` is null), and on ``cdr:unrated``."""
    recordings: tuple[str, ...] = ()
    """Of talks: paths below the recordings folder of ``pbx``; deleted when the group's days are over."""
    notices: int = 0
    """Text messages to the company's own numbers that the call caused: it was missed, or a voicemail was left."""
    clock_set_ms: int | None = None
    """By how much at least the clock of ``pbx`` was set while the call went on, negative: back. No duration is
    right then, nothing is charged. Null when it was not."""


_ADAPTER = TypeAdapter(Record)


def to_json(record: Record) -> bytes:
    return _ADAPTER.dump_json(record, by_alias=True)


def from_json(text: bytes | str) -> Record:
    """The record in ``text``, fields it has beyond this version's ignored; pydantic.ValidationError."""
    return _ADAPTER.validate_json(text)


def json_schema() -> dict[str, object]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | _ADAPTER.json_schema(mode="serialization")
