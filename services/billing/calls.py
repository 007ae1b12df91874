"""The calls that are going on, folded row by row."""

import logging

from services.billing.tail import Piece
from services.domain.call import Call
from services.domain.cdr import record_of
from services.domain.cel import CelRow, Torn
from services.domain.record import Record
from services.store.checkpoints import Checkpoint

SILENCE_MS = 24 * 3600 * 1000
"""A call of which the file has said nothing for so long will not end any more: Asterisk was stopped under it."""

log = logging.getLogger(__name__)


class OpenCalls:
    """Rows of a call whose first row was never seen are passed over: it was committed before the checkpoint."""

    def __init__(self, pbx: str) -> None:
        self._pbx = pbx
        self._open: dict[str, tuple[Checkpoint, Call]] = {}
        self._newest = 0
        self.torn = 0
        self.passed_over = 0
        """Rows."""
        self.other_calls = 0
        """Calls that were none to a hotline."""

    @property
    def oldest(self) -> Checkpoint | None:
        """Where the first row stands of the call that began first."""
        return next((begin for begin, _ in self._open.values()), None)

    def take(self, piece: Piece) -> list[Record]:
        """The records, not yet rated, of the calls that end in this piece."""
        closed = []
        for row in piece.rows:
            if isinstance(row, Torn):
                self._report(piece, row)
            elif call := self._add(piece.file, row):
                closed.append(call)
        return self._records(closed + self._given_up(self._newest))

    def silent(self, quiet_ms: int) -> list[Record]:
        """The records of calls given up, after nothing at all was written for so long."""
        return self._records(self._given_up(self._newest + quiet_ms))

    def _add(self, file: str, row: CelRow) -> Call | None:
        """The call, when this row closes it."""
        self._newest = row.at
        linkedid = row.linkedid
        begun = self._open.get(linkedid)
        if row.uniqueid == linkedid and (row.event == "CHAN_START" or (row.event == "CALL" and begun is None)):
            self._open.pop(linkedid, None)
            begun = self._open[linkedid] = (Checkpoint(file, row.start), Call(linkedid, started=row.at))
        if begun is None:
            self.passed_over += 1
            return None
        call = begun[1]
        call.add(row)
        if call.closed:
            del self._open[linkedid]
            return call
        return None

    def _given_up(self, now: int) -> list[Call]:
        given_up = []
        while self._open:
            linkedid, (_, call) = next(iter(self._open.items()))
            if now - call.last <= SILENCE_MS:
                break
            del self._open[linkedid]
            given_up.append(call)
        return given_up

    def _records(self, calls: list[Call]) -> list[Record]:
        records = [record for call in calls if (record := record_of(call, self._pbx))]
        self.other_calls += len(calls) - len(records)
        return records

    def _report(self, piece: Piece, torn: Torn) -> None:
        self.torn += 1
        log.warning(
            "file %s, byte %d: %d bytes are no record: %r", piece.file, torn.start, len(torn.data), torn.data[:200]
        )
