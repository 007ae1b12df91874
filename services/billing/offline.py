"""Folds whole CEL files, for whoever asks what they tell and commits nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.billing.calls import OpenCalls
from services.billing.tail import PIECE, Piece
from services.domain.cel import Splitter
from services.domain.record import Record


@dataclass(frozen=True, slots=True)
class Folded:
    records: list[Record]
    """Not rated."""
    torn: int
    """Pieces of the files that are no rows; each is logged."""
    passed_over: int
    """Rows of calls that began before the first file."""
    going_on: int
    """Calls of which the files do not tell the end."""


def fold(files: Sequence[Path], pbx: str, read: Callable[[int], None]) -> Folded:
    """``files`` of one pbx, oldest first; ``read`` is told of every so many bytes. Raises OSError."""
    calls = OpenCalls(pbx)
    records = [record for path in files for record in _records(path, calls, read)]
    return Folded(records, calls.torn, calls.passed_over, calls.going_on)


def _records(path: Path, calls: OpenCalls, read: Callable[[int], None]) -> list[Record]:
    splitter = Splitter()
    found: list[Record] = []
    with path.open("rb") as file:
        while data := file.read(PIECE):
            found += calls.take(Piece(str(path), splitter.feed(data)))
            read(len(data))
    rest = splitter.finish()
    return found if rest is None else found + calls.take(Piece(str(path), [rest]))
