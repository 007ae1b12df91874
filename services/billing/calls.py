"""The calls that are going on, folded row by row."""

import logging
from dataclasses import dataclass, field

from services.billing.tail import Piece
from services.domain.call import Call
from services.domain.cdr import record_of
from services.domain.cel import CelRow, Torn
from services.domain.folding import bring_together, take
from services.domain.record import Record
from services.store.checkpoints import Checkpoint

SILENCE_MS = 24 * 3600 * 1000
"""A call of which the file has said nothing for so long will not end any more: its end was lost."""

DISORDER_MS = 5000
"""Asterisk's threads may write rows out of order; when one is so much earlier than one before it, the clock was set."""

_FIRST = ".0"
"""How the uniqueid of the first channel ends that a run of Asterisk has."""

_BEGIN = {"CHAN_START", "CALL", "CALLBACK"}
"""Whichever is there first: the others may be late or lost."""

_TOLD_ONCE = {
    *("NODE", "KEYS", "OFFER", "ANNOUNCE", "TRANSFER", "RECORDING", "CALLBACK", "CUSTOMER", "ATTENDEDTRANSFER"),
}
"""What adds to a call with each row: a row that stands twice in the file would add twice."""

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Correlated:
    """Calls that end together: one, or several that attended transfers have brought together."""

    begin: Checkpoint
    """The first row of the first of them."""
    calls: list[Call]
    linkedids: list[str]
    ended: set[str] = field(default_factory=set)
    told: set[tuple[str, int, str, str]] = field(default_factory=set)
    """The rows of ``_TOLD_ONCE``: event, time, channel and what it says."""

    @property
    def last(self) -> int:
        return max(call.last for call in self.calls)

    def is_news(self, row: CelRow) -> bool:
        """False when just this row was there already."""
        if row.event not in _TOLD_ONCE:
            return True
        known, told = len(self.told), (row.event, row.at, row.uniqueid, repr(row.extra))
        self.told.add(told)
        return len(self.told) > known

    def add(self, row: CelRow) -> bool:
        """Whether this row ends the last of them."""
        for call in self.calls:
            take(call, row)
        if row.event != "LINKEDID_END":
            return False
        self.ended.add(row.linkedid)
        return len(self.ended) == len(self.linkedids)


class OpenCalls:
    """Rows of a call whose first row was never seen are passed over: it was committed before the checkpoint."""

    def __init__(self, pbx: str) -> None:
        self._pbx = pbx
        self._open: dict[str, Correlated] = {}
        self._newest = 0
        self._runs: set[str] = set()
        """The first channel of each run of Asterisk that was seen to begin."""
        self.torn = 0
        self.passed_over = 0
        """Rows."""
        self.other_calls = 0
        """Calls that were none to a hotline."""

    @property
    def oldest(self) -> Checkpoint | None:
        """Where the first row stands of the call that began first."""
        return next((calls.begin for calls in self._open.values()), None)

    @property
    def going_on(self) -> int:
        """How many have not ended."""
        return len(self._distinct())

    def take(self, piece: Piece) -> list[Record]:
        """The records, not yet rated, of the calls that end in this piece."""
        closed: list[Call] = []
        for row in piece.rows:
            if isinstance(row, Torn):
                self._report(piece, row)
            else:
                closed += self._add(piece.file, row)
        return self._records(closed + self._given_up(self._newest))

    def hear_of_clock(self, by: int) -> None:
        """It was set by so many milliseconds: nobody knows how long the calls are that go on."""
        for calls in self._distinct():
            log.error("the clock of %s was set by %d ms during call %s", self._pbx, by, calls.linkedids[0])
            for call in calls.calls:
                call.hear_of_clock(by)

    def silent(self, quiet_ms: int) -> list[Record]:
        """The records of calls given up, after nothing at all was written for so long."""
        return self._records(self._given_up(self._newest + quiet_ms))

    def _add(self, file: str, row: CelRow) -> list[Call]:
        """The calls that this row closes."""
        linkedid = row.linkedid
        begins = linkedid not in self._open and row.uniqueid == linkedid and row.event in _BEGIN
        cut_off = self._cut_off_by(linkedid) if begins else []
        self._tell_time(row.at)
        if begins:
            self._open[linkedid] = Correlated(Checkpoint(file, row.start), [Call(linkedid, started=row.at)], [linkedid])
        return [*cut_off, *self._told(row)]

    def _cut_off_by(self, begun: str) -> list[Call]:
        """The calls that Asterisk has died under, if this is the first channel of its next run."""
        if not begun.endswith(_FIRST) or begun in self._runs:
            return []
        self._runs.add(begun)
        return [call for calls in self._distinct() for call in self._take_out(calls)]

    def _tell_time(self, at: int) -> None:
        back = self._newest - at
        if back <= DISORDER_MS:
            self._newest = max(self._newest, at)
            return
        self._newest = at
        self.hear_of_clock(-back)

    def _told(self, row: CelRow) -> list[Call]:
        """Gives the row to its call, and that back when the row ends it."""
        begun = self._open.get(row.linkedid)
        if begun is None:
            self.passed_over += 1
            return []
        if not begun.is_news(row):
            return []
        if row.event == "ATTENDEDTRANSFER":
            self._correlate(begun, row)
        return self._take_out(begun) if begun.add(row) else []

    def _correlate(self, one: Correlated, row: CelRow) -> None:
        other = self._with_channel(str(row.extra.get("channel2_uniqueid")))
        if other is not None and other is not one:
            one.begin = next(calls.begin for calls in self._open.values() if calls in (one, other))
            one.calls += other.calls
            one.linkedids += other.linkedids
            one.ended |= other.ended
            self._open |= dict.fromkeys(other.linkedids, one)
        bring_together(one.calls, row)

    def _with_channel(self, uniqueid: str) -> Correlated | None:
        if uniqueid in self._open:
            return self._open[uniqueid]
        return next((some for some in self._open.values() if any(uniqueid in call.phones for call in some.calls)), None)

    def _distinct(self) -> list[Correlated]:
        return list({id(calls): calls for calls in self._open.values()}.values())

    def _take_out(self, calls: Correlated) -> list[Call]:
        for linkedid in calls.linkedids:
            del self._open[linkedid]
        return calls.calls

    def _given_up(self, now: int) -> list[Call]:
        given_up: list[Call] = []
        while self._open:
            oldest = next(iter(self._open.values()))
            if now - oldest.last <= SILENCE_MS:
                break
            given_up += self._take_out(oldest)
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
