"""An entry of a stream as rows of the archive's tables."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.archive.schema import ATTEMPTS, CALLS, HOPS, KEYS, MET, RECORDS
from services.domain import clock, money, region
from services.domain.charge import Charge
from services.domain.notices import is_missed
from services.domain.numbers import as_dialled
from services.domain.rating import CHINA_TIME
from services.domain.record import SCHEMA, Hop, Record, from_json
from services.domain.statistics.bins import TALK_EDGES_S, WAIT_EDGES_S, bin_of

Row = dict[str, Any]
Fields = Mapping[bytes, bytes]
LONGEST = 500
"""Characters of a text that can be searched for; no database takes longer ones into every index."""
TAIL = 4
"""Digits at a number's end that calls are found by."""
_LARGEST = 2**63 - 1
_SAME = (
    *("call_id", "kind", "pbx", "hotline", "caller", "caller_name", "started", "answered", "ringing", "agent_answered"),
    *("ended", "wait_ms", "menu_ms", "ring_ms", "talk_ms", "total_ms", "end_state", "hung_up_by", "agent"),
    "callback_agreed",
)
"""As in the record."""


def record_of(fields: Fields) -> Record:
    """KeyError, ValueError, pydantic's among them."""
    if (edition := fields[b"schema"]) != str(SCHEMA).encode():
        raise ValueError(f"schema {edition!r}: expected {SCHEMA}")
    return from_json(fields[b"record"])


def rows_of(record: Record, text: str, entry: str) -> dict[str, list[Row]]:
    """By table, all but the number of the call; ValueError, OverflowError for what no database can store."""
    account = record.account or ""
    rows: dict[str, list[Row]] = defaultdict(list)
    rows[CALLS.name].append(_call(record))
    for position, hop in enumerate(record.hops):
        rows[HOPS.name].append({"position": position, "account": account, **_hop(hop)})
        rows[ATTEMPTS.name] += [
            {"hop": position, "position": number, "account": account, **attempt}
            for number, attempt in enumerate(_attempts(hop))
        ]
    rows[KEYS.name] = [
        {"position": position, "account": account, "node": one.node, "keys": one.keys, "outcome": one.outcome}
        | {"at": one.at}
        for position, one in enumerate(record.keys)
    ]
    rows[MET.name] = [
        {"kind": kind, "name": name, "account": account, "started": record.started}
        for kind, name in sorted(_met(record))
    ]
    for table, made in rows.items():
        for row in made:
            check(table, row)
    written = int(entry.partition("-")[0])
    rows[RECORDS.name].append({"account": account, "written": written, "entry": entry, "json": text})
    return rows


def check(table: str, row: Row) -> None:
    """ValueError for what PostgreSQL or SQLite would refuse, and the other rows of its batch with it."""
    for name, value in row.items():
        if isinstance(value, str) and (len(value) > LONGEST or "\x00" in value):
            raise ValueError(f"{table}.{name}: expected at most {LONGEST} characters, and no NUL")
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise ValueError(f"{table}.{name}: {value}: expected a number of 64 bits")


def _call(record: Record) -> Row:
    started = clock.moment(record.started, CHINA_TIME)
    group = next((hop for hop in record.hops if hop.group is not None), None)
    last = record.hops[-1] if record.hops else None
    waited = _waited_ms(record, group)
    number = None if record.caller is None else as_dialled(record.caller)
    return {name: getattr(record, name) for name in _SAME} | {
        "account": record.account or "",
        "number": number,
        "tail": number and number[-TAIL:],
        "day": started.day.toordinal(),
        "hour": started.minute // 60,
        "week_hour": started.day.weekday() * 24 + started.minute // 60,
        "waited_ms": waited,
        "wait_bin": None if waited is None else bin_of(waited, WAIT_EDGES_S),
        "talk_bin": bin_of(record.talk_ms, TALK_EDGES_S) if record.end_state == "answered" else None,
        "wrap_ms": 0,
        "first_group": None if group is None else group.group,
        "queued": None if group is None else group.at,
        "last_node": last.node if last else "",
        "last_kind": last.kind if last else "",
        "served": int(served(record)),
        "score": record.survey.score if record.survey else None,
        "recordings": len(record.recordings),
        "missed": int(record.kind == "inbound" and is_missed(record)),
        "callback_id": record.callback.id if record.callback else None,
        **_place(record),
        **_charge(record),
    }


def _met(record: Record) -> set[tuple[str, str]]:
    agents = {attempt.agent for hop in record.hops for attempt in hop.attempts} | {record.agent}
    groups = {hop.group for hop in record.hops}
    return {("agent", agent) for agent in agents if agent} | {("group", group) for group in groups if group}


def served(record: Record) -> bool:
    """Somebody talked to the caller, a voicemail was left, or a callback agreed on."""
    return bool(record.talk_ms or record.callback_agreed) or record.end_state in {"answered", "voicemail"}


def billed_s(charge: Charge | None) -> int:
    """Whole increments of all legs that the account pays for, by money or from a package."""
    return sum(segment.quantity * segment.increment for segment in charge.segments) if charge else 0


def worth(charge: Charge | None) -> int:
    """What the legs would cost if no package covered any of it, in millionths."""
    if charge is None:
        return 0
    covered = (
        money.ratio(part.quantity * segment.increment * money.micros(Decimal(segment.rate)), segment.per)
        for segment in charge.segments
        for part in segment.drawn
    )
    return money.micros(Decimal(charge.total)) + sum(covered)


def _waited_ms(record: Record, group: Hop | None) -> int | None:
    """For an agent: from the first group's or queue's begin until one answered, or as long as was waited in vain."""
    if record.agent_answered is not None:
        return max(0, record.agent_answered - (record.started if group is None else group.at))
    if record.ringing is None and not record.wait_ms:
        return None
    return max(record.wait_ms, record.ring_ms)


def _place(record: Record) -> Row:
    """By the charge where it says so: the account's own numbering plan has spoken there."""
    charge = record.charge
    party = region.party(record.caller, record.caller_e164, None, places=True)
    said = charge.caller_region if charge else None
    found = _named(said) or party.region
    return {
        "caller_type": (charge.caller_type if charge else None) or party.type,
        "region": said or (None if found is None else str(found)),
        "province": None if found is None else found.province,
    }


def _named(text: str | None) -> region.Region | None:
    """None also for several cities that share an area code."""
    try:
        return region.region_named(text or "")
    except ValueError:
        return None


def _charge(record: Record) -> Row:
    charge = record.charge
    total = None if charge is None else money.micros(Decimal(charge.total))
    currency = None if charge is None else charge.currency
    known = {"currency": currency, "rated": total, "charge": total, "corrections": 0}
    return known | {"billed_s": billed_s(charge), "worth": worth(charge)}


def _hop(hop: Hop) -> Row:
    return {
        "node": hop.node,
        "kind": hop.kind,
        "at": hop.at,
        "group": hop.group,
        "place": hop.wait.position if hop.wait else None,
        "overflow": hop.wait.overflow if hop.wait else None,
        "transfer": hop.transfer.kind if hop.transfer else None,
    }


def _attempts(hop: Hop) -> list[Row]:
    names = ("dial", "started", "answered", "ended", "result", "cause")
    return [{"agent": one.agent or None} | {name: getattr(one, name) for name in names} for one in hop.attempts]
