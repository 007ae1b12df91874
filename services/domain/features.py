"""What agents may have done by dialling a code at their own phone, and what they are told: docs/agents.md.

Whoever dials has its phone in use, so that its state is always ``busy``: what counts is the one once it is put down.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.domain.agents import Event, Standing, State, once_idle


class Feature(StrEnum):
    ASK = "ask"
    LOG_IN = "log_in"
    LOG_OUT = "log_out"
    PAUSE = "pause"
    RESUME = "resume"
    """Also ends a wrap-up."""
    VOICEMAILS = "voicemails"
    """Decides nothing here: ``services.domain.mailbox`` has what is told."""


LOGGED_IN = "签入成功，挂机以后就可以接听来电。"
IS_IN = "您早已签入，不用再签。"
LOGGED_OUT = "签出成功，再见。"
IS_OUT = "您还没有签入。请先签入，然后再试一次。"
NO_REASON = "示忙失败。没有这个原因编号，请核对以后重拨。"
RESUMED = "已经恢复，挂机以后继续接听来电。"
WRAPPED = "话后整理已经结束，挂机以后继续接听来电。"
NOTHING_TO_END = "您既没有示忙，也不在话后整理。"
NOT_NOW = "现在不能这样操作，请稍后再试。"
NOBODY = "这部话机没有对应的座席，请联系管理员。"

_STATES = {
    State.OFFLINE: "已签出，现在没有来电会转给您。",
    State.READY: "空闲，挂机以后就可以接听来电。",
    State.RINGING: "振铃，有来电正在等您接听。",
    State.BUSY: "通话中，您另有一个来电。",
    State.WRAP_UP: "话后整理，结束以后才有来电。",
    State.PAUSED: "示忙，现在没有来电会转给您。",
}
_MISSED = "多次没有接听来电，系统已将您示忙。"


def paused(reason: str) -> str:
    return f"为{reason}示忙成功。需要恢复时请拨恢复代码。"


def is_paused(reason: str) -> str:
    return f"{reason}，您因此示忙，没有来电会转给您。"


def sentences(reasons: Mapping[str, str]) -> Iterator[str]:
    """Everything that may be said in an account with these reasons."""
    yield from (LOGGED_IN, IS_IN, LOGGED_OUT, IS_OUT, NO_REASON, RESUMED, WRAPPED, NOTHING_TO_END, NOT_NOW, NOBODY)
    yield from (*_STATES.values(), _MISSED)
    for reason in reasons.values():
        yield from (paused(reason), is_paused(reason))


@dataclass(frozen=True, slots=True)
class Decision:
    says: str
    event: Event | None = None
    """What is to happen to the agent; None: nothing, it is only told."""
    reason: str = ""
    """Of a pause."""


def decide(feature: Feature, standing: Standing, digit: str, reasons: Mapping[str, str], now: int) -> Decision:
    """``digit``: what was dialled behind the code. ``reasons``: the account's, by digit."""
    if feature is Feature.ASK:
        return Decision(_tell(standing, reasons, now))
    if feature is Feature.LOG_IN:
        return Decision(IS_IN) if standing.on_duty else Decision(LOGGED_IN, Event.LOGIN)
    if not standing.on_duty:
        return Decision(IS_OUT)
    if feature is Feature.LOG_OUT:
        return Decision(LOGGED_OUT, Event.LOGOUT)
    return _pause(digit, reasons) if feature is Feature.PAUSE else _end(standing, now)


def _pause(digit: str, reasons: Mapping[str, str]) -> Decision:
    if digit not in reasons:
        return Decision(NO_REASON)
    return Decision(paused(reasons[digit]), Event.PAUSE, reasons[digit])


def _end(standing: Standing, now: int) -> Decision:
    if standing.pause:
        return Decision(RESUMED, Event.RESUME)
    if once_idle(standing, now)[0] is State.WRAP_UP:
        return Decision(WRAPPED, Event.WRAPPED)
    return Decision(NOTHING_TO_END)


def _tell(standing: Standing, reasons: Mapping[str, str], now: int) -> str:
    state, reason = once_idle(standing, now)
    if state is not State.PAUSED:
        return _STATES[state]
    if reason == "missed":
        return _MISSED
    return is_paused(reason) if reason in reasons.values() else _STATES[state]
