import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.domain.cel import RECORD_LIMIT, CelRow, Splitter, Torn
from tests.harness.cel import record

HOSTILE = st.text(st.sampled_from('"\n\r\\,张x=&%\x00A\ud7ff😀') | st.characters(codec="utf-8"), max_size=30)
LOOKS_LIKE_A_RECORD = '"CHAN_START","CHAN_START","1772416800.000000","'


def row(channel: str = "PJSIP/1001-00000001", extra: str = "", event: str = "ANSWER", serial: int = 1) -> bytes:
    return record(event, event, "1772416800.123999", channel, f"pbx1-1772416800.{serial}", "pbx1-1772416800.1", extra)


def split(data: bytes, cuts: list[int] | None = None) -> list[CelRow | Torn]:
    """What comes out when the data arrives in pieces; a torn rest included."""
    splitter = Splitter()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts or []), len(data)]
    found = [item for begin, end in pairwise(edges) for item in splitter.feed(data[begin:end])]
    rest = splitter.finish()
    return found if rest is None else [*found, rest]


hostile_rows = st.builds(
    lambda channel, value: row(channel, json.dumps({"extra": value}, ensure_ascii=False)),
    HOSTILE | st.just(LOOKS_LIKE_A_RECORD),
    HOSTILE | st.just("\n" + LOOKS_LIKE_A_RECORD),
)


def test_a_row_has_the_contracts_fields() -> None:
    data = record(
        "HANGUP",
        "HANGUP",
        "1772416800.123999",
        "PJSIP/1001-0000000a",
        "pbx1-1772416800.17",
        "pbx1-1772416800.16",
        '{"hangupcause": 16, "hangupsource": ""}',
    )
    assert split(data) == [
        CelRow(
            event="HANGUP",
            at=1772416800_123,
            channel="PJSIP/1001-0000000a",
            uniqueid="pbx1-1772416800.17",
            linkedid="pbx1-1772416800.16",
            extra={"hangupcause": 16, "hangupsource": ""},
            start=0,
            end=len(data),
        )
    ]


def test_our_events_values_are_decoded_in_order() -> None:
    [offer] = split(row(extra='{"extra": "agent=a%20b&agent=%E6%9D%8E%26&empty=&bare"}', event="OFFER"))
    assert isinstance(offer, CelRow)
    assert list(offer.values()) == [("agent", "a b"), ("agent", "李&"), ("empty", ""), ("bare", "")]


@pytest.mark.parametrize("extra", ["{}", '{"extra": ""}', '{"extra": 7}', ""])
def test_an_event_without_values_has_none(extra: str) -> None:
    [event] = split(row(extra=extra))
    assert isinstance(event, CelRow)
    assert list(event.values()) == []


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    [event] = split(row(extra='{"extra": "name=\\ud800"}'))
    assert isinstance(event, CelRow)
    assert list(event.values()) == [("name", "?")]


@given(st.lists(hostile_rows, max_size=6), st.lists(st.integers(0, 2000)))
def test_any_chunking_gives_the_same_rows(rows: list[bytes], cuts: list[int]) -> None:
    data = b"".join(rows)
    assert split(data, cuts) == split(data)
    assert [(item.start, item.end) for item in split(data) if isinstance(item, CelRow)] == [
        (len(b"".join(rows[:index])), len(b"".join(rows[: index + 1]))) for index in range(len(rows))
    ]


@given(HOSTILE, HOSTILE)
def test_values_come_through_unharmed(channel: str, value: str) -> None:
    [found] = split(row(channel, json.dumps({"value": value}, ensure_ascii=False, indent=1)))
    assert isinstance(found, CelRow)
    assert (found.channel, found.extra) == (channel, {"value": value})


@given(HOSTILE, st.booleans(), st.sampled_from([(", ", ": "), (",", ":")]))
def test_our_events_text_is_what_its_json_says(value: str, ascii_only: bool, separators: tuple[str, str]) -> None:  # noqa: FBT001  # hypothesis gives it
    [found] = split(row(extra=json.dumps({"extra": value}, ensure_ascii=ascii_only, separators=separators)))
    assert isinstance(found, CelRow)
    assert found.extra == {"extra": value}


@given(st.tuples(hostile_rows, hostile_rows, hostile_rows), st.integers(1, 2000), st.lists(st.integers(0, 2000)))
@pytest.mark.parametrize("line_end", [b"", b"\n"])
def test_a_torn_record_is_reported_and_eats_no_neighbour(
    line_end: bytes, rows: tuple[bytes, bytes, bytes], length: int, cuts: list[int]
) -> None:
    before, torn, after = rows
    torn = torn[: min(length, len(torn) - 1 - len(line_end))] + line_end
    found = split(before + torn + after, cuts)
    [first, reported, last] = found
    assert isinstance(first, CelRow)
    assert first.end == len(before)
    assert reported == Torn(len(before), torn)
    assert isinstance(last, CelRow)
    assert (last.start, last.end) == (len(before + torn), len(before + torn + after))


def test_a_half_written_last_record_is_kept_back() -> None:
    splitter = Splitter(offset=1000)
    data = row()
    [first] = splitter.feed(data + data[:40])
    assert isinstance(first, CelRow)
    assert (first.start, first.end) == (1000, 1000 + len(data))
    assert splitter.offset == 1000 + len(data)
    [second] = splitter.feed(data[40:])
    assert isinstance(second, CelRow)
    assert (second.start, splitter.offset) == (1000 + len(data), 1000 + 2 * len(data))
    assert splitter.finish() is None


def test_what_is_left_of_a_finished_file_is_reported() -> None:
    splitter = Splitter()
    splitter.feed(row()[:-1])
    assert splitter.finish() == Torn(0, row()[:-1])
    assert splitter.finish() is None


@pytest.mark.parametrize(
    "bad",
    [
        b"\n",
        b"garbage\n",
        b'"CHAN_START","CHAN_START"\n',
        row(extra="{not json}"),
        row(extra='["a list"]'),
        row(extra='{"extra": "a\x01=b"}'),
        row(extra='{"extra": "a\n=b"}'),
        row(extra='{"n": ' + "9" * 5000 + "}"),
        row(event="lower"),
        row().replace(b"1772416800.123999", b"yesterday"),
    ],
    ids=[
        "empty line",
        "garbage",
        "too few",
        "no json",
        "no object",
        "control",
        "line end",
        "long number",
        "event",
        "time",
    ],
)
def test_malformed_records_are_reported_between_good_ones(bad: bytes) -> None:
    before, reported, after = split(row() + bad + row())
    assert isinstance(before, CelRow)
    assert reported == Torn(len(row()), bad)
    assert isinstance(after, CelRow)


def test_deep_nesting_harms_nobody() -> None:
    """Some Pythons read it, some give up."""
    deep = row(extra='{"n": ' + "[" * 20000 + "]" * 20000 + "}")
    before, nested, after = split(row() + deep + row())
    assert isinstance(before, CelRow)
    assert isinstance(nested, CelRow) or nested == Torn(len(row()), deep)
    assert isinstance(after, CelRow)


def test_invalid_utf8_is_replaced() -> None:
    [found] = split(row(channel="X").replace(b'"X"', b'"X\xff\xe5"'))
    assert isinstance(found, CelRow)
    assert found.channel == "X\ufffd\ufffd"


@given(st.integers(-300, 300), st.lists(st.integers(0, RECORD_LIMIT * 3), max_size=8))
def test_a_record_beyond_the_limit_is_reported_whole_and_bounded(over: int, cuts: list[int]) -> None:
    extra = '{"extra": ""}'
    frame = len(row(extra=extra))
    long = row(extra='{"extra": "' + "x" * (RECORD_LIMIT - frame + over) + '"}')
    found = split(row() + long + row(), cuts)
    torn = [item for item in found if isinstance(item, Torn)]
    whole = [item for item in found if isinstance(item, CelRow)]
    if len(long) <= RECORD_LIMIT:
        assert (len(whole), torn) == (3, [])
    else:
        assert [item.start for item in whole] == [0, len(row()) + len(long)]
        assert b"".join(item.data for item in torn) == long


def test_what_never_becomes_a_record_is_not_kept_for_ever() -> None:
    splitter = Splitter()
    fed = b"x" * 50_000
    for _ in range(20):
        splitter.feed(fed)
    rest = splitter.finish()
    assert rest is not None
    assert len(rest.data) <= RECORD_LIMIT


def test_a_time_that_has_no_date_is_torn() -> None:
    late = row().replace(b"1772416800.123999", b"177241680000.123999")
    torn, following = split(late + row())
    assert torn == Torn(0, late)
    assert isinstance(following, CelRow)
