"""A call's record as a ladder: what happened, line by line, with the time since the call came in."""

from collections.abc import Iterator, Sequence

from services.domain.record import Announcement, Attempt, Hop, Leg, Record, Wait

Rung = tuple[int, int, str]
"""Milliseconds since 1970, depth, what happened."""

_RESULTS = {
    "answered": "answers",
    "dropped": "picks up and hangs up at once",
    "unconfirmed": "picks up and does not press the key",
    "busy": "is busy",
    "no_answer": "does not answer",
    "rejected": "rejects",
    "unreachable": "is not reachable",
    "cancelled": "stops ringing: the caller has left",
    "answered_elsewhere": "stops ringing: answered elsewhere",
}

_TEXTS = {
    "accepted": "will get a text message",
    "withheld": "gets no text message: the number is withheld",
    "no_mobile": "gets no text message: the number is no mobile's",
}


def ladder(record: Record, more: Sequence[Rung] = ()) -> list[str]:
    rungs = sorted([*_rungs(record), *more], key=lambda rung: rung[0])
    return [f"{(at - record.started) / 1000:8.3f}  {'  ' * depth}{text}" for at, depth, text in rungs]


def _rungs(record: Record) -> Iterator[Rung]:
    caller = record.caller or "a withheld number"
    if record.callback:
        number = record.callback.number
        yield record.started, 0, f"{record.hotline} calls {caller} back, attempt {number}"
        yield from _customer(record.callback.customer)
    else:
        yield record.started, 0, f"{caller} calls {record.hotline}"
    if record.answered is not None and not record.callback:
        yield record.answered, 0, "the platform answers"
    for pressed in record.keys:
        text = f"presses {pressed.keys}" if pressed.keys else "presses nothing"
        yield pressed.at, 1, f"{text} ({pressed.outcome})"
    for hop in record.hops:
        yield from _hop(hop)
    if record.survey and record.survey.score is not None:
        yield record.survey.at, 1, f"gives {record.survey.agent or 'nobody'} a {record.survey.score}"
    yield record.ended, 0, f"over: {record.end_state}, ended by the {record.hung_up_by}"


def _customer(leg: Leg | None) -> Iterator[Rung]:
    if leg is None:
        return
    yield leg.started, 1, f"rings {leg.dial}"
    outcome = leg.answered if leg.result == "answered" else leg.ended
    yield leg.started if outcome is None else outcome, 1, f"{leg.dial} {_RESULTS[leg.result]}"


def _hop(hop: Hop) -> Iterator[Rung]:
    if hop.transfer is not None:
        yield hop.at, 0, f"{hop.transfer.by} transfers to {hop.transfer.to} ({hop.transfer.kind})"
        for attempt in hop.attempts:
            yield from _attempt(attempt)
        return
    group = f" ({hop.group})" if hop.group not in {None, hop.node} else ""
    yield hop.at, 0, f"{hop.kind} {hop.node}{group}"
    yield from _turned(hop)
    if hop.wait is not None:
        yield from _wait(hop.at, hop.wait)
    for attempt in hop.attempts:
        yield from _attempt(attempt)
    if hop.voicemail is not None:
        yield hop.voicemail.at, 1, f"has left a voicemail of {hop.voicemail.ms / 1000:.1f} s"
    if hop.text_message is not None:
        yield hop.at, 1, _TEXTS[hop.text_message]


def _turned(hop: Hop) -> Iterator[Rung]:
    if hop.listed is not None:
        reason = f" ({hop.listed.reason})" if hop.listed.reason else ""
        yield hop.at, 1, f"is on list {hop.listed.list} by {hop.listed.entry}{reason}"
    if hop.cap is not None:
        yield hop.at, 1, f"is beyond the cap {hop.cap}"


def _wait(at: int, wait: Wait) -> Iterator[Rung]:
    if wait.position is not None:
        yield at, 1, f"waits at place {wait.position}"
    for announcement in wait.announcements:
        yield announcement.at, 1, f"is told {_told(announcement)}"


def _told(announcement: Announcement) -> str:
    told = [] if announcement.position is None else [f"its place ({announcement.position})"]
    if announcement.least_ms is not None and announcement.most_ms is not None:
        told.append(f"a wait of {announcement.least_ms // 60_000} to {announcement.most_ms // 60_000} minutes")
    return " and ".join(told)


def _attempt(attempt: Attempt) -> Iterator[Rung]:
    if attempt.result != "unreachable":
        yield attempt.started, 1, f"rings {attempt.agent or attempt.dial}"
    outcome = f"{attempt.agent or attempt.dial} {_RESULTS[attempt.result]}"
    at = attempt.answered if attempt.result == "answered" else attempt.ended
    yield attempt.started if at is None else at, 1, outcome
