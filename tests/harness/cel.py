"""CEL files written as tables: a test reads like the call it is about.

A line is seconds since the table's begin, event, channel, and what the event says::

    5.320  OFFER   caller  node=sales group=sales agent=li dial=1001
    8.400  ANSWER  1001
    9.000  HANGUP  caller  cause=16 source=caller

``caller`` is the call's first channel; any other name is a phone, ``1001#2`` the second channel to the same phone.
``linked=1001#2`` puts a line into the call that this channel has begun.
"""

import json
from collections.abc import Iterator
from urllib.parse import quote

from services.domain.call import Call
from services.domain.cel import CelRow, Splitter, Torn
from services.domain.folding import take

BEGIN_MS = 1772416800_000
"""2026-03-02T02:00:00Z, ten o'clock in China."""
_ASTERISKS = {
    *("CHAN_START", "ANSWER", "HANGUP", "CHAN_END", "BRIDGE_ENTER", "BRIDGE_EXIT", "LINKEDID_END"),
    *("BLINDTRANSFER", "ATTENDEDTRANSFER"),
}


def record(*fields: str) -> bytes:
    """One record as Asterisk writes it (docs/cel-events.md)."""
    return (",".join('"' + field.replace('"', '""') + '"' for field in fields) + "\n").encode()


def file(table: str, call: int = 1, begin_ms: int = BEGIN_MS) -> bytes:
    """The table as a CEL file; calls of different numbers have different ids."""
    return b"".join(_records(table, call, begin_ms))


def rows(table: str, call: int = 1) -> list[CelRow]:
    return [row for row in Splitter().feed(file(table, call)) if not isinstance(row, Torn)]


def folded(*tables: str) -> Call:
    """The call that the tables tell of, one after the other."""
    first, *rest = rows("\n".join(tables))
    call = Call(first.linkedid, started=first.at)
    for row in [first, *rest]:
        take(call, row)
    return call


def call_id(call: int = 1, begin_ms: int = BEGIN_MS) -> str:
    return f"pbx1-{begin_ms // 1000}.{call * 100}"


def _records(table: str, call: int, begin_ms: int) -> Iterator[bytes]:
    serials = {"caller": call * 100}
    for line in filter(str.strip, table.splitlines()):
        seconds, event, who, *says = line.split()
        channel = _channel(who, serials)
        pairs = [(key, value) for key, _, value in (pair.partition("=") for pair in says)]
        linked = [value for key, value in pairs if key == "linked"]
        ms = begin_ms + round(float(seconds) * 1000)
        yield record(
            event,
            event if event in _ASTERISKS else "USER_DEFINED",
            f"{ms // 1000}.{ms % 1000:03d}417",
            channel,
            f"pbx1-{begin_ms // 1000}.{serials[who]}",
            f"pbx1-{begin_ms // 1000}.{serials[linked[0]]}" if linked else call_id(call, begin_ms),
            _extra(event, [pair for pair in pairs if pair[0] != "linked"], serials, begin_ms),
        )


def _channel(who: str, serials: dict[str, int]) -> str:
    serial = serials.setdefault(who, serials["caller"] + len(serials))
    endpoint = "carrier" if who == "caller" else who.partition("#")[0]
    return f"PJSIP/{endpoint}-{serial:08x}"


def _app(pairs: list[tuple[str, str]]) -> dict[str, str]:
    return {key: value for key, value in pairs if key == "app"}


def _extra(event: str, pairs: list[tuple[str, str]], serials: dict[str, int], begin_ms: int) -> str:
    if event == "ATTENDEDTRANSFER":
        channels = {key: f"pbx1-{begin_ms // 1000}.{serials[who]}" for key, who in pairs if who in serials}
        return json.dumps(
            {f"{key}_uniqueid": channels.get(key, "N/A") for key, _ in pairs if key != "app"} | _app(pairs)
        )
    if event == "HANGUP":
        said = dict(pairs)
        source = _channel(said["source"], serials) if "source" in said else ""
        hangup = {"hangupcause": int(said["cause"]), "hangupsource": source}
        return json.dumps(hangup | {"dialstatus": said.get("dialstatus", "")})
    if event in _ASTERISKS:
        return ""
    return json.dumps({"extra": "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs)})
