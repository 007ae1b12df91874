"""Rows of phones' channels.

Each counts from its ``DIAL`` on, which says which phone of which ``OFFER`` it rings, or from its begin where the
``OFFER`` has one phone only.
"""

from collections.abc import Callable

from services.domain.call import Call, Ring
from services.domain.cel import CelRow
from services.domain.folding.rows import cause, text

Take = Callable[[Call, CelRow], None]


def _begin(call: Call, row: CelRow) -> None:
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


def _answer(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.answered = row.at


def confirm(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.confirm = dict(row.values()).get("outcome", "")
        if ring.confirm == "match":
            ring.answered = row.at


def _bridged(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.bridged = True


def _hands_on(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.handed_on = True


def _hangup(call: Call, row: CelRow) -> None:
    if ring := call.phones.get(row.uniqueid):
        ring.ended, ring.cause = row.at, cause(row)
        source = text(row, "hangupsource")
        ring.hung_up = source == row.channel
        call.hangups.append((row.channel, source))


OF_PHONE: dict[str, Take] = {
    "CHAN_START": _begin,
    "DIAL": _dial,
    "ANSWER": _answer,
    "CONFIRM": confirm,
    "BRIDGE_ENTER": _bridged,
    "BLINDTRANSFER": _hands_on,
    "HANGUP": _hangup,
}
