"""Whatever becomes of the rows on their way, each call has one record, with one end state, and nothing negative."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from services.billing.calls import DISORDER_MS, SILENCE_MS, OpenCalls
from services.billing.tail import Piece
from services.domain.cel import CelRow, Splitter, Torn
from services.domain.record import EndState, Record, from_json, to_json
from services.domain.usage import UnratableError, usage_of
from tests.harness.cel import file, rows

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = [YAML(typ="safe").load(path) for path in sorted(GOLDEN.glob("*.yaml"))]
TABLES = [case["cel"] for case in CASES if "unrated" not in case]
"""All but the one whose clock is set already."""
LATE_MS = 200
"""How much later than the next a row may be written."""
SAYS_SO = {"CALL", "CALLBACK"}
"""Rows that tell that a call is one to a hotline."""

tables = st.lists(st.sampled_from(TABLES), min_size=1, max_size=3)


@st.composite
def disordered(draw: st.DrawFn) -> list[CelRow]:
    """The rows of some calls as several threads write them: each a little late, a call's end as its last."""
    calls = [rows(table, number) for number, table in enumerate(draw(tables), 1)]
    written: list[tuple[int, CelRow]] = []
    for call in calls:
        shift = draw(st.integers(0, 60_000))
        late = [LATE_MS + 1 if row.event == "LINKEDID_END" else draw(st.integers(0, LATE_MS)) for row in call]
        written += [(row.at + shift + by, row._replace(at=row.at + shift)) for row, by in zip(call, late, strict=True)]
    return [row for _, row in sorted(written, key=lambda one: one[0])]


def fold(found: list[CelRow | Torn], *more: CelRow) -> list[Record]:
    calls = OpenCalls("pbx1")
    records = calls.take(Piece("file", [*found, *more]))
    return records + calls.silent(2 * SILENCE_MS)


def check(records: list[Record], told: list[CelRow]) -> None:
    expected = {row.linkedid for row in told if row.event in SAYS_SO}
    counted = Counter(record.call_id for record in records)
    assert set(counted) >= expected
    assert set(counted.values()) <= {1}
    for record in records:
        assert record.end_state in get_args(EndState)
        durations = (record.wait_ms, record.menu_ms, record.ring_ms, record.talk_ms, record.total_ms)
        assert min(durations) >= 0
        assert from_json(to_json(record)) == record


@given(disordered())
def test_rows_out_of_order(written: list[CelRow]) -> None:
    check(fold([*written]), written)


@given(disordered(), st.data())
def test_rows_that_are_lost_torn_or_twice_there(written: list[CelRow], data: st.DataObject) -> None:
    lost = data.draw(st.sets(st.integers(0, len(written) - 1), max_size=5))
    left = [row for index, row in enumerate(written) if index not in lost or row.event in SAYS_SO]
    twice = [row for row in left for _ in range(data.draw(st.integers(1, 2)))]
    check(fold([*twice]), left)


@given(disordered(), st.data())
def test_a_file_that_ends_anywhere(written: list[CelRow], data: st.DataObject) -> None:
    """Asterisk is gone, or is started again: its next run's first row is all that comes."""
    left = written[: data.draw(st.integers(0, len(written)))]
    check(fold([*left]), left)
    [begin] = rows("600 CHAN_START caller", 0)
    check(fold([*left], begin), left)


@given(disordered(), st.integers(-600_000, 600_000), st.data())
def test_a_clock_that_is_set(written: list[CelRow], by: int, data: st.DataObject) -> None:
    """Set back, whoever's call is going on goes unrated, and nobody else's."""
    when = data.draw(st.integers(0, len(written)))
    after = [row._replace(at=row.at + by) for row in written[when:]]
    records = fold([*written[:when], *after])
    check(records, written)
    newest = max((row.at for row in written[:when]), default=0)
    if after and newest - after[0].at > DISORDER_MS + LATE_MS:
        told = [row for row in written[:when] if row.uniqueid == row.linkedid]
        begun = {row.linkedid for row in told if row.event in {"CHAN_START", *SAYS_SO}}
        going_on = begun - {row.linkedid for row in written[:when] if row.event == "LINKEDID_END"}
        set_back = {record.call_id for record in records if record.clock_set_ms}
        assert set_back == going_on & {record.call_id for record in records}
        for record in records:
            if record.call_id in set_back:
                with pytest.raises(UnratableError, match="set back"):
                    usage_of(record)


@given(tables, st.lists(st.integers(0, 5000), max_size=6), st.integers(0, 5000), st.integers(0, 200))
def test_bytes_cut_out_of_the_file_and_read_in_pieces(
    some: list[str], cuts: list[int], begin: int, length: int
) -> None:
    """A row that a cut has left whole but changed, such as one of another channel, tells of nothing."""
    written = b"".join(file(table, number) for number, table in enumerate(some, 1))
    data = written[:begin] + written[begin + length :]
    splitter, found = Splitter(), list[CelRow | Torn]()
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in pairwise(edges):
        found += splitter.feed(data[start:end])
    check(fold(found), [row for row in _anywhere(found) if row in _anywhere(Splitter().feed(written))])


def _anywhere(found: list[CelRow | Torn]) -> list[CelRow]:
    """Rows, wherever they stand."""
    return [row._replace(start=0, end=0) for row in found if isinstance(row, CelRow)]
