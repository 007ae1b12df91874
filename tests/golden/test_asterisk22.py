"""The rows that Asterisk 22.10.1 wrote for the six calls of the demonstration, as they stand in its file.

What must come out was taken from what the callers and phones were told to do, not from the program.
"""

from pathlib import Path

from services.billing.calls import OpenCalls
from services.billing.tail import Piece
from services.domain.cel import Splitter
from services.domain.record import Record

FILE = Path(__file__).with_name("asterisk22_demo.csv")


def outcome(record: Record) -> tuple[str, str, list[str], list[str]]:
    keys = [f"{pressed.keys} {pressed.outcome}" for pressed in record.keys]
    rung = [f"{attempt.agent} {attempt.result}" for hop in record.hops for attempt in hop.attempts]
    return record.end_state, record.hung_up_by, keys, rung


def test_the_calls_of_the_demonstration() -> None:
    calls = OpenCalls("pbx1")
    records = calls.take(Piece("file", Splitter().feed(FILE.read_bytes())))
    assert [outcome(record) for record in records] == [
        ("answered", "caller", ["1 match"], ["1001 answered"]),
        ("answered", "agent", ["1 match"], ["1001 busy", "1002 answered"]),
        ("unanswered", "platform", ["1 match"], ["1001 rejected", "1002 no_answer"]),
        ("abandoned_in_menu", "caller", [], []),
        ("answered", "caller", ["9 invalid", "2 match"], ["1002 answered_elsewhere", "lao-wang answered"]),
        ("answered", "caller", ["1 match"], ["1001 answered"]),
    ]
    assert (calls.torn, calls.passed_over, calls.other_calls, calls.oldest) == (0, 0, 0, None)
