"""Calls that no golden table has: every end state, every result of a ring attempt, and odd rows."""

import pytest

from services.domain.cdr import record_of
from services.domain.notices import is_missed
from services.domain.record import Announcement, Record, Wait
from services.domain.usage import UnratableError, usage_of
from tests.harness.cel import BEGIN_MS, folded

BEGIN = """
0.0  CHAN_START  caller
0.1  CALL        caller  hotline=4008001234 caller=13800138000 name=
"""
SERVED = f"""{BEGIN}
0.2  JOURNEY     caller  account=shop version=7
0.3  ANSWER      caller
"""
MENU = "0.4  NODE  caller  node=welcome kind=menu"
GROUP = "0.5  NODE  caller  node=sales kind=group"
OFFER = "1.0  OFFER  caller  node=sales group=sales agent=li dial=1001"
QUEUE = "0.5  NODE  caller  node=sales kind=queue"
DIAL = "1.1  DIAL   1001    dial=1001"
END = """
90.0  HANGUP        caller  cause=16 source=caller
90.1  LINKEDID_END  caller
"""
LEFT_WHILE_RINGING = END.replace("source=caller", "source=caller dialstatus=CANCEL")


def fold(*tables: str) -> Record:
    record = record_of(folded(*tables), "pbx1")
    assert record is not None
    return record


def at(seconds: float) -> int:
    return BEGIN_MS + round(seconds * 1000)


def test_a_linkedid_without_call_is_no_hotline_call() -> None:
    call = folded("0.0  CHAN_START  caller", END)
    assert call.closed
    assert record_of(call, "pbx1") is None


@pytest.mark.parametrize(
    ("what_happened", "end_state"),
    [
        ((BEGIN, END), "abandoned_early"),
        ((SERVED, END), "abandoned_early"),
        ((SERVED, MENU, END), "abandoned_in_menu"),
        ((SERVED, MENU, GROUP, END), "abandoned_ringing"),
        ((SERVED, GROUP, OFFER, DIAL, END), "abandoned_ringing"),
        ((SERVED, QUEUE, END), "abandoned_waiting"),
        ((SERVED, QUEUE, OFFER, DIAL, LEFT_WHILE_RINGING), "abandoned_ringing"),
        ((SERVED, GROUP, OFFER, DIAL, "30 NODE caller node=sorry kind=say", END), "unanswered"),
        ((SERVED, GROUP, OFFER, DIAL, "30 END caller reason=hangup", END), "unanswered"),
        ((SERVED, MENU, "30 END caller reason=hangup", END), "flow_ended"),
        ((SERVED, MENU, "30 END caller reason=loop", END), "flow_loop"),
        ((SERVED, GROUP, OFFER, DIAL, "30 END caller reason=loop", END), "flow_loop"),
        ((SERVED, "30 END caller reason=unknown_hotline", END), "unknown_hotline"),
        ((BEGIN, "30 APOLOGY caller", END), "unavailable"),
        ((SERVED, MENU, "30 APOLOGY caller", END), "unavailable"),
        ((SERVED, GROUP, OFFER, DIAL, "2 ANSWER 1001", "2 BRIDGE_ENTER 1001", END), "answered"),
        ((SERVED, GROUP, OFFER, DIAL, "2 ANSWER 1001", "2 BRIDGE_ENTER 1001", "50 APOLOGY caller", END), "answered"),
        ((SERVED, MENU), "cut_off"),
        ((SERVED, GROUP, OFFER, DIAL, "2 ANSWER 1001", "2 BRIDGE_ENTER 1001"), "cut_off"),
    ],
)
def test_end_state(what_happened: tuple[str, ...], end_state: str) -> None:
    assert fold(*what_happened).end_state == end_state


@pytest.mark.parametrize(
    ("rows_of_the_phone", "result"),
    [
        ("9 HANGUP 1001 cause=17", "busy"),
        ("9 HANGUP 1001 cause=18", "no_answer"),
        ("9 HANGUP 1001 cause=19", "no_answer"),
        ("9 HANGUP 1001 cause=0", "no_answer"),
        ("9 HANGUP 1001 cause=16", "no_answer"),
        ("9 HANGUP 1001 cause=21", "rejected"),
        ("9 HANGUP 1001 cause=26", "answered_elsewhere"),
        ("9 HANGUP 1001 cause=20", "unreachable"),
        ("9 HANGUP 1001 cause=3", "unreachable"),
        ("9 HANGUP 1001 cause=27", "unreachable"),
        ("9 HANGUP 1001 cause=38", "unreachable"),
    ],
)
def test_result_of_a_phone_that_was_not_picked_up(rows_of_the_phone: str, result: str) -> None:
    [attempt] = fold(SERVED, GROUP, OFFER, DIAL, rows_of_the_phone, END).hops[-1].attempts
    assert attempt.result == result
    assert (attempt.started, attempt.answered, attempt.ended) == (at(1.1), None, at(9))


def test_a_phone_without_a_channel_was_unreachable() -> None:
    [attempt] = fold(SERVED, GROUP, OFFER, END).hops[-1].attempts
    assert (attempt.result, attempt.started, attempt.ended, attempt.cause) == ("unreachable", at(1.0), None, None)


def test_caller_leaving_cancels_only_what_rang_last() -> None:
    record = fold(
        SERVED,
        GROUP,
        OFFER,
        DIAL,
        "9.0   HANGUP  1001  cause=0",
        "9.1   OFFER   caller  node=sales group=sales agent=wang dial=1002",
        "9.2   DIAL    1002  dial=1002",
        "12.0  HANGUP  1002  cause=0",
        "12.1  HANGUP  caller  cause=16 source=caller dialstatus=CANCEL",
        "12.2  LINKEDID_END  caller",
    )
    assert [attempt.result for attempt in record.hops[-1].attempts] == ["no_answer", "cancelled"]


def test_phone_picked_up_as_the_caller_left_is_cancelled_not_answered() -> None:
    record = fold(SERVED, GROUP, OFFER, DIAL, "9 ANSWER 1001", "9 HANGUP 1001 cause=16", END)
    [attempt] = record.hops[-1].attempts
    assert (attempt.result, attempt.answered) == ("cancelled", at(9))
    assert (record.end_state, record.agent, record.agent_answered) == ("abandoned_ringing", None, None)


def test_the_loser_of_a_race_was_answered_elsewhere_whatever_its_cause() -> None:
    record = fold(
        SERVED,
        GROUP,
        "1.0  OFFER  caller  node=sales group=sales agent=li dial=1001 agent=wang dial=1002",
        DIAL,
        "1.1  DIAL    1002  dial=1002",
        "5.0  ANSWER  1002",
        "5.1  ANSWER  1001",
        "5.2  BRIDGE_ENTER 1001",
        "5.3  HANGUP  1002  cause=16",
        END,
    )
    assert [attempt.result for attempt in record.hops[-1].attempts] == ["answered", "answered_elsewhere"]
    assert (record.agent, record.agent_answered) == ("li", at(5.1))


def test_the_losers_hangup_does_not_say_who_ended_the_talk() -> None:
    record = fold(
        SERVED,
        GROUP,
        "1.0  OFFER  caller  node=sales group=sales agent=li dial=1001 agent=wang dial=1002",
        DIAL,
        "1.1   DIAL    1002  dial=1002",
        "5.0   ANSWER  1001",
        "5.1   BRIDGE_ENTER 1001",
        "5.2   HANGUP  1002  cause=16 source=1002",
        "80.0  HANGUP  1001  cause=16 source=1001",
        "80.1  HANGUP  caller  cause=16 source=1001",
        "80.2  LINKEDID_END caller",
    )
    assert record.hung_up_by == "agent"


@pytest.mark.parametrize(
    ("hangup", "who"),
    [
        ("80 HANGUP caller cause=16 source=caller", "caller"),
        ("80 HANGUP caller cause=16", "platform"),
        ("80 HANGUP caller cause=16 source=1009", "platform"),
    ],
)
def test_who_ended_a_call_without_a_talk(hangup: str, who: str) -> None:
    assert fold(SERVED, MENU, hangup, "81 LINKEDID_END caller").hung_up_by == who


def test_two_talks_add_up_and_the_first_agent_is_named() -> None:
    record = fold(
        SERVED,
        GROUP,
        OFFER,
        DIAL,
        "2.0   ANSWER  1001",
        "2.1   BRIDGE_ENTER  1001",
        "10.0  HANGUP  1001  cause=16 source=1001",
        "11.0  JOURNEY caller  account=shop version=8 resumed=1",
        "11.1  NODE    caller  node=sales kind=group",
        "11.2  OFFER   caller  node=sales group=sales agent=wang dial=1002",
        "11.3  DIAL    1002  dial=1002",
        "15.0  ANSWER  1002",
        "15.1  BRIDGE_ENTER  1002",
        "95.0  HANGUP  1002  cause=16",
        END,
    )
    assert (record.agent, record.agent_answered, record.hung_up_by) == ("li", at(2), "agent")
    assert record.talk_ms == 8_000 + 75_000


def test_a_cut_off_call_ends_with_the_last_that_is_known() -> None:
    record = fold(SERVED, GROUP, OFFER, DIAL, "2 ANSWER 1001", "2 BRIDGE_ENTER 1001", "40 BRIDGE_EXIT 1001")
    assert (record.ended, record.talk_ms, record.hung_up_by) == (at(40), 38_000, "platform")


def test_a_clock_set_back_makes_no_negative_durations() -> None:
    record = fold(SERVED, MENU, "-60 HANGUP caller cause=16 source=caller", "-59 LINKEDID_END caller")
    assert (record.menu_ms, record.ring_ms, record.talk_ms, record.total_ms) == (0, 0, 0, 0)


def test_a_resumed_journey_without_an_account_does_not_forget_the_first() -> None:
    record = fold(SERVED, "5 JOURNEY caller account= version= resumed=1", END)
    assert (record.account, record.hotline_version) == ("shop", 7)


def test_an_offer_without_its_node_still_has_a_hop() -> None:
    [hop] = fold(SERVED, OFFER, END).hops
    assert (hop.node, hop.kind, hop.group, len(hop.attempts)) == ("sales", "group", "sales", 1)


def test_rows_of_channels_that_no_offer_speaks_of_change_nothing() -> None:
    strange = ["2 DIAL 1009 dial=1009", "3 ANSWER 1009", "3 BRIDGE_ENTER 1009", "4 HANGUP 1009 cause=17 source=1009"]
    assert fold(SERVED, GROUP, OFFER, *strange, END) == fold(SERVED, GROUP, OFFER, END)


def test_a_phone_rung_again_is_not_taken_for_the_offer_it_was_unreachable_for() -> None:
    again = "9.0  OFFER  caller  node=sales group=sales agent=li dial=1001"
    record = fold(SERVED, GROUP, OFFER, again, "9.1 DIAL 1001 dial=1001", "12 HANGUP 1001 cause=17", END)
    assert [attempt.result for attempt in record.hops[-1].attempts] == ["unreachable", "busy"]


def test_two_agents_who_share_a_phone_are_two_attempts() -> None:
    record = fold(
        SERVED,
        GROUP,
        "1.0  OFFER   caller  node=sales group=sales agent=li dial=1001 agent=wang dial=1001",
        "1.1  DIAL    1001    dial=1001",
        "1.2  DIAL    1001#2  dial=1001",
        "3.0  HANGUP  1001    cause=17",
        "4.0  HANGUP  1001#2  cause=21",
        END,
    )
    assert {attempt.result for attempt in record.hops[-1].attempts} == {"busy", "rejected"}


def test_an_earlier_offer_was_not_answered_elsewhere_when_a_later_one_was_answered() -> None:
    record = fold(
        SERVED,
        GROUP,
        OFFER,
        DIAL,
        "9.0   HANGUP  1001    cause=0",
        "9.1   OFFER   caller  node=sales group=sales agent=wang dial=1002",
        "9.2   DIAL    1002    dial=1002",
        "12.0  ANSWER  1002",
        "12.1  BRIDGE_ENTER  1002",
        END,
    )
    assert [attempt.result for attempt in record.hops[-1].attempts] == ["no_answer", "answered"]


def test_a_phone_ringing_when_the_call_was_cut_off_is_cancelled() -> None:
    [attempt] = fold(SERVED, GROUP, OFFER, DIAL).hops[-1].attempts
    assert (attempt.result, attempt.ended) == ("cancelled", None)


LINE = """
0.5   NODE      caller  node=line kind=queue
0.6   QUEUED    caller  node=line group=desk position=4
6.0   ANNOUNCE  caller  node=line position=3 least=60000 most=120000
20.0  QUEUED    caller  node=line group=desk position=2
36.0  ANNOUNCE  caller  node=line position=2
40.0  OVERFLOW  caller  node=line trigger=waited
40.5  NODE      caller  node=sorry kind=say
50.0  NODE      caller  node=other kind=queue
"""


def test_a_wait_is_on_record() -> None:
    record = fold(SERVED, LINE, END)
    waits = [hop.wait for hop in record.hops]
    assert waits[1] is None
    assert waits[0] == Wait(
        position=4,
        announcements=(
            Announcement(at=at(6), position=3, least_ms=60_000, most_ms=120_000),
            Announcement(at=at(36), position=2, least_ms=None, most_ms=None),
        ),
        overflow="waited",
    )
    assert waits[2] == Wait(position=None, announcements=(), overflow=None)
    assert [hop.group for hop in record.hops] == ["desk", None, None]
    assert record.wait_ms == 40_000 + 40_000  # of line and, until the caller leaves, of the other


def test_waiting_ends_with_the_first_answer() -> None:
    talk = """
    60.0  OFFER         caller  node=other group=desk agent=li dial=1001
    60.1  DIAL          1001    dial=1001
    62.0  ANSWER        1001
    62.1  BRIDGE_ENTER  1001
    """
    assert fold(SERVED, LINE, talk, END).wait_ms == 40_000 + 12_000


def test_odd_events_of_waiting_say_nothing() -> None:
    odd = """
    1.0  QUEUED    caller  node=line group=desk position=-1
    1.1  ANNOUNCE  caller  node=elsewhere position=1
    1.2  OVERFLOW  caller  node=elsewhere trigger=waited
    """
    early = "0.45  OVERFLOW  caller  node=line trigger=waited"
    [hop] = fold(SERVED, early, "0.5  NODE  caller  node=line kind=queue", odd, END).hops
    assert hop.wait == Wait(position=None, announcements=(), overflow=None)


CALLBACK = """
0.0  CHAN_START  caller
0.5  ANSWER      caller
0.6  CALLBACK    caller  callback=c1 asked_in=pbx1-1.7 account=shop hotline=4008001234 caller=138 node=later agent=li
"""


def test_a_callback_in_which_somebody_else_is_rung_is_still_its_agents() -> None:
    record = fold(CALLBACK, "5 CUSTOMER caller dial=138@carrier", "9 OFFER caller node=later agent=wang dial=1002", END)
    assert (record.kind, record.agent, record.end_state) == ("callback", "li", "callback_failed")


def test_numbers_without_measure_are_none() -> None:
    digits = "9" * 5000
    record = fold(SERVED, QUEUE, f"0.6 QUEUED caller node=sales group=desk position={digits}", END)
    assert record.hops[-1].wait == Wait(position=None, announcements=(), overflow=None)


def test_a_phone_that_is_no_other_one_of_the_agents_is_no_attempt() -> None:
    """A fork is one only while the offer is the newest."""
    later = "9.0 OFFER caller node=sales group=sales agent=wang dial=1002"
    record = fold(SERVED, GROUP, OFFER, DIAL, "8 HANGUP 1001 cause=17", later, "9.1 DIAL 1001#2 dial=1001", END)
    assert [attempt.result for attempt in record.hops[-1].attempts] == ["busy", "unreachable"]


def test_phones_of_one_agent_that_say_what_they_ring_are_an_attempt_each() -> None:
    two = "1.1 DIAL 1001#2 dial=1001\n8 HANGUP 1001 cause=17\n9 HANGUP 1001#2 cause=21"
    record = fold(SERVED, GROUP, OFFER, DIAL, two, END)
    assert [(attempt.agent, attempt.result) for attempt in record.hops[-1].attempts] == [
        ("li", "busy"),
        ("li", "rejected"),
    ]


def test_a_talk_without_the_platforms_answer_has_no_price() -> None:
    lost = SERVED.replace("0.3  ANSWER      caller", "")
    record = fold(lost, GROUP, OFFER, DIAL, "2 ANSWER 1001", "2 BRIDGE_ENTER 1001", END)
    assert (record.answered, record.talk_ms) == (None, 88_000)
    with pytest.raises(UnratableError, match="the platform answered was lost"):
        usage_of(record)


@pytest.mark.parametrize("kind", ["group", "agent", "transfer"])
def test_a_caller_who_leaves_while_somebody_is_rung_was_missed(kind: str) -> None:
    offer = OFFER.replace("group=sales", "group=")
    record = fold(SERVED, GROUP.replace("kind=group", f"kind={kind}"), offer, DIAL, LEFT_WHILE_RINGING)
    assert (record.end_state, record.hops[0].group, is_missed(record)) == ("abandoned_ringing", None, True)


@pytest.mark.parametrize("kind", ["group", "agent", "transfer"])
def test_a_caller_whom_nobody_was_rung_for_was_missed_too(kind: str) -> None:
    bye = "0.8  END  caller  reason=hangup"
    record = fold(SERVED, GROUP.replace("kind=group", f"kind={kind}"), bye, END)
    assert (record.end_state, is_missed(record)) == ("flow_ended", True)
