import pytest

from services.billing.calls import SILENCE_MS, OpenCalls
from services.billing.tail import Piece
from services.domain.cel import Splitter
from services.domain.usage import UnratableError, usage_of
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


SERVED = """
0.2  JOURNEY  caller  account=shop version=7 hotline=4008001234 caller=13800138000
0.3  ANSWER   caller
0.4  NODE     caller  node=welcome kind=menu
0.5  KEYS     caller  node=welcome keys=1 outcome=match
0.6  NODE     caller  node=line kind=queue
0.7  ANNOUNCE caller  node=line position=1
1.0  OFFER    caller  node=line group=sales agent=li dial=1001
1.1  CHAN_START    1001
2.0  ANSWER        1001
2.1  BRIDGE_ENTER  1001
"""


def test_rows_that_stand_twice_in_the_file_count_once() -> None:
    once, twice = OpenCalls("pbx1"), OpenCalls("pbx1")
    rows = file(BEGIN + SERVED + END)
    each_twice = b"".join(row + row for row in rows.splitlines(keepends=True))
    assert twice.take(piece(each_twice)) == once.take(piece(rows))
    assert twice.oldest is None


def test_a_call_that_is_read_again_from_its_begin_counts_once() -> None:
    once, again = OpenCalls("pbx1"), OpenCalls("pbx1")
    assert again.take(piece(file(BEGIN + SERVED) + file(BEGIN + SERVED + END))) == once.take(
        piece(file(BEGIN + SERVED + END))
    )


@pytest.mark.parametrize("swapped", [(0, 1), (1, 2), (2, 3), (3, 4), (10, 11)])
def test_neighbours_that_were_written_the_other_way_round_change_nothing(swapped: tuple[int, int]) -> None:
    ordered, disordered = OpenCalls("pbx1"), OpenCalls("pbx1")
    rows = file(BEGIN + SERVED + END).splitlines(keepends=True)
    expected = ordered.take(piece(b"".join(rows)))
    one, other = swapped
    rows[one], rows[other] = rows[other], rows[one]
    assert disordered.take(piece(b"".join(rows))) == expected


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


def test_what_was_lost_of_call_is_known_from_journey() -> None:
    calls = OpenCalls("pbx1")
    rows = file(BEGIN + SERVED + END).splitlines(keepends=True)
    [record] = calls.take(piece(rows[0] + rows[1][:60] + b"".join(rows[2:])))
    assert (calls.torn, record.hotline, record.caller, record.account) == (1, "4008001234", "13800138000", "shop")


TALK = BEGIN + SERVED
NEXT_RUN = BEGIN_MS + 600_000


def test_calls_that_asterisk_died_under_are_cut_off_as_its_next_run_begins() -> None:
    calls = OpenCalls("pbx1")
    assert calls.take(piece(file(TALK, 1) + file(BEGIN, 2) + file(END, 2)))[0].call_id == call_id(2)
    [cut_off] = calls.take(piece(file("0 CHAN_START caller", 0, NEXT_RUN)))
    assert (cut_off.call_id, cut_off.end_state, cut_off.ended) == (call_id(1), "cut_off", BEGIN_MS + 2100)
    assert (cut_off.agent, cut_off.talk_ms, cut_off.hung_up_by) == ("li", 100, "platform")
    assert calls.take(piece(file(END, 1))) == []
    assert calls.going_on == 1


def test_a_call_whose_hangup_is_known_was_not_cut_off() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(TALK + "9.0 HANGUP caller cause=16 source=caller", 1)))
    [record] = calls.take(piece(file("0 CHAN_START caller", 0, NEXT_RUN)))
    assert (record.end_state, record.ended, record.hung_up_by) == ("answered", BEGIN_MS + 9000, "caller")


def test_a_runs_first_channel_read_again_cuts_nothing_off() -> None:
    calls = OpenCalls("pbx1")
    first = "0 CHAN_START caller\n1 LINKEDID_END caller"
    calls.take(piece(file(first, 0) + file(BEGIN, 1)))
    assert calls.take(piece(file(first, 0))) == []
    assert [record.end_state for record in calls.take(piece(file(END, 1)))] == ["abandoned_early"]


def ended(at: float) -> str:
    return f"{at} HANGUP caller cause=16 source=caller\n{at} LINKEDID_END caller\n"


def test_calls_going_on_while_the_clock_is_set_back_say_so() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(TALK, 1) + file(BEGIN, 2)))
    assert calls.take(piece(file("-118 CHAN_START caller\n-118 CALL caller hotline=4008001234 caller=", 3))) == []
    records = calls.take(piece(file(ended(-60), 1) + file(ended(300), 2) + file(ended(300), 3)))
    assert [record.clock_set_ms for record in records] == [-120_100, -120_100, None]
    assert [record.total_ms for record in records] == [0, 300_000, 418_000]


def test_calls_going_on_while_the_clock_is_set_forward_say_so() -> None:
    """Their rows cannot tell it from time that has passed."""
    calls = OpenCalls("pbx1")
    calls.take(piece(file(TALK, 1)))
    calls.hear_of_clock(120_000)
    [one] = calls.take(piece(file(ended(130), 1)))
    assert one.clock_set_ms == 120_000
    with pytest.raises(UnratableError, match=r"^the clock of pbx1 was set forward by 120000 ms meanwhile$"):
        usage_of(one)


def test_rows_a_little_out_of_order_do_not_set_the_clock_back() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(BEGIN, 1) + file("5.0 CHAN_START caller", 2) + file("0.2 CHAN_START caller", 3)))
    [record] = calls.take(piece(file(ended(5.1), 1)))
    assert record.clock_set_ms is None


def test_the_next_run_may_begin_with_an_earlier_clock() -> None:
    calls = OpenCalls("pbx1")
    calls.take(piece(file(TALK, 1)))
    [cut_off] = calls.take(piece(file("0 CHAN_START caller", 0, BEGIN_MS - 3600_000)))
    assert (cut_off.end_state, cut_off.clock_set_ms) == ("cut_off", None)
