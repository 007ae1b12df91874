"""What the CEL rows of one linkedid say, gathered as they come; ``cdr`` makes the record of it.

docs/cel-events.md has the rows. The caller's channel is the one whose uniqueid is the linkedid; every other channel
counts from its ``DIAL`` on, which says which phone of which ``OFFER`` it rings, or from its begin where the ``OFFER``
has one phone only. A call that an attended transfer has brought together with another is given the rows of both.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import get_args

from services.domain.cel import CelRow
from services.domain.record import Announcement, Keys, LeftVoicemail, Listed, TextOutcome, Transfer

_DIGITS = 15
"""Of the longest number that an event of ours says."""


@dataclass(slots=True)
class Ring:
    """One phone of an ``OFFER``; times in milliseconds since 1970."""

    agent: str
    dial: str
    offer: int
    """Counts the offers of the call, from 1: rings of the same offer compete."""
    offered: int
    started: int | None = None
    """When its channel was about to ring; None as long as there is no channel."""
    channel: str = ""
    answered: int | None = None
    """When it was picked up or, where a key is asked for, confirmed."""
    confirm: str = ""
    """How far the phone came with the key that it was asked for, as the last ``CONFIRM`` says."""
    bridged: bool = False
    dropped: bool = False
    """Talked so briefly that it is no answer, as ``DROP`` says."""
    handed_on: bool = False
    """The agent has transferred the caller: the end of this leg ended nothing."""
    ended: int | None = None
    hung_up: bool = False
    """Ended by the phone itself."""
    cause: int | None = None

    @property
    def connected(self) -> bool:
        """To the caller; a phone that lost the race to another is only picked up."""
        return self.bridged and self.answered is not None

    @property
    def talked(self) -> bool:
        return self.connected and not self.dropped


@dataclass(slots=True)
class Visit:
    """A node of the flow that the call entered."""

    node: str
    kind: str
    at: int
    group: str | None = None
    position: int | None = None
    announcements: list[Announcement] = field(default_factory=list)
    overflow: str | None = None
    rings: list[Ring] = field(default_factory=list)
    voicemail: LeftVoicemail | None = None
    text_message: TextOutcome | None = None
    transfer: Transfer | None = None
    listed: Listed | None = None
    score: int | None = None

    @property
    def talks(self) -> list[tuple[int, Ring]]:
        """Whoever talked to the caller, and since when: after an attended transfer, not before it."""
        answered = [(ring.answered, ring) for ring in self.rings if ring.talked and ring.answered is not None]
        return [(at if self.transfer is None else max(at, self.at), ring) for at, ring in answered]


@dataclass(slots=True)
class CalledBack:
    """What a call is that calls a customer back: its first channel is the agent's."""

    callback: str
    asked_in: str
    attempt: int
    customer: Ring | None = None


@dataclass(slots=True)
class Call:
    """All that the rows so far say about one call."""

    linkedid: str
    started: int
    last: int = 0
    """Time of the row that came last."""
    clock_set: int = 0
    """By how many milliseconds the clock was set while the call went on, negative: back; of several times the most."""
    closed: bool = False
    channel: str = ""
    hotline: str | None = None
    """None until ``CALL``, or ``JOURNEY`` if that was lost: a linkedid that never has one is no hotline call."""
    caller: str | None = None
    caller_name: str | None = None
    account: str | None = None
    version: int | None = None
    answered: int | None = None
    ended: int | None = None
    dialstatus: str = ""
    end_reason: str | None = None
    apology: bool = False
    visits: list[Visit] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)
    offers: int = 0
    hangups: list[tuple[str, str]] = field(default_factory=list)
    """Channel that hung up, and the channel it names as the source, in the file's order."""
    recordings: list[tuple[int, list[str]]] = field(default_factory=list)
    """From when on into which files talks were recorded; into none: no longer."""
    called_back: CalledBack | None = None
    """None: the caller has called."""
    agreed: str | None = None
    """The callback that the caller agreed on."""
    phones: dict[str, Ring] = field(default_factory=dict)
    """What each phone's channel rings, by uniqueid."""

    def add(self, row: CelRow) -> None:
        self.last = row.at
        if row.event == "LINKEDID_END":
            self.closed = self.closed or row.linkedid == self.linkedid
            return
        take = (_OF_CALLER if row.uniqueid == self.linkedid else _OF_PHONE).get(row.event)
        if take is not None:
            take(self, row)

    def hear_of_clock(self, by: int) -> None:
        self.clock_set = max(self.clock_set, by, key=abs)

    @property
    def rings(self) -> list[Ring]:
        return [ring for visit in self.visits for ring in visit.rings]


def bring_together(calls: Iterable[Call], row: CelRow) -> None:
    """An attended transfer: the caller talks on with whom the transferer had called, who was rung in another call."""
    sides = [_text(row, f"{side}_channel_uniqueid") for side in ("transferee", "transfer_target")]
    transferers = [row.uniqueid, _text(row, "channel2_uniqueid")]
    if _text(row, "app"):  # the colleague's phone still rang: what comes of it is a transfer of its own
        for ring in (call.phones[channel] for call in calls for channel in transferers if channel in call.phones):
            ring.handed_on = True
        return
    phones = {channel: ring for call in calls for channel, ring in call.phones.items()}
    for call in calls:
        if call.hotline is not None and call.linkedid in sides:
            other = sides[1 - sides.index(call.linkedid)]
            by = next((call.phones[channel] for channel in transferers if channel in call.phones), None)
            _go_on(call, row.at, by, phones.get(other), other)


def _go_on(call: Call, at: int, by: Ring | None, to: Ring | None, channel: str) -> None:
    if by is not None:
        by.handed_on = True
    transfer = Transfer(kind="attended", by=by.agent if by else "", to=to.agent if to else "")
    call.visits.append(Visit(call.visits[-1].node if call.visits else "", "transfer", at, transfer=transfer))
    if to is not None:
        call.offers += 1
        call.phones[channel] = replace(to, offer=call.offers)
        call.visits[-1].rings.append(call.phones[channel])


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
        values.get("callback", ""), values.get("asked_in", ""), _number(values, "attempt") or 0
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
    version = _number(values, "version")
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
    ms = _number(values, "ms")
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
        visit.score = _number(values, "score")


def _recording(call: Call, row: CelRow) -> None:
    call.recordings.append((row.at, [value for key, value in row.values() if key == "file"]))


def _queued(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if (visit := _visit(call, values)) and visit.position is None:  # a place that was lost is taken again
        visit.group = values.get("group")
        visit.position = _number(values, "position")


def _announce(call: Call, row: CelRow) -> None:
    values = dict(row.values())
    if visit := _visit(call, values):
        position, least, most = (_number(values, key) for key in ("position", "least", "most"))
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


def _number(values: dict[str, str], key: str) -> int | None:
    value = values.get(key, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _DIGITS else None


def _end(call: Call, row: CelRow) -> None:
    call.end_reason = dict(row.values()).get("reason", "")


def _apology(call: Call, _: CelRow) -> None:
    call.apology = True


def _hangup(call: Call, row: CelRow) -> None:
    call.ended = row.at
    call.dialstatus = _text(row, "dialstatus")
    call.hangups.append((row.channel, _text(row, "hangupsource")))
    if agent := call.phones.get(row.uniqueid):
        agent.ended, agent.cause, agent.hung_up = row.at, _cause(row), _text(row, "hangupsource") == row.channel


def _phone_start(call: Call, row: CelRow) -> None:
    if row.uniqueid in call.phones:
        return
    newest = [ring for ring in call.rings if ring.offer == call.offers]
    if len({ring.dial for ring in newest}) == 1 and row.channel.startswith(f"PJSIP/{_endpoint(newest[0])}-"):
        _bind(call, _one_more(call, newest), row)


def _endpoint(ring: Ring) -> str:
    """Of ``1001`` or ``13900139000@carrier``."""
    return ring.dial.rpartition("@")[2]


def _dial(call: Call, row: CelRow) -> None:
    """Binds the channel to the newest offer of this phone that has none yet."""
    if known := call.phones.get(row.uniqueid):
        known.started = row.at
        return
    dial = dict(row.values()).get("dial")
    customer = call.called_back and call.called_back.customer
    rings = [ring for ring in ([customer] if customer else reversed(call.rings)) if ring.dial == dial]
    if rings and (rings[0].offer == call.offers or any(ring.started is None for ring in rings)):
        _bind(call, _one_more(call, rings), row)


def _one_more(call: Call, rings: list[Ring]) -> Ring:
    """Which of these begins to ring now; an agent's further phone, when it has several, is a ring of its own."""
    if ring := next((ring for ring in rings if ring.started is None), None):
        return ring
    fork = Ring(rings[0].agent, rings[0].dial, rings[0].offer, rings[0].offered)
    if visit := next((visit for visit in call.visits if rings[0] in visit.rings), None):
        visit.rings.append(fork)
    return fork


def _bind(call: Call, ring: Ring, row: CelRow) -> None:
    ring.started, ring.channel = row.at, row.channel
    call.phones[row.uniqueid] = ring


def _phone_answer(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.answered = row.at


def _phone_confirm(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.confirm = dict(row.values()).get("outcome", "")
        if ring.confirm == "match":
            ring.answered = row.at


def _phone_bridged(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.bridged = True


def _phone_hands_on(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.handed_on = True


def _phone_hangup(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.ended, ring.cause = row.at, _cause(row)
        source = _text(row, "hangupsource")
        ring.hung_up = source == row.channel
        call.hangups.append((row.channel, source))


def _cause(row: CelRow) -> int | None:
    cause = row.extra.get("hangupcause")
    return cause if isinstance(cause, int) else None


def _text(row: CelRow, key: str) -> str:
    value = row.extra.get(key)
    return value if isinstance(value, str) else ""


_OF_CALLER: dict[str, Callable[[Call, CelRow], None]] = {
    "CHAN_START": _start,
    "CALL": _call,
    "CALLBACK": _callback,
    "CONFIRM": _phone_confirm,
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
_OF_PHONE: dict[str, Callable[[Call, CelRow], None]] = {
    "CHAN_START": _phone_start,
    "DIAL": _dial,
    "ANSWER": _phone_answer,
    "CONFIRM": _phone_confirm,
    "BRIDGE_ENTER": _phone_bridged,
    "BLINDTRANSFER": _phone_hands_on,
    "HANGUP": _phone_hangup,
}
