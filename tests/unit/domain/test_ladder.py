from services.domain.cdr import record_of
from services.domain.ladder import ladder
from tests.harness.cel import folded


def test_a_call_reads_like_a_ladder() -> None:
    table = """
    0.000  CHAN_START    caller
    0.001  CALL          caller  hotline=4001234567 caller= name=
    0.002  JOURNEY       caller  account=demo version=1
    0.003  NODE          caller  node=welcome kind=menu
    0.004  ANSWER        caller
    5.000  KEYS          caller  node=welcome keys= outcome=timeout
    7.500  KEYS          caller  node=welcome keys=2 outcome=match
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
    record = record_of(folded(table), "pbx1")
    assert record
    assert ladder(record) == [
        "   0.000  a withheld number calls 4001234567",
        "   0.003  menu welcome",
        "   0.004  the platform answers",
        "   5.000    presses nothing (timeout)",
        "   7.500    presses 2 (match)",
        "   7.500  group help (service)",
        "   7.501    wang is not reachable",
        "   7.502    rings li",
        "   9.000    li answers",
        "  60.001  over: answered, ended by the agent",
    ]


def test_what_was_left_and_what_will_be_sent() -> None:
    table = """
    0.000  CHAN_START    caller
    0.001  CALL          caller  hotline=4001234567 caller=13800138000 name=
    0.100  NODE          caller  node=text kind=text_message
    0.101  TEXT_MESSAGE  caller  node=text outcome=accepted
    0.200  NODE          caller  node=leave kind=voicemail
    9.000  VOICEMAIL     caller  node=leave group=sales file=voicemail/x.wav ms=5160
    9.001  HANGUP        caller  cause=16 source=caller
    9.002  LINKEDID_END  caller
    """
    record = record_of(folded(table), "pbx1")
    assert record
    assert ladder(record) == [
        "   0.000  13800138000 calls 4001234567",
        "   0.100  text_message text",
        "   0.100    will get a text message",
        "   0.200  voicemail leave (sales)",
        "   9.000    has left a voicemail of 5.2 s",
        "   9.001  over: voicemail, ended by the caller",
    ]


def test_what_a_waiting_caller_meets_stands_in_the_ladder() -> None:
    table = """
    0.000  CHAN_START    caller
    0.001  CALL          caller  hotline=4001234567 caller= name=
    0.003  NODE          caller  node=line kind=queue
    0.004  QUEUED        caller  node=line group=desk position=3
    5.000  ANNOUNCE      caller  node=line position=2 least=120000 most=300000
    9.000  KEYS          caller  node=line keys=1 outcome=match
    9.001  OVERFLOW      caller  node=line trigger=keys.1
    9.500  HANGUP        caller  cause=16 source=caller
    9.501  LINKEDID_END  caller
    """
    record = record_of(folded(table), "pbx1")
    assert record
    assert ladder(record)[1:] == [
        "   0.003  queue line (desk)",
        "   0.003    waits at place 3",
        "   5.000    is told its place (2) and a wait of 2 to 5 minutes",
        "   9.000    presses 1 (match)",
        "   9.500  over: abandoned_waiting, ended by the caller",
    ]


def test_why_a_call_was_turned_away_stands_in_the_ladder() -> None:
    table = """
    0.000  CHAN_START    caller
    0.001  CALL          caller  hotline=4001234567 caller=17012345678 name=
    0.010  NODE          caller  node=door kind=screen
    0.020  LISTED        caller  node=door list=blocked entry=1701* reason=fraud
    0.030  NODE          caller  node=again kind=screen
    0.040  LISTED        caller  node=again list=vip entry=17012345678 reason=
    0.050  NODE          caller  node=limit kind=caps
    0.060  OVERFLOW      caller  node=limit trigger=per_day
    0.070  HANGUP        caller  cause=17 source=
    0.080  LINKEDID_END  caller
    """
    record = record_of(folded(table), "pbx1")
    assert record
    assert ladder(record)[1:-1] == [
        "   0.010  screen door",
        "   0.010    is on list blocked by 1701* (fraud)",
        "   0.030  screen again",
        "   0.030    is on list vip by 17012345678",
        "   0.050  caps limit",
        "   0.050    is beyond the cap per_day",
    ]
