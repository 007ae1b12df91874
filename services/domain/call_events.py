"""What a company's own program is told while calls go on, of what it asked for: docs/notify.md."""

from collections.abc import Callable, Mapping

from services.domain.documents import Account
from services.domain.instant import to_rfc3339
from services.domain.live import TURNED_AWAY, Fields, Outcome
from services.domain.messages import Message, Value
from services.domain.numbers import to_e164
from services.domain.record import Record
from services.domain.webhook import Event

_COUNTED: Mapping[Outcome, Event] = {
    Outcome.ARRIVED: "call.queued",
    Outcome.CAME_OVER: "call.queued",
    Outcome.ANSWERED: "call.answered",
    Outcome.ABANDONED: "call.left",
    **dict.fromkeys(TURNED_AWAY, "call.left"),
}


def of_entry(entry: str, fields: Fields, owner: Account) -> Message | None:
    """Of an entry of the stream of live events; None when it is nothing that the account asked for.

    Raises KeyError and ValueError for an entry that is none of ours.
    """
    if owner.notify is None or not owner.notify.events:
        return None
    event = _event(fields)
    if event is None or event not in owner.notify.events:
        return None
    values = _VALUES.get(event, _in_queue)(event, fields)
    return _message(event, f"{event}:{entry}", owner.id, int(fields["at"]), {**values, "position": entry})


def of_record(record: Record, owner: Account) -> list[Message]:
    """Of a call that is over."""
    if owner.notify is None:
        return []
    told: list[tuple[Event, dict[str, Value]]] = [("call.ended", _summary(record))]
    if record.survey is not None and record.survey.score is not None:
        survey = record.survey
        told.append(("survey.answered", {"score": survey.score, "agent": survey.agent, "group": survey.group}))
    return [
        _message(event, f"{event}:{record.call_id}", owner.id, record.ended, {**_of_record(record), **values})
        for event, values in told
        if event in owner.notify.events
    ]


def _message(event: Event, name: str, account: str, at: int, values: dict[str, Value]) -> Message:
    return Message(id=name, kind=event, account=account, at=at, to=None, text="", values=values)


def _event(fields: Fields) -> Event | None:
    match fields.get("of"), fields.get("state"):
        case "agent", state if state != "gone":
            return "agent.state"
        case "call", "started":
            return "call.started"
        case "caller", "ringing" if fields["arrived"] and not fields["reason"]:
            return "call.offered"
        case "caller", _ if fields["counted"]:
            _, _, outcome, _, by = fields["counted"].split()
            return _COUNTED[Outcome(outcome)] if int(by) > 0 else None
    return None


def _of_caller(_event: Event, fields: Fields) -> dict[str, Value]:
    return {
        "call_id": fields["call"],
        "hotline": fields["hotline"] or None,
        "caller": fields["number"] or None,
        "caller_e164": to_e164(fields["number"]) if fields["number"] else None,
        "region": fields["region"] or None,
    }


def _in_queue(event: Event, fields: Fields) -> dict[str, Value]:
    values = _of_caller(event, fields)
    values["group"] = fields["group"]
    values["waited_ms"] = max(0, int(fields["at"]) - int(fields["arrived"]))
    if event in {"call.offered", "call.answered"}:
        values["agents"] = fields["agents"].split()
    if event == "call.left":
        values["reason"] = fields["reason"]
    return values


def _of_agent(_event: Event, fields: Fields) -> dict[str, Value]:
    return {
        "call_id": fields["call"] or None,
        "hotline": None,
        "agent": fields["agent"],
        "state": fields["state"],
        "reason": fields["reason"] or None,
        "since": to_rfc3339(int(fields["since"])),
    }


_VALUES: Mapping[Event, Callable[[Event, Fields], dict[str, Value]]] = {
    "call.started": _of_caller,
    "agent.state": _of_agent,
}


def _of_record(record: Record) -> dict[str, Value]:
    return {
        "call_id": record.call_id,
        "hotline": record.hotline,
        "caller": record.caller,
        "caller_e164": record.caller_e164,
        "started": to_rfc3339(record.started),
    }


def _summary(record: Record) -> dict[str, Value]:
    answered = record.agent_answered
    return {
        "ended": to_rfc3339(record.ended),
        "agent_answered": None if answered is None else to_rfc3339(answered),
        "end_state": record.end_state,
        "hung_up_by": record.hung_up_by,
        "agent": record.agent,
        "group": next((hop.group for hop in reversed(record.hops) if hop.group), None),
        "keys": [pressed.keys for pressed in record.keys if pressed.keys],
        "wait_ms": record.wait_ms,
        "ring_ms": record.ring_ms,
        "talk_ms": record.talk_ms,
        "total_ms": record.total_ms,
        "score": record.survey.score if record.survey else None,
        "recordings": list(record.recordings),
        "call_kind": record.kind,
    }
