"""A call's record as a ladder: what happened, line by line, with the time since the call came in.

What is said of it goes through a ``Speech``, so that it can be said in another language.
"""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, Protocol

from services.domain.record import Announcement, Attempt, Hop, Leg, Record, Wait

Rung = tuple[int, int, str]
"""Milliseconds since 1970, depth, what happened."""


Of = Literal["node", "end_state", "party", "outcome", "transfer", "cap"]


class Speech(Protocol):
    def __call__(self, text: str, /, **values: object) -> str:
        """An English text, and its values by name."""

    def word(self, of: Of, found: str) -> str:
        """What a kind of node, an end state, … is called."""


class English:
    def __call__(self, text: str, /, **values: object) -> str:
        return text % values if values else text

    def word(self, of: Of, found: str) -> str:
        del of
        return found


ENGLISH: Final = English()

RESULTS: Final = {
    "answered": "%(who)s answers",
    "dropped": "%(who)s picks up and hangs up at once",
    "unconfirmed": "%(who)s picks up and does not press the key",
    "busy": "%(who)s is busy",
    "no_answer": "%(who)s does not answer",
    "rejected": "%(who)s rejects",
    "unreachable": "%(who)s is not reachable",
    "cancelled": "%(who)s stops ringing: the caller has left",
    "answered_elsewhere": "%(who)s stops ringing: answered elsewhere",
}

TEXTS: Final = {
    "accepted": "will get a text message",
    "withheld": "gets no text message: the number is withheld",
    "no_mobile": "gets no text message: the number is no mobile's",
}


def ladder(record: Record, more: Sequence[Rung] = ()) -> list[str]:
    return [
        f"{(at - record.started) / 1000:8.3f}  {'  ' * depth}{text}"
        for at, depth, text in sorted([*rungs(record), *more], key=lambda rung: rung[0])
    ]


def rungs(record: Record, say: Speech = ENGLISH) -> list[Rung]:
    """In their order."""
    return sorted(_rungs(record, say), key=lambda rung: rung[0])


def _rungs(record: Record, say: Speech) -> Iterator[Rung]:
    caller = record.caller or say("a withheld number")
    if record.callback:
        text = "%(hotline)s calls %(caller)s back, attempt %(number)s"
        yield record.started, 0, say(text, hotline=record.hotline, caller=caller, number=record.callback.number)
        yield from _customer(record.callback.customer, say)
    else:
        yield record.started, 0, say("%(caller)s calls %(hotline)s", caller=caller, hotline=record.hotline)
    if record.answered is not None and not record.callback:
        yield record.answered, 0, say("the platform answers")
    for pressed in record.keys:
        outcome = say.word("outcome", pressed.outcome)
        text = "presses %(keys)s (%(outcome)s)" if pressed.keys else "presses nothing (%(outcome)s)"
        yield pressed.at, 1, say(text, keys=pressed.keys, outcome=outcome)
    for hop in record.hops:
        yield from _hop(hop, say)
    if record.survey and record.survey.score is not None:
        agent = record.survey.agent or say("nobody")
        yield record.survey.at, 1, say("gives %(agent)s a %(score)s", agent=agent, score=record.survey.score)
    how, by = say.word("end_state", record.end_state), say.word("party", record.hung_up_by)
    yield record.ended, 0, say("over: %(end_state)s, ended by the %(party)s", end_state=how, party=by)


def _customer(leg: Leg | None, say: Speech) -> Iterator[Rung]:
    if leg is None:
        return
    yield leg.started, 1, say("rings %(who)s", who=leg.dial)
    outcome = leg.answered if leg.result == "answered" else leg.ended
    yield leg.started if outcome is None else outcome, 1, say(RESULTS[leg.result], who=leg.dial)


def _hop(hop: Hop, say: Speech) -> Iterator[Rung]:
    if hop.transfer is not None:
        sent = {"by": hop.transfer.by, "to": hop.transfer.to, "kind": say.word("transfer", hop.transfer.kind)}
        yield hop.at, 0, say("%(by)s transfers to %(to)s (%(kind)s)", **sent)
        for attempt in hop.attempts:
            yield from _attempt(attempt, say)
        return
    group = f" ({hop.group})" if hop.group not in {None, hop.node} else ""
    yield hop.at, 0, f"{say.word('node', hop.kind)} {hop.node}{group}"
    yield from _turned(hop, say)
    if hop.wait is not None:
        yield from _wait(hop.at, hop.wait, say)
    for attempt in hop.attempts:
        yield from _attempt(attempt, say)
    if hop.voicemail is not None:
        seconds = f"{hop.voicemail.ms / 1000:.1f}"
        yield hop.voicemail.at, 1, say("has left a voicemail of %(seconds)s s", seconds=seconds)
    if hop.text_message is not None:
        yield hop.at, 1, say(TEXTS[hop.text_message])


def _turned(hop: Hop, say: Speech) -> Iterator[Rung]:
    if hop.listed is not None:
        reason = f" ({hop.listed.reason})" if hop.listed.reason else ""
        on = say("is on list %(list)s by %(entry)s", list=hop.listed.list, entry=hop.listed.entry)
        yield hop.at, 1, f"{on}{reason}"
    if hop.cap is not None:
        yield hop.at, 1, say("is beyond the cap %(cap)s", cap=say.word("cap", hop.cap))


def _wait(at: int, wait: Wait, say: Speech) -> Iterator[Rung]:
    if wait.position is not None:
        yield at, 1, say("waits at place %(place)s", place=wait.position)
    for announcement in wait.announcements:
        yield announcement.at, 1, _told(announcement, say)


def _told(announcement: Announcement, say: Speech) -> str:
    place, least, most = announcement.position, announcement.least_ms, announcement.most_ms
    values = {"place": place, "least": (least or 0) // 60_000, "most": (most or 0) // 60_000}
    if least is None or most is None:
        return say("is told its place (%(place)s)", **values)
    if place is None:
        return say("is told a wait of %(least)s to %(most)s minutes", **values)
    return say("is told its place (%(place)s) and a wait of %(least)s to %(most)s minutes", **values)


def _attempt(attempt: Attempt, say: Speech) -> Iterator[Rung]:
    who = attempt.agent or attempt.dial
    if attempt.result != "unreachable":
        yield attempt.started, 1, say("rings %(who)s", who=who)
    at = attempt.answered if attempt.result == "answered" else attempt.ended
    yield attempt.started if at is None else at, 1, say(RESULTS[attempt.result], who=who)
