from services.domain.cdr import record_of
from services.domain.timeline import Bar, lanes
from tests.harness.cel import folded

CALL = """
0.000  CHAN_START    caller
0.001  CALL          caller  hotline=4001234567 caller= name=
0.003  NODE          caller  node=welcome kind=menu
0.004  ANSWER        caller
7.500  NODE          caller  node=help kind=group
7.501  OFFER         caller  node=help group=service agent=li dial=1001 agent=wang dial=1002
7.502  CHAN_START    1001
7.502  DIAL          1001    dial=1001
9.000  ANSWER        1001
9.010  BRIDGE_ENTER  1001
60.000 HANGUP        1001    cause=16 source=1001
60.001 HANGUP        caller  cause=16 source=1001
60.002 LINKEDID_END  caller
"""


def test_hops_follow_each_other_and_phones_ring_then_talk() -> None:
    record = record_of(folded(CALL), "pbx1")
    assert record
    begin = record.started
    shown = [
        (lane.of, lane.name, lane.kind, [(bar.doing, bar.begin - begin, bar.end - begin) for bar in lane.bars])
        for lane in lanes(record)
    ]
    assert shown == [
        ("hop", "welcome", "menu", [("hop", 3, 7500)]),
        ("hop", "help (service)", "group", [("hop", 7500, 60_001)]),
        ("phone", "li", "answered", [("ring", 7502, 9000), ("talk", 9000, 60_000)]),
        ("phone", "wang", "unreachable", [("ring", 7501, 7501)]),
    ]


def test_nothing_is_longer_than_the_call() -> None:
    record = record_of(folded(CALL.replace("60.000 HANGUP        1001", "70.000 HANGUP        1001")), "pbx1")
    assert record
    assert max(bar.end for lane in lanes(record) for bar in lane.bars) == record.ended
    assert all(bar.begin <= bar.end for lane in lanes(record) for bar in lane.bars)
    assert isinstance(lanes(record)[0].bars[0], Bar)
