"""Rings phones for a caller, and lets it talk to the one that takes the call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from agi.call import Call
from agi.callee import Callee
from agi.cards import show
from agi.channel import Channel
from agi.room import Held
from services.domain.documents import Agent, Group
from services.domain.nodes.queue import Queue
from services.store.breaker import AWAY
from services.store.queues import Offer

PICKED_UP = "PICKED_UP"
"""Channel variable: when a phone was picked up and, if need be, confirmed: milliseconds since 1970, Asterisk's. Empty
when it hung up too soon for the dialplan to say so."""

TAKEN = f"${{STRFTIME(,,%s%3q)}} ${{{PICKED_UP}}} ${{DIALEDPEERNUMBER}}"
"""After a Dial: the time, PICKED_UP, and what was picked up: of several, the first digits are its place among them."""

RINGS = "b(dial^s^1)"
"""Of a phone's Dial: the dialplan's ``dial`` as it is about to ring, which says of which phone the channel is."""


@dataclass(frozen=True)
class Terms:
    """On which phones ring: a group's, or those of a group that says nothing of them."""

    group: str = ""
    ring_seconds: int = 20
    drop_seconds: int = 2

    @classmethod
    def of(cls, group: Group | None) -> Self:
        return cls(group.id, group.ring_seconds, group.drop_seconds) if group else cls()


@dataclass(frozen=True)
class Rung:
    """What came of ringing; the caller is still there."""

    talked: bool = False
    status: str = ""
    """DIALSTATUS, if nobody picked up."""
    dropped: str = ""
    """The agent whose phone took the call and dropped it at once."""


async def ring_offer(call: Call, name: str, node: Queue, held: Held, offer: Offer) -> Rung:
    """What came of the offer."""
    try:
        group = await call.room.documents.get(Group, node.group)
        found = await call.room.documents.get_many(Agent, list(offer.agents))
    except AWAY:
        return Rung()
    agents = [agent.document for agent in found if agent]
    if group is None or not agents:
        return Rung()
    of_queue = f"{held.distribution.account}^{offer.number}"
    terms = Terms.of(group.document)
    return await ring(call, name, terms, agents, of_queue, music=True, waits_since=held.joined)


async def ring(  # noqa: PLR0913 - what phones and the caller are told
    call: Call,
    node: str,
    terms: Terms,
    agents: Sequence[Callee],
    of_queue: str = "",
    *,
    music: bool = False,
    waits_since: int | None = None,
) -> Rung:
    """Ring all of these; the caller hears ringing, or music.

    ``of_queue``: the account and the offer, of a queue that has to accept who picked up before the two are connected.
    """
    call.forget()  # after ringing nobody remembers having pressed a key
    offered = {dial_of(agent, call.trunk): agent for agent in agents}
    if call.meter is not None:
        await call.meter.rings(agents)
    await show(call, node, terms.group, agents, waits_since)
    await call.channel.mark("OFFER", offer_pairs(node, terms.group, offered))
    await call.channel.set_variable(PICKED_UP, "")
    status = await dial_phones(call.channel, offered, terms.ring_seconds, of_queue, music=music)
    rung = await _answered_by(call.channel, terms, offered) if status == "ANSWER" else Rung(status=status)
    if call.meter is not None and not rung.talked:
        await call.meter.rang(picked_up=bool(rung.dropped) or any(agent.confirm for agent in agents))
    return rung


async def _answered_by(channel: Channel, terms: Terms, offered: Mapping[str, Callee]) -> Rung:
    at, picked_up, taken = (await channel.evaluate(TAKEN)).split(" ")
    if picked_up and int(at) - int(picked_up) >= terms.drop_seconds * 1000:
        return Rung(talked=True)
    await channel.mark("DROP")
    await channel.set_variable("DIALSTATUS", "")  # ANSWER would have the dialplan end a call whose session died
    place = int(taken.partition("@")[0]) if len(offered) > 1 else 0
    return Rung(dropped=list(offered.values())[place].id)


async def dial_phones(
    channel: Channel, offered: Mapping[str, Callee], seconds: int, of_queue: str = "", *, music: bool = False
) -> str:
    """``offered``: who is rung by what. Gives what ``Channel.dial`` does."""
    options = ("m" if music else "r") + "g"
    legs = [(f"PJSIP/{dial}", _answered(agent, of_queue)) for dial, agent in offered.items()]
    if len(legs) == 1 and not any(agent.confirm for agent in offered.values()):
        [(target, own)] = legs
        # In a queue it need not say that it rings: Asterisk would wait for the caller's channel, up to 20 ms.
        return await channel.dial(target, seconds, options + ("" if music else RINGS) + own)
    # Dial stops the other phones at the first that is picked up, and from then on notices no caller who leaves.
    return await channel.dial_apart([(target, RINGS + own) for target, own in legs], seconds, options)


def dial_of(agent: Callee, trunk: str) -> str:
    """What Dial is told: the agent's SIP endpoint, or its number on the trunk."""
    return f"{agent.bound}@{trunk}" if agent.bound else agent.id


def offer_pairs(node: str, group: str, offered: Mapping[str, Callee]) -> list[tuple[str, str]]:
    """What the event ``OFFER`` says; ``offered``: who is rung by what."""
    pairs = [("node", node), ("group", group)]
    for dial, agent in offered.items():
        pairs += [("agent", agent.id), ("dial", dial)]
    return pairs


def _answered(agent: Callee, of_queue: str) -> str:
    """Of the phone's Dial: the dialplan's ``answered`` as it was picked up."""
    return f"U(answered^{agent.id}^{'confirm' if agent.confirm else ''}^{of_queue})"
