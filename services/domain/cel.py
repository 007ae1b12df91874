"""Bytes of a CEL file to rows (docs/cel-events.md has the fields), whatever the pieces they come in.

A record is recognised as a whole: seven quoted fields and a line end. Quotes inside a value are doubled, so no value
can contain what starts a record (``"NAME","NAME","seconds.micros","``), and two records run together never look like
one. That is how a record that Asterisk left half-written is told from its neighbours.
"""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import unquote

RECORD_LIMIT = 64 * 1024
"""Bytes of the longest record; a longer one is reported as torn, so that memory stays bounded."""

_VALUE = r'"([^"]*+(?:""[^"]*+)*+)"'
_NAME = r'"([A-Z][A-Z0-9_]{0,79})"'
_TIME = r'"(\d{1,11})\.(\d{3})\d{3}"'
"""Milliseconds: the microseconds are cut off. Until the year 5138; whatever comes later has no date."""
_UNIQUEID = r'"([!#-~]{1,200}\.\d{1,20})"'
_EXTRA = rf'(?:"\{{""extra"": ?""([^"\\\x00-\x1f]*+)""\}}"|{_VALUE})'
"""Of our own events in a group of its own: JSON in which nothing is escaped says the same as it is."""
_START = re.compile(rf'{_NAME},{_NAME},{_TIME},"', re.ASCII)
_START_LIMIT = 256
_RECORD = re.compile(rf"{_NAME},{_NAME},{_TIME},{_VALUE},{_UNIQUEID},{_UNIQUEID},{_EXTRA}\r?\n", re.ASCII)
_BYTES = "latin-1"
"""A file is searched in the encoding in which every byte is a character: its offsets are those of the bytes."""


class CelRow(NamedTuple):
    """A NamedTuple because it is made in half the time of a frozen dataclass, for every row there is."""

    event: str
    at: int
    """Milliseconds since 1970, UTC."""
    channel: str
    uniqueid: str
    linkedid: str
    extra: dict[str, Any]
    start: int
    """Offset in the file of the record's first byte; ``end`` is that of the byte after its last."""
    end: int

    def values(self) -> list[tuple[str, str]]:
        """Keys and values of one of our own events, decoded, in their order."""
        extra = self.extra.get("extra")
        if not isinstance(extra, str) or not extra:
            return []
        pairs = [pair.partition("=") for pair in _without_surrogates(extra).split("&")]
        return [(key, unquote(value) if "%" in value else value) for key, _, value in pairs]


class Torn(NamedTuple):
    """Bytes that are no record: half-written, overwritten, or too long."""

    start: int
    data: bytes


class Splitter:
    """Splits one file; ``offset`` is where in the file the bytes begin that are fed to it."""

    def __init__(self, offset: int = 0) -> None:
        self.offset = offset
        """Everything before this offset has been handed out."""
        self._rest = ""

    def feed(self, data: bytes) -> list[CelRow | Torn]:
        """What ``data`` completes, in the file's order; the begin of an unfinished record is kept."""
        buffer = self._rest + data.decode(_BYTES)
        begin, position, size = self.offset, 0, len(buffer)
        found: list[CelRow | Torn] = []
        while position < size:
            match = _RECORD.match(buffer, position)
            if match is None:
                end = self._end_of_torn(buffer, position)
                if end is None:
                    break
                found.append(Torn(begin + position, buffer[position:end].encode(_BYTES)))
            else:
                end = match.end()
                found.append(_row(match, begin + position, begin + end))
            position = end
        self.offset = begin + position
        self._rest = buffer[position:]
        return found

    def finish(self) -> Torn | None:
        """What is left of a file that will not grow any more."""
        rest, self._rest = self._rest.encode(_BYTES), ""
        start = self.offset
        self.offset += len(rest)
        return Torn(start, rest) if rest else None

    @staticmethod
    def _end_of_torn(buffer: str, position: int) -> int | None:
        """Where the torn bytes at ``position`` end, or None while they may still become a record."""
        start = _START.search(buffer, position + 1)
        if start is not None:
            return start.start()
        if len(buffer) - position <= RECORD_LIMIT:
            return None
        # The next record's begin may already stand at the end.
        return len(buffer) - _START_LIMIT


def _row(match: re.Match[str], start: int, end: int) -> CelRow | Torn:
    event, _, seconds, milliseconds, channel, uniqueid, linkedid, ours, extra = match.groups()
    try:
        decoded = _object(extra) if ours is None else {"extra": _text(ours)}
    except (ValueError, RecursionError):
        return Torn(start, match[0].encode(_BYTES))
    if end - start > RECORD_LIMIT:
        return Torn(start, match[0].encode(_BYTES))
    return CelRow(event, int(seconds + milliseconds), _text(channel), uniqueid, linkedid, decoded, start, end)


def _object(extra: str) -> dict[str, Any]:
    """ValueError when it is no JSON, or none of an object."""
    if not extra:
        return {}
    decoded = json.loads(_text(extra))
    if not isinstance(decoded, dict):
        raise ValueError("not an object")  # noqa: TRY004  # what the file says, not who calls
    return decoded


def _text(value: str) -> str:
    text = value if value.isascii() else value.encode(_BYTES).decode("utf-8", "replace")
    return text.replace('""', '"') if '"' in text else text


def _without_surrogates(value: str) -> str:
    """JSON can spell half a surrogate pair, which no UTF-8 text may contain."""
    return value if value.isascii() else value.encode(errors="replace").decode()
