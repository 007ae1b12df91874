import pytest

from services.billing.calls import SILENCE_MS, OpenCalls
from services.billing.tail import Piece
from services.domain.cel import Splitter
from services.store.checkpoints import Checkpoint
from tests.harness.cel import BEGIN_MS, call_id, file

BEGIN = "0.0 CHAN_START caller\n0.1 CALL caller hotline=4008001234 caller=13800138000 name=\n"
END = "9.0 HANGUP caller cause=16 source=caller\n9.1 LINKEDID_END caller\n"


def piece(data: bytes, name: str = "f1", offset: int = 0) -> Piece:
    return Piece(name, Splitter(offset).feed(data))


def test_interleaved_calls_come_out_as_they_end() -> None:
    calls = OpenCalls("pbx1")
    assert calls.take(piece(file(BEGIN, 1) + file(BEGIN, 2))) == []
    [second] = calls.take(piece(file(END, 2)))
    [first] = calls.take(piece(file(END, 1)))
    assert (second.call_id, first.call_id) == (call_id(2), call_id(1))
    assert second.end_state == "abandoned_early"


def test_oldest_is_the_first_row_of_the_call_that_began_first() -> None:
    calls = OpenCalls("pbx1")
    one, two = file(BEGIN, 1), file(BEGIN, 2)
    calls.take(piece(one + two, "f1"))
    calls.take(piece(file(BEGIN, 3), "f2", offset=70))
    assert calls.oldest == Checkpoint("f1", 0)
    calls.take(piece(file(END, 1), "f2"))
    assert calls.oldest == Checkpoint("f1", len(one))
    calls.take(piece(file(END, 2), "f2"))
    assert calls.oldest == Checkpoint("f2", 70)
    calls.take(piece(file(END, 3), "f2"))
    assert calls.oldest is None


def test_rows_of_a_call_that_began_before_the_checkpoint_are_passed_over() -> None:
    calls = OpenCalls("pbx1")
    assert calls.take(piece(file(END, 1))) == []
    assert (calls.passed_over, calls.oldest) == (2, None)


def test_rows_after_the_end_do_not_open_the_call_again() -> None:
    calls = OpenCalls("pbx1")
    assert len(calls.take(piece(file(BEGIN + END + "9.2 LINKEDID_END caller")))) == 1
    assert (calls.passed_over, calls.oldest) == (1, None)


def test_a_call_whose_first_row_was_torn_begins_with_its_second() -> None:
    calls = OpenCalls("pbx1")
    rows = file(BEGIN + END)
    [record] = calls.take(piece(rows[30:]))
    assert (calls.torn, record.started) == (1, BEGIN_MS + 100)


def test_a_call_that_is_read_again_is_folded_from_scratch() -> None:
    calls = OpenCalls("pbx1")
    said = "0.2 NODE caller node=welcome kind=menu\n"
    [record] = calls.take(piece(file(BEGIN + said) + file(BEGIN + said + END)))
    assert len(record.hops) == 1


def test_a_call_that_is_read_again_begins_where_it_was_read_last() -> None:
    calls = OpenCalls("pbx1")
    one, two = file(BEGIN, 1), file(BEGIN, 2)
    calls.take(piece(one + two + one))
    assert calls.oldest == Checkpoint("f1", len(one))


def test_a_linkedid_that_is_no_hotline_call_is_counted() -> None:
    calls = OpenCalls("pbx1")
    assert calls.take(piece(file("0 CHAN_START caller\n1 LINKEDID_END caller"))) == []
    assert (calls.other_calls, calls.oldest) == (1, None)


def test_a_torn_record_is_logged_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(BEGIN) + b'"HANG' + file(END), "f7"))
    assert f"file f7, byte {len(file(BEGIN))}: 5 bytes" in caplog.text


def test_a_call_of_which_nothing_is_heard_is_given_up_and_recorded() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(BEGIN, 1) + file(BEGIN, 2)))
    assert calls.take(piece(file("1 CHAN_START caller", 3, BEGIN_MS + SILENCE_MS - 1000))) == []
    assert [record.call_id for record in calls.silent(quiet_ms=0)] == []
    given_up = calls.silent(quiet_ms=200)
    assert [(record.call_id, record.end_state) for record in given_up] == [
        (call_id(1), "cut_off"),
        (call_id(2), "cut_off"),
    ]
    assert calls.take(piece(file(END, 1))) == []


def test_other_calls_rows_tell_the_time_too() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(BEGIN, 1)))
    [given_up] = calls.take(piece(file("2 CHAN_START caller", 3, BEGIN_MS + SILENCE_MS)))
    assert (given_up.call_id, given_up.ended) == (call_id(1), BEGIN_MS + 100)
