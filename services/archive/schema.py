"""The archive's tables (docs/archive.md). Times are milliseconds since 1970, money is in millionths."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

VERSION: Final = 2
"""Rises with every change of the tables: an archive of another version is rebuilt."""

METADATA = MetaData()
_WHOLE = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers its rows by an INTEGER only; it holds 64 bits there."""


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _whole(name: str) -> Column[int]:
    return Column(name, _WHOLE, nullable=False)


def _known(name: str, kind: Any = _WHOLE) -> Column[Any]:
    """May be null: not known, or not so."""
    return Column(name, kind)


def _key(name: str) -> Column[int]:
    return Column(name, _WHOLE, primary_key=True, autoincrement=False)


VERSIONS = Table("archive_version", METADATA, _key("version"))

POSITIONS = Table(
    "positions",
    METADATA,
    Column("stream", Text, primary_key=True),
    _text("entry"),
    _whole("taken"),
    _whole("missing"),
)
"""``entry``: the last one that was taken; ``taken``: how many were; ``missing``: how many were gone before."""

UNREADABLE = Table(
    "unreadable",
    METADATA,
    Column("stream", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    _text("error"),
    _text("fields"),
)

CALLS = Table(
    "calls",
    METADATA,
    _key("id"),
    _text("account"),
    Column("call_id", Text, nullable=False, unique=True),
    _text("kind"),
    _text("pbx"),
    _text("hotline"),
    _known("caller", Text),
    _known("number", Text),
    _known("tail", Text),
    _known("caller_name", Text),
    _text("caller_type"),
    _known("region", Text),
    _known("province", Text),
    _whole("started"),
    _known("answered"),
    _known("ringing"),
    _known("agent_answered"),
    _whole("ended"),
    _whole("day"),
    _whole("hour"),
    _whole("wait_ms"),
    _whole("menu_ms"),
    _whole("ring_ms"),
    _whole("talk_ms"),
    _whole("total_ms"),
    _known("waited_ms"),
    _text("end_state"),
    _text("hung_up_by"),
    _known("agent", Text),
    _known("first_group", Text),
    _known("score"),
    _whole("recordings"),
    _whole("missed"),
    _known("callback_agreed", Text),
    _known("callback_id", Text),
    _known("currency", Text),
    _known("rated"),
    _known("charge"),
    _whole("corrections"),
)
"""One row a record. docs/archive.md says what is not as in the record."""

RECORDS = Table("records", METADATA, _key("call"), _text("json"))
"""Apart from the calls, so that an analysis does not read it."""

HOPS = Table(
    "hops",
    METADATA,
    *(_key("call"), _key("position"), _text("account"), _text("node"), _text("kind"), _whole("at")),
    *(_known("group", Text), _known("place"), _known("overflow", Text), _known("transfer", Text)),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    *(_key("call"), _key("hop"), _key("position"), _text("account"), _known("agent", Text), _text("dial")),
    *(_whole("started"), _known("answered"), _known("ended"), _text("result"), _known("cause")),
)

MET = Table(
    "met",
    METADATA,
    _key("call"),
    *(Column(name, Text, primary_key=True) for name in ("kind", "name")),
    *(_text("account"), _whole("started")),
)
"""Each agent whose phone was to be rung, and each group that the call came to, once: with the call's own time, so that
an index has the calls of one in their order."""

KEYS = Table(
    "keys",
    METADATA,
    *(_key("call"), _key("position"), _text("account"), _text("node"), _text("keys"), _text("outcome"), _whole("at")),
)

CORRECTIONS = Table(
    "corrections",
    METADATA,
    Column("id", Text, primary_key=True),
    *(_text("account"), _text("call_id"), _whole("number"), _text("currency"), _whole("amount"), _whole("charge")),
    _text("json"),
)

_SEARCHED = ("hotline", "number", "tail", "agent", "first_group", "end_state", "province")
for _name in _SEARCHED:
    Index(f"calls_{_name}", CALLS.c.account, CALLS.c[_name], CALLS.c.started, CALLS.c.id)
Index("calls_started", *(CALLS.c[_name] for _name in ("account", "started", "id", "charge", "missed")))
"""What few calls have is looked for in it, before any row is read."""
Index("calls_newest", CALLS.c.started, CALLS.c.id)
Index(
    "calls_analysis",
    *(CALLS.c[_name] for _name in ("account", "kind", "started", "day", "hour", "end_state", "first_group", "agent")),
    *(CALLS.c[_name] for _name in ("province", "region", "waited_ms", "talk_ms")),
)
"""Holds all that the analyses read, so that they need not go to the rows."""
Index("hops_node", HOPS.c.account, HOPS.c.node, HOPS.c.at)
Index("attempts_agent", ATTEMPTS.c.account, ATTEMPTS.c.agent, ATTEMPTS.c.started)
Index("met_name", MET.c.account, MET.c.kind, MET.c.name, MET.c.started, MET.c.call)
Index("keys_node", KEYS.c.account, KEYS.c.node, KEYS.c.at)
Index("corrections_call", CORRECTIONS.c.call_id, CORRECTIONS.c.number)
