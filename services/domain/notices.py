"""What a company is told about a call that is over: that it was missed, that a voicemail was left."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from services.domain.documents import Account, Hotline
from services.domain.instant import to_rfc3339
from services.domain.messages import Kind, Message, Value
from services.domain.numbers import to_e164
from services.domain.packages import Alert
from services.domain.record import Hop, Record
from services.domain.voicemail import Voicemail

WEBHOOK = "webhook"
CHINA = timezone(timedelta(hours=8))

SEEKS_SOMEBODY = {"group", "queue", "agent", "transfer"}
"""Kinds of node at which a caller asks for a person."""
NEVER_MISSED = {"answered", "voicemail", "unknown_hotline", "suspended"}

_TEXTS = {
    "zh": {
        "missed_call": "【{name}】漏接来电：{caller} 于 {time} 致电 {hotline}，等待 {seconds} 秒，未接通。",
        "voicemail": "【{name}】新留言：{caller} 于 {time} 致电 {hotline}，留言 {seconds} 秒。",
        "withheld": "未显示号码",
    },
    "en": {
        "missed_call": "{name}: missed call from {caller} to {hotline} at {time}, who waited {seconds} s.",
        "voicemail": "{name}: {caller} left a voicemail of {seconds} s at {hotline}, {time}.",
        "withheld": "a withheld number",
    },
}


def is_missed(record: Record) -> bool:
    """Nobody talked to a caller who had come to a group or a queue, or whom no service of ours took on."""
    if record.agent_answered is not None or record.end_state in NEVER_MISSED:
        return False
    return record.end_state == "unavailable" or _sought(record) is not None


def missed_call(record: Record, hotline: Hotline) -> list[Message]:
    """One message for each place that the hotline's document names; none when the call was not missed."""
    wanted = hotline.missed_calls
    if wanted is None or not is_missed(record):
        return []
    waits_from = _sought(record)
    waited = max(0, record.ended - (record.started if waits_from is None else waits_from.at))
    values: dict[str, Value] = {
        **_of_call(record, hotline),
        "ended": to_rfc3339(record.ended),
        "end_state": record.end_state,
        "keys": [pressed.keys for pressed in record.keys if pressed.keys],
        "waited_ms": waited,
        "group": _group(record, hotline),
    }
    return [
        Message(
            id=f"missed_call:{record.call_id}:{place or WEBHOOK}",
            kind="missed_call",
            account=hotline.account,
            at=record.ended,
            to=place,
            text=_text("missed_call", record, hotline, waited),
            values=values,
        )
        for place in _places(wanted.text_to, webhook=wanted.webhook)
    ]


def voicemail_left(voicemail: Voicemail, record: Record, hotline: Hotline, *, webhook: bool) -> list[Message]:
    """``webhook``: whether the account has one."""
    values: dict[str, Value] = {
        **_of_call(record, hotline),
        "voicemail": voicemail.id,
        "group": voicemail.group,
        "left": to_rfc3339(voicemail.at),
        "ms": voicemail.ms,
        "file": voicemail.file,
    }
    node = hotline.flow.nodes.get(voicemail.node)
    text_to = node.text_to if node is not None and node.kind == "voicemail" else ()
    return [
        Message(
            id=f"voicemail:{voicemail.id}:{place or WEBHOOK}",
            kind="voicemail",
            account=hotline.account,
            at=voicemail.at,
            to=place,
            text=_text("voicemail", record, hotline, voicemail.ms),
            values=values,
        )
        for place in _places(text_to, webhook=webhook)
    ]


def usage_alert(owner: Account, alert: Alert, record: Record) -> Message:
    """``record``: of the call that reached the mark."""
    return Message(
        id=f"usage_alert:{owner.id}:{alert.package}:{alert.cycle.begin}:{alert.mark}:{WEBHOOK}",
        kind="usage_alert",
        account=owner.id,
        at=record.ended,
        to=None,
        text=f"【{owner.name}】套餐 {alert.package} 已使用 {alert.mark}%，剩余 {alert.left // 60} 分钟。",
        values={
            "call_id": record.call_id,
            "hotline": record.hotline,
            "package": alert.package,
            "mark": alert.mark,
            "cycle_begin": str(alert.cycle.begin),
            "cycle_end": str(alert.cycle.end),
            "left_seconds": alert.left,
        },
    )


def _of_call(record: Record, hotline: Hotline) -> dict[str, Value]:
    return {
        "call_id": record.call_id,
        "hotline": record.hotline,
        "hotline_name": hotline.name,
        "caller": record.caller,
        "caller_e164": record.caller_e164,
        "started": to_rfc3339(record.started),
    }


def _sought(record: Record) -> Hop | None:
    return next((hop for hop in record.hops if hop.kind in SEEKS_SOMEBODY), None)


def _group(record: Record, hotline: Hotline) -> str | None:
    """The group that was asked for last; as the document has it when no phone of it was rung."""
    for hop in reversed(record.hops):
        if hop.kind in SEEKS_SOMEBODY:
            node = hotline.flow.nodes.get(hop.node)
            return hop.group or (node.group if node is not None and node.kind in {"group", "queue"} else None)
    return None


def _places(text_to: Iterable[str], *, webhook: bool) -> list[str | None]:
    numbers: list[str | None] = [to_e164(number) or number for number in text_to]
    return [*numbers, None] if webhook else numbers


def _text(kind: Kind, record: Record, hotline: Hotline, lasted_ms: int) -> str:
    texts = _TEXTS["en" if hotline.voice.startswith("en") else "zh"]
    return texts[kind].format(
        name=hotline.name,
        caller=record.caller or texts["withheld"],
        hotline=record.hotline,
        time=datetime.fromtimestamp(record.started // 1000, CHINA).strftime("%m-%d %H:%M"),
        seconds=lasted_ms // 1000,
    )
