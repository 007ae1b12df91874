"""The archive's tables (docs/archive.md). Times are milliseconds since 1970, money is in millionths."""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

VERSION: Final = 4
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
    _whole("week_hour"),
    _whole("wait_ms"),
    _whole("menu_ms"),
    _whole("ring_ms"),
    _whole("talk_ms"),
    _whole("total_ms"),
    _known("waited_ms"),
    _known("wait_bin"),
    _known("talk_bin"),
    _whole("wrap_ms"),
    _text("end_state"),
    _text("hung_up_by"),
    _known("agent", Text),
    _known("first_group", Text),
    _known("queued"),
    _text("last_node"),
    _text("last_kind"),
    _whole("served"),
    _known("score"),
    _whole("recordings"),
    _whole("missed"),
    _known("callback_agreed", Text),
    _known("callback_id", Text),
    _known("currency", Text),
    _known("rated"),
    _known("charge"),
    _whole("billed_s"),
    _whole("worth"),
    _whole("corrections"),
)
"""One row a record. docs/archive.md says what is not as in the record."""

RECORDS = Table("records", METADATA, _key("call"), _text("account"), _whole("written"), _text("entry"), _text("json"))
"""Apart from the calls, so that an analysis does not read it. ``entry``: of the stream, ``written`` its time."""

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
    _whole("billed_s"),
    _whole("worth"),
    _text("json"),
)

_SEARCHED = ("hotline", "number", "tail", "agent", "first_group", "end_state", "province")
for _name in _SEARCHED:
    Index(f"calls_{_name}", CALLS.c.account, CALLS.c[_name], CALLS.c.started, CALLS.c.id)
Index("calls_started", *(CALLS.c[_name] for _name in ("account", "started", "id", "charge", "missed")))
"""What few calls have is looked for in it, before any row is read."""
Index("calls_newest", CALLS.c.started, CALLS.c.id)
Index(
    "calls_callers",
    *(CALLS.c[_name] for _name in ("account", "day", "number", "kind", "hotline", "first_group", "agent", "end_state")),
    CALLS.c.started,
)
"""Holds all that is asked of repeat callers."""
_OF_AN_AGENT = CALLS.c.agent.is_not(None)
Index(
    "calls_agent_analysis",
    *(CALLS.c[_name] for _name in ("account", "agent", "day", "kind", "hotline", "first_group", "currency")),
    *(
        CALLS.c[_name]
        for _name in ("week_hour", "end_state", "province", "region", "wait_bin", "talk_bin", "waited_ms", "talk_ms")
    ),
    *(CALLS.c[_name] for _name in ("wrap_ms", "billed_s", "charge")),
    sqlite_where=_OF_AN_AGENT,
    postgresql_where=_OF_AN_AGENT,
)
"""Holds all that is asked of one agent's calls; of all calls the tallies say it."""
Index("records_written", RECORDS.c.account, RECORDS.c.written)
Index("hops_node", HOPS.c.account, HOPS.c.node, HOPS.c.at)
Index("attempts_agent", ATTEMPTS.c.account, ATTEMPTS.c.agent, ATTEMPTS.c.started)
Index("met_name", MET.c.account, MET.c.kind, MET.c.name, MET.c.started, MET.c.call)
Index("keys_node", KEYS.c.account, KEYS.c.node, KEYS.c.at)
Index("corrections_call", CORRECTIONS.c.call_id, CORRECTIONS.c.number)

AGENT_STATES = Table(
    "agent_states",
    METADATA,
    *(_key("id"), _text("account"), _text("agent"), _whole("since"), _known("until"), _text("state"), _text("reason")),
    _text("call"),
)
"""What each agent did from when until when (null: still), and for which call. Not made anew by a rebuild."""
Index("agent_states_agent", AGENT_STATES.c.account, AGENT_STATES.c.agent, AGENT_STATES.c.since)
Index("agent_states_call", AGENT_STATES.c.call, AGENT_STATES.c.state)
_OPEN = AGENT_STATES.c.until.is_(None)
Index("agent_states_open", AGENT_STATES.c.account, AGENT_STATES.c.agent, sqlite_where=_OPEN, postgresql_where=_OPEN)


def _sums(name: str, keys: tuple[str, ...], sums: tuple[str, ...]) -> Table:
    """Sums of the calls (``DUTY``: of the states) that have these keys in common: kept as they are written."""
    texts = [_WHOLE if key in _NUMBERS else Text for key in keys]
    columns = [Column(key, kind, primary_key=True, autoincrement=False) for key, kind in zip(keys, texts, strict=True)]
    return Table(name, METADATA, *columns, *(_whole(one) for one in sums), sqlite_with_rowid=False)


_NUMBERS = {"day", "hour", "depth"}
_OF_A_CALL = ("kind", "hotline", "group", "currency")
TALLIES = _sums(
    "tallies",
    ("account", "by", "day", *_OF_A_CALL, "key"),
    ("calls", "answered", "abandoned", "answer_ms", "talk_ms", "wrap_ms", "billed_s", "charge"),
)
"""``key``: the value of the column that ``by`` names. ``day``: also of each month (``days.month_of``)."""
UNSERVED = _sums(
    "unserved",
    ("account", "day", *_OF_A_CALL, "node", "node_kind", "hour", "end_state"),
    ("calls", "billed_s", "charge", "worth"),
)
STEPS = _sums(
    "steps",
    ("account", "day", "kind", "hotline", "group", "depth", "node", "node_kind", "keys", "next", "next_kind"),
    ("calls",),
)
DUTY = _sums("duty", ("account", "day", "agent", "state"), ("ms",))

KEPT = (POSITIONS, AGENT_STATES, DUTY)
"""What a rebuild leaves: agents' states are on no stream for ever."""
