"""Rows of the caller's channel: the one whose uniqueid is the linkedid."""

from typing import get_args

from services.domain.call import Call, CalledBack, Ring, Visit
from services.domain.cel import CelRow
from services.domain.folding.phones import Take, confirm
from services.domain.folding.rows import cause, number, text
from services.domain.record import Announcement, Keys, LeftVoicemail, Listed, TextOutcome, Transfer


def _start(call: Call, row: CelRow) -> None:
    call.started = row.at


def _call(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    call.hotline = values.get("hotline", "")
    call.caller = values.get("caller") or None
    call.caller_name = values.get("name") or None
    call.channel = row.channel


def _callback(call: Call, row: CelRow) -> None:
    """The agent's channel, which was picked up by now, stands for the offer of the callback to that agent."""
    values = dict(row.values())
    call.hotline = values.get("hotline", "")
    call.caller = values.get("caller") or None
    call.account = values.get("account") or None
    call.called_back = CalledBack(
        values.get("callback", ""), values.get("asked_in", ""), number(values, "attempt") or 0
    )
    ring = Ring(values.get("agent", ""), values.get("dial", ""), 1, call.started, started=call.started)
    ring.channel, ring.answered = row.channel, call.answered
    call.phones[row.uniqueid] = ring
    visit = Visit(values.get("node", ""), "callback", call.started, group=values.get("group"), rings=[ring])
    call.visits.append(visit)


def _customer(call: Call, row: CelRow) -> None:
    if call.called_back:
        for agent in call.rings:  # it has taken the callback
            agent.bridged = True
        call.called_back.customer = Ring("", dict(row.values()).get("dial", ""), 0, row.at)


def _asked(call: Call, row: CelRow) -> None:
    call.agreed = dict(row.values()).get("callback") or call.agreed


def _answer(call: Call, row: CelRow) -> None:
    call.answered = row.at


def _journey(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    version = number(values, "version")
    if call.hotline is None and values.get("hotline"):
        call.hotline, call.caller, call.channel = values["hotline"], values.get("caller") or None, row.channel
    call.account = values.get("account") or call.account
    call.version = call.version if version is None else version


def _node(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    call.visits.append(Visit(values.get("node", ""), values.get("kind", ""), row.at))


def _keys(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    pressed = Keys(
        node=values.get("node", ""), keys=values.get("keys", ""), outcome=values.get("outcome", ""), at=row.at
    )
    call.keys.append(pressed)


def _offer(call: Call, row: CelRow) -> None:
    values = row.values()
    once = dict(values)
    agents = [value for key, value in values if key == "agent"]
    dials = [value for key, value in values if key == "dial"]
    if not call.visits or call.visits[-1].node != once.get("node"):
        call.visits.append(Visit(once.get("node", ""), "group", row.at))
    visit = call.visits[-1]
    visit.group = once.get("group") or None
    call.offers += 1
    visit.rings += [Ring(agent, dial, call.offers, row.at) for agent, dial in zip(agents, dials, strict=False)]


def _drop(call: Call, _: CelRow) -> None:
    for ring in call.rings:
        if ring.offer == call.offers and ring.connected:
            ring.dropped = True


def _voicemail(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    ms = number(values, "ms")
    if call.visits and values.get("file") and ms is not None:
        visit = call.visits[-1]
        visit.group = values.get("group")
        visit.voicemail = LeftVoicemail(file=values["file"], ms=ms, at=row.at)


def _text_message(call: Call, row: CelRow) -> None:
    outcome = dict(row.values()).get("outcome")
    if call.visits:
        call.visits[-1].text_message = next((known for known in get_args(TextOutcome) if known == outcome), None)


def _transfer(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    transfer = Transfer(kind="blind", by=values.get("by", ""), to=values.get("to", ""))
    call.visits.append(Visit(values.get("node", ""), "transfer", row.at, transfer=transfer))


def _survey(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if visit := _visit(call, values):
        visit.score = number(values, "score")


def _recording(call: Call, row: CelRow) -> None:
    call.recordings.append((row.at, [value for key, value in row.values() if key == "file"]))


def _queued(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if (visit := _visit(call, values)) and visit.position is None:  # a place that was lost is taken again
        visit.group = values.get("group")
        visit.position = number(values, "position")


def _announce(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if visit := _visit(call, values):
        position, least, most = (number(values, key) for key in ("position", "least", "most"))
        visit.announcements.append(Announcement(at=row.at, position=position, least_ms=least, most_ms=most))


def _overflow(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if visit := _visit(call, values):
        visit.overflow = values.get("trigger")


def _listed(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if visit := _visit(call, values):
        reason = values.get("reason") or None
        visit.listed = Listed(list=values.get("list", ""), entry=values.get("entry", ""), reason=reason)


def _visit(call: Call, values: dict[str, str]) -> Visit | None:
    """The node that the call is at, if the event is about it."""
    return call.visits[-1] if call.visits and call.visits[-1].node == values.get("node") else None


def _end(call: Call, row: CelRow) -> None:
    call.end_reason = dict(row.values()).get("reason", "")


def _apology(call: Call, _: CelRow) -> None:
    call.apology = True


def _hangup(call: Call, row: CelRow) -> None:
    call.ended = row.at
    call.dialstatus = text(row, "dialstatus")
    call.hangups.append((row.channel, text(row, "hangupsource")))
    if agent := call.phones.get(row.uniqueid):
        agent.ended, agent.cause, agent.hung_up = row.at, cause(row), text(row, "hangupsource") == row.channel


OF_CALLER: dict[str, Take] = {
    "CHAN_START": _start,
    "CALL": _call,
    "CALLBACK": _callback,
    "CONFIRM": confirm,
    "CUSTOMER": _customer,
    "CALLBACK_ASKED": _asked,
    "ANSWER": _answer,
    "JOURNEY": _journey,
    "NODE": _node,
    "KEYS": _keys,
    "OFFER": _offer,
    "DROP": _drop,
    "VOICEMAIL": _voicemail,
    "TEXT_MESSAGE": _text_message,
    "TRANSFER": _transfer,
    "SURVEY": _survey,
    "RECORDING": _recording,
    "QUEUED": _queued,
    "ANNOUNCE": _announce,
    "OVERFLOW": _overflow,
    "LISTED": _listed,
    "END": _end,
    "APOLOGY": _apology,
    "HANGUP": _hangup,
}
