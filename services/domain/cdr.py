"""The record of a call that is over: what its rows (``call``) amount to. docs/cdr-stream.md defines the words."""

from itertools import pairwise

from services.domain.call import Call, CalledBack, Ring, Visit
from services.domain.numbers import to_e164
from services.domain.record import (
    SCHEMA,
    Attempt,
    CallbackAttempt,
    EndState,
    Hop,
    Leg,
    Party,
    Record,
    Result,
    Survey,
    Wait,
)

_BY_CAUSE: dict[int | None, Result] = {
    17: "busy",
    18: "no_answer",
    19: "no_answer",
    21: "rejected",
    26: "answered_elsewhere",
}
_SAYS_NOTHING = {None, 0, 16, 31, 127}
"""Q.850 causes of a leg that Asterisk gave up itself: none, normal, unspecified, interworking."""
_UNCONFIRMED = {"invalid", "timeout"}
_BY_REASON: dict[str | None, EndState] = {
    "unknown_hotline": "unknown_hotline",
    "suspended": "suspended",
    "loop": "flow_loop",
}


def record_of(call: Call, pbx: str) -> Record | None:
    """The call's record, not yet rated; None when it was no call to a hotline (it never had a ``CALL``).

    A call whose end nothing tells of is recorded as cut off, at the last that is known of it.
    """
    if call.hotline is None:
        return None
    if call.called_back:
        return _called_back(call, call.called_back, call.hotline, pbx)
    ended = call.last if call.ended is None else call.ended
    rings = call.rings
    talks = sorted((talk for visit in call.visits for talk in visit.talks), key=lambda talk: talk[0])
    ringing = rings[0].offered if rings else None
    agent_answered, first = talks[0] if talks else (None, None)
    return Record(
        schema=SCHEMA,
        call_id=call.linkedid,
        pbx=pbx,
        hotline=call.hotline,
        hotline_version=call.version,
        account=call.account,
        caller=call.caller,
        caller_e164=None if call.caller is None else to_e164(call.caller),
        caller_name=call.caller_name,
        started=call.started,
        answered=call.answered,
        ringing=ringing,
        agent_answered=agent_answered,
        ended=ended,
        wait_ms=_waited(call, ended if agent_answered is None else agent_answered),
        menu_ms=_between(call.answered, ended if ringing is None else ringing),
        ring_ms=_between(ringing, _rang_until(rings, ended) if agent_answered is None else agent_answered),
        talk_ms=_covered([(since, _over(ring, ended)) for since, ring in talks]),
        total_ms=_between(call.started, ended),
        end_state=_end_state(call, talked=bool(talks)),
        hung_up_by=_hung_up_by(call, [ring for _, ring in talks]),
        keys=tuple(call.keys),
        hops=_hops(call),
        agent=(first.agent or None) if first else None,
        recordings=_recordings(call, [since for since, _ in talks]),
        callback_agreed=call.agreed,
        survey=_survey(call),
        clock_set_ms=call.clock_set or None,
        charge=None,
    )


def _called_back(call: Call, attempt: CalledBack, hotline: str, pbx: str) -> Record:
    """The agent's phone was rung first, and picked up; then the customer's, over the trunk."""
    ended = call.last if call.ended is None else call.ended
    agent, customer = call.rings[0], attempt.customer
    answered = customer.answered if customer and customer.talked else None
    agent_answered = agent.answered if agent.talked else None
    return Record(
        schema=SCHEMA,
        call_id=call.linkedid,
        pbx=pbx,
        hotline=hotline,
        hotline_version=None,
        account=call.account,
        caller=call.caller,
        caller_e164=None if call.caller is None else to_e164(call.caller),
        caller_name=None,
        started=call.started,
        answered=answered,
        ringing=agent.offered,
        agent_answered=agent_answered,
        ended=ended,
        menu_ms=0,
        ring_ms=_between(agent.offered, ended if agent_answered is None else agent_answered),
        talk_ms=_between(answered, _over(customer, ended)) if customer else 0,
        total_ms=_between(call.started, ended),
        end_state="cut_off" if _cut_off(call) else "callback_failed" if answered is None else "answered",
        hung_up_by=_first_to_hang_up(call, customer.channel if customer else "", {agent.channel}),
        keys=(),
        hops=_hops(call),
        agent=agent.agent if agent.talked else None,
        kind="callback",
        callback=CallbackAttempt(
            id=attempt.callback,
            call_id=attempt.asked_in,
            number=attempt.attempt,
            customer=_leg(customer, call, agent) if customer else None,
        ),
        clock_set_ms=call.clock_set or None,
        charge=None,
    )


def _leg(customer: Ring, call: Call, agent: Ring) -> Leg:
    gave_up = any(channel == source == agent.channel for channel, source in call.hangups)
    result = _result(customer, [], call)
    return Leg(
        dial=customer.dial,
        started=customer.offered if customer.started is None else customer.started,
        answered=customer.answered,
        ended=customer.ended,
        result="cancelled" if gave_up and result == "no_answer" else result,
        cause=customer.cause,
    )


def _between(begin: int | None, end: int) -> int:
    """0 for what never began, and when the clock was set back in between."""
    return 0 if begin is None else max(0, end - begin)


def _covered(spans: list[tuple[int, int]]) -> int:
    """Time that at least one of the spans covers; they are in the order of their begins."""
    covered, until = 0, 0
    for begin, end in spans:
        covered += _between(max(begin, until), end)
        until = max(until, end)
    return covered


def _waited(call: Call, until: int) -> int:
    """In all queues, each until the call went on or ``until``."""
    nexts = [visit.at for visit in call.visits[1:]]
    ends = zip(call.visits, [*nexts, until], strict=False)
    return sum(_between(visit.at, min(end, until)) for visit, end in ends if visit.kind == "queue")


def _over(ring: Ring, ended: int) -> int:
    return ended if ring.ended is None else min(ring.ended, ended)


def _rang_until(rings: list[Ring], ended: int) -> int:
    return max((ring.offered if ring.started is None else _over(ring, ended) for ring in rings), default=ended)


def _cut_off(call: Call) -> bool:
    return not call.closed and call.ended is None


def _end_state(call: Call, *, talked: bool) -> EndState:
    if _cut_off(call):
        return "cut_off"
    if talked:
        return "answered"
    if any(visit.voicemail for visit in call.visits):
        return "voicemail"
    if call.apology:
        return "unavailable"
    if call.end_reason is not None:
        return _BY_REASON.get(call.end_reason) or ("unanswered" if call.offers else "flow_ended")
    return _abandoned(call)


def _abandoned(call: Call) -> EndState:
    if not call.visits:
        return "abandoned_early"
    if call.visits[-1].kind in {"group", "agent", "transfer"}:
        return "abandoned_ringing"
    if call.visits[-1].kind == "queue":
        return "abandoned_ringing" if call.dialstatus == "CANCEL" else "abandoned_waiting"
    return "unanswered" if call.offers else "abandoned_in_menu"


def _hung_up_by(call: Call, talks: list[Ring]) -> Party:
    """Whom of the caller and who talked to the end a ``HANGUP`` of theirs names first; else it was us.

    A caller's may still name the phone that dropped it.
    """
    return _first_to_hang_up(call, call.channel, {ring.channel for ring in talks if not ring.handed_on})


def _first_to_hang_up(call: Call, caller: str, agents: set[str]) -> Party:
    for channel, source in call.hangups:
        if channel == caller or channel in agents:
            if source and source == caller:
                return "caller"
            if source in agents:
                return "agent"
    return "platform"


def _recordings(call: Call, talks: list[int]) -> tuple[str, ...]:
    """The files that a talk went into: what was to be recorded when nobody answered is empty."""
    files: dict[str, None] = {}
    for (begin, some), (end, _) in pairwise([*call.recordings, (call.last + 1, [])]):
        if any(begin <= since < end for since in talks):
            files |= dict.fromkeys(some)
    return tuple(files)


def _survey(call: Call) -> Survey | None:
    """The last; of the talk that began last before it."""
    asked = [index for index, visit in enumerate(call.visits) if visit.kind == "survey"]
    if not asked:
        return None
    visit, before = call.visits[asked[-1]], call.visits[: asked[-1]]
    talks = [(since, ring.agent, index) for index, one in enumerate(before) for since, ring in one.talks]
    _, agent, index = max(talks, default=(0, None, -1))
    group = _group(before[: index + 1])
    return Survey(node=visit.node, at=visit.at, score=visit.score, agent=agent or None, group=group)


def _group(visits: list[Visit]) -> str | None:
    """By which the last of these was come to; who was sent on by an agent had come to that one."""
    return next((visit.group for visit in reversed(visits) if visit.group or visit.transfer is None), None)


def _hops(call: Call) -> tuple[Hop, ...]:
    return tuple(
        Hop(
            node=visit.node,
            kind=visit.kind,
            at=visit.at,
            group=visit.group,
            transfer=visit.transfer,
            wait=_wait(visit) if visit.kind == "queue" else None,
            attempts=tuple(_attempt(ring, visit.rings, call) for ring in visit.rings),
            voicemail=visit.voicemail,
            text_message=visit.text_message,
            listed=visit.listed,
            cap=visit.overflow if visit.kind == "caps" else None,
        )
        for visit in call.visits
    )


def _wait(visit: Visit) -> Wait:
    return Wait(position=visit.position, announcements=tuple(visit.announcements), overflow=visit.overflow)


def _attempt(ring: Ring, rings: list[Ring], call: Call) -> Attempt:
    return Attempt(
        agent=ring.agent,
        dial=ring.dial,
        started=ring.offered if ring.started is None else ring.started,
        answered=ring.answered,
        ended=ring.ended,
        result=_result(ring, rings, call),
        cause=ring.cause,
    )


def _result(ring: Ring, rings: list[Ring], call: Call) -> Result:
    if ring.talked:
        return "answered"
    if ring.started is None:
        return "unreachable"
    return _picked_up(ring) or _by_cause(ring.cause) or _given_up(ring, rings, call)


def _picked_up(ring: Ring) -> Result | None:
    """What came of a phone that was picked up, if it is the phone's doing."""
    if ring.confirm in _UNCONFIRMED:
        return "unconfirmed"
    if ring.dropped or (ring.answered is not None and ring.hung_up):
        return "unconfirmed" if ring.confirm == "asked" else "dropped"
    return None


def _by_cause(cause: int | None) -> Result | None:
    return None if cause in _SAYS_NOTHING else _BY_CAUSE.get(cause, "unreachable")


def _given_up(ring: Ring, rings: list[Ring], call: Call) -> Result:
    if any(other.talked and other.offer == ring.offer for other in rings):
        return "answered_elsewhere"
    return "cancelled" if _left_while_ringing(ring, call) else "no_answer"


def _left_while_ringing(ring: Ring, call: Call) -> bool:
    """The last Dial ended because the caller left, or just as the phone was picked up, or was never heard to end."""
    last_offer = ring.offer == call.offers
    return ring.ended is None or ring.answered is not None or (last_offer and call.dialstatus == "CANCEL")
