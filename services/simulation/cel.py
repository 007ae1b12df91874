"""The CEL file that Asterisk would write (docs/cel-events.md)."""

import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from services.store.due import now

OWN = "USER_DEFINED"


@dataclass(frozen=True, slots=True)
class Line:
    """A channel, as the file names it."""

    name: str
    uniqueid: str
    linkedid: str


class CelFile:
    def __init__(self) -> None:
        self.data = bytearray()

    def asterisk(self, event: str, line: Line, **extra: str | int) -> None:
        self._write(event, event, line, extra)

    def ours(self, event: str, line: Line, **values: str) -> None:
        self.told(event, line, urlencode(values, safe="", quote_via=quote))

    def told(self, event: str, line: Line, values: str) -> None:
        """``values``: percent-encoded, as ``CELGenUserEvent`` is given them."""
        self._write(event, OWN, line, {"extra": values})

    def _write(self, event: str, kind: str, line: Line, extra: dict[str, str | int]) -> None:
        seconds, milliseconds = divmod(now(), 1000)
        told = json.dumps(extra, ensure_ascii=False) if extra else ""
        fields = (event, kind, f"{seconds}.{milliseconds:03d}000", line.name, line.uniqueid, line.linkedid, told)
        self.data += (",".join(f'"{_doubled(field)}"' for field in fields) + "\n").encode()


def _doubled(value: str) -> str:
    return value.replace('"', '""')
