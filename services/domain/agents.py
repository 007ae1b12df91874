"""What an agent is doing, what may happen to it meanwhile, and what it does then: docs/distribution.md."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class State(StrEnum):
    OFFLINE = "offline"
    """Logged out, or its phone cannot be reached (reason ``unreachable``)."""
    READY = "ready"
    RINGING = "ringing"
    BUSY = "busy"
    """Talks to a caller of ours, or uses its phone otherwise (reason ``own_call``)."""
    WRAP_UP = "wrap_up"
    """After a talk, or for a short rest after a missed offer; until ``ready_at``."""
    PAUSED = "paused"


class Event(StrEnum):
    LOGIN = "login"
    LOGOUT = "logout"
    PAUSE = "pause"
    RESUME = "resume"
    OFFERED = "offered"
    ANSWERED = "answered"
    MISSED = "missed"
    """The agent did not take the offer, or dropped the call at once."""
    WITHDRAWN = "withdrawn"
    """The offer ended, and not by the agent's fault: the caller left, or another agent was faster."""
    HANDED = "handed"
    """A talk that another agent had goes on with this one."""
    ENDED = "ended"
    WRAPPED = "wrapped"
    """The wrap-up is over, because it is due or because the agent says so."""
    PHONE_IDLE = "phone_idle"
    PHONE_IN_USE = "phone_in_use"
    PHONE_UNREACHABLE = "phone_unreachable"


_OFFLINE, _READY, _RINGING, _BUSY, _WRAP_UP, _PAUSED = ({state} for state in State)
_FREE = _READY | _WRAP_UP | _PAUSED | _OFFLINE | _BUSY
"""Where a call leaves an agent: paused or offline if that was asked for during the call, busy if the phone is used."""

TRANSITIONS: Mapping[State, Mapping[Event, set[State]]] = MappingProxyType(
    {
        State.OFFLINE: {
            Event.LOGIN: _READY | _BUSY | _OFFLINE,
            Event.LOGOUT: _OFFLINE,
            Event.OFFERED: _RINGING,
            Event.HANDED: _BUSY,
            Event.PHONE_IDLE: _OFFLINE | _READY | _WRAP_UP,
            Event.PHONE_IN_USE: _OFFLINE | _BUSY,
            Event.PHONE_UNREACHABLE: _OFFLINE,
        },
        State.READY: {
            Event.LOGOUT: _OFFLINE,
            Event.PAUSE: _PAUSED,
            Event.OFFERED: _RINGING,
            Event.HANDED: _BUSY,
            Event.PHONE_IDLE: _READY,
            Event.PHONE_IN_USE: _BUSY,
            Event.PHONE_UNREACHABLE: _OFFLINE,
        },
        State.RINGING: {
            Event.LOGIN: _RINGING,
            Event.LOGOUT: _RINGING,
            Event.PAUSE: _RINGING,
            Event.RESUME: _RINGING,
            Event.ANSWERED: _BUSY,
            Event.MISSED: _FREE,
            Event.WITHDRAWN: _FREE,
            Event.PHONE_IDLE: _RINGING,
            Event.PHONE_IN_USE: _RINGING,
            Event.PHONE_UNREACHABLE: _RINGING,
        },
        State.BUSY: {
            Event.LOGIN: _BUSY,
            Event.LOGOUT: _BUSY | _OFFLINE,
            Event.PAUSE: _BUSY | _PAUSED,
            Event.RESUME: _BUSY,
            Event.MISSED: _FREE,
            Event.HANDED: _BUSY,
            Event.ENDED: _FREE,
            Event.WRAPPED: _BUSY,
            Event.PHONE_IDLE: _BUSY | _READY | _WRAP_UP,
            Event.PHONE_IN_USE: _BUSY,
            Event.PHONE_UNREACHABLE: _BUSY | _OFFLINE,
        },
        State.WRAP_UP: {
            Event.LOGOUT: _OFFLINE,
            Event.PAUSE: _PAUSED,
            Event.OFFERED: _RINGING,
            Event.HANDED: _BUSY,
            Event.WRAPPED: _READY,
            Event.PHONE_IDLE: _WRAP_UP,
            Event.PHONE_IN_USE: _BUSY,
            Event.PHONE_UNREACHABLE: _OFFLINE,
        },
        State.PAUSED: {
            Event.LOGOUT: _OFFLINE,
            Event.PAUSE: _PAUSED,
            Event.RESUME: _READY | _WRAP_UP | _BUSY | _OFFLINE,
            Event.OFFERED: _RINGING,
            Event.HANDED: _BUSY,
            Event.PHONE_IDLE: _PAUSED,
            Event.PHONE_IN_USE: _PAUSED,
            Event.PHONE_UNREACHABLE: _PAUSED,
        },
    }
)

FACTS: Mapping[Event, Mapping[str, str | int]] = MappingProxyType(
    {
        Event.LOGIN: {"on_duty": 1, "pause": "", "missed": 0, "ready_at": 0},
        Event.LOGOUT: {"on_duty": 0, "pause": ""},
        Event.PAUSE: {},
        Event.RESUME: {"pause": "", "missed": 0},
        Event.OFFERED: {"talking": 0},
        Event.ANSWERED: {"talking": 1},
        Event.MISSED: {"call": "", "talking": 0},
        Event.WITHDRAWN: {"call": ""},
        Event.HANDED: {"talking": 1},
        Event.ENDED: {"call": "", "talking": 0, "missed": 0},
        Event.WRAPPED: {"ready_at": 0},
        Event.PHONE_IDLE: {"phone": "idle"},
        Event.PHONE_IN_USE: {"phone": "in_use"},
        Event.PHONE_UNREACHABLE: {"phone": "unreachable"},
    }
)
"""What an event makes known of an agent, whichever agent and call it is."""


class IllegalTransition(Exception):  # noqa: N818 - it is no failure of ours: whoever asked is told
    def __init__(self, agent: str, state: State, event: Event) -> None:
        super().__init__(f"agent {agent} is {state}: {event} cannot happen")
        self.agent, self.state, self.event = agent, state, event


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one agent. Times are milliseconds since 1970."""

    agent: str
    state: State = State.OFFLINE
    reason: str = ""
    since: int = 0
    on_duty: int = 0
    pause: str = ""
    """Why the agent is paused, or will be when its call is over; empty: it is not."""
    phone: str = "idle"
    pbx: str = ""
    """Which Asterisk said last that it can reach the phone."""
    ready_at: int = 0
    ready_since: int = 0
    """When it was last free for a call; an offer that the caller gave up does not count."""
    missed: int = 0
    """Offers missed in a row."""
    call: str = ""
    talking: int = 0


def happen(standing: Standing, event: Event, now: int, **facts: Any) -> Standing:
    """The agent after the event. ``facts``: what this event makes known beside FACTS. Raises IllegalTransition."""
    if event not in TRANSITIONS[standing.state]:
        raise IllegalTransition(standing.agent, standing.state, event)
    known = replace(standing, **{**FACTS[event], **facts})
    state, reason = _state(known, now)
    if (state, reason) == (standing.state, standing.reason):
        return known
    began = standing.ready_at if event is Event.WRAPPED and standing.ready_at < now else now
    waits_anew = state is State.READY and event is not Event.WITHDRAWN
    ready_since = began if waits_anew else known.ready_since
    return replace(known, state=state, reason=reason, since=began, ready_since=ready_since)


def once_idle(standing: Standing, now: int) -> tuple[State, str]:
    """State and reason when the agent puts its phone down: what holds for who asks by that phone."""
    return _state(replace(standing, phone="idle"), now)


def counts(standing: Standing, event: Event, pbx: str) -> bool:
    """Whether what an Asterisk says of the phone says anything: those it is not registered with cannot reach it.

    ``pbx``: empty when it is not known who says so; then it counts.
    """
    return event is not Event.PHONE_UNREACHABLE or not pbx or standing.pbx in {"", pbx}


def _state(agent: Standing, now: int) -> tuple[State, str]:
    """The first that is true."""
    conditions = (
        (agent.call and agent.talking, State.BUSY, ""),
        (agent.call, State.RINGING, ""),
        (not agent.on_duty, State.OFFLINE, ""),
        (agent.pause, State.PAUSED, agent.pause),
        (agent.phone == "unreachable", State.OFFLINE, "unreachable"),
        (agent.phone == "in_use", State.BUSY, "own_call"),
        (agent.ready_at > now, State.WRAP_UP, ""),
    )
    return next(((state, reason) for true, state, reason in conditions if true), (State.READY, ""))
