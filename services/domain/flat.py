"""A record as one row of a table, for spreadsheets and data frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from services.domain.record import Record

Value = str | int | datetime | Decimal | None


@dataclass(frozen=True, slots=True)
class Column:
    kind: Literal["text", "whole", "time", "money"]
    value: Callable[[Record], Value]


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _time(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)


def harmless(text: str | None) -> str | None:
    """Free text that a spreadsheet would take for a formula gets a quote ahead of it."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text


COLUMNS: Mapping[str, Column] = {
    "call_id": Column("text", lambda record: record.call_id),
    "pbx": Column("text", lambda record: record.pbx),
    "hotline": Column("text", lambda record: record.hotline),
    "account": Column("text", lambda record: record.account),
    "caller": Column("text", lambda record: record.caller),
    "caller_e164": Column("text", lambda record: record.caller_e164),
    "caller_name": Column("text", lambda record: harmless(record.caller_name)),
    "started": Column("time", lambda record: _time(record.started)),
    "answered": Column("time", lambda record: _time(record.answered)),
    "ringing": Column("time", lambda record: _time(record.ringing)),
    "agent_answered": Column("time", lambda record: _time(record.agent_answered)),
    "ended": Column("time", lambda record: _time(record.ended)),
    "wait_ms": Column("whole", lambda record: record.wait_ms),
    "menu_ms": Column("whole", lambda record: record.menu_ms),
    "ring_ms": Column("whole", lambda record: record.ring_ms),
    "talk_ms": Column("whole", lambda record: record.talk_ms),
    "total_ms": Column("whole", lambda record: record.total_ms),
    "end_state": Column("text", lambda record: record.end_state),
    "hung_up_by": Column("text", lambda record: record.hung_up_by),
    "keys": Column("text", lambda record: " ".join(pressed.keys for pressed in record.keys if pressed.keys)),
    "path": Column("text", lambda record: " > ".join(hop.node for hop in record.hops)),
    "attempts": Column("whole", lambda record: sum(len(hop.attempts) for hop in record.hops)),
    "agent": Column("text", lambda record: record.agent),
    "survey": Column("whole", lambda record: record.survey.score if record.survey else None),
    "tariff": Column(
        "text", lambda record: f"{record.charge.tariff}@{record.charge.version}" if record.charge else None
    ),
    "currency": Column("text", lambda record: record.charge.currency if record.charge else None),
    "total": Column("money", lambda record: Decimal(record.charge.total) if record.charge else None),
}
"""In their order; fields as in docs/cdr-stream.md. ``keys`` are those pressed, ``path`` the nodes gone through."""


def row(record: Record) -> dict[str, Value]:
    return {name: column.value(record) for name, column in COLUMNS.items()}
