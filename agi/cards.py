"""Shows agents whom their phones ring for."""

import contextlib
from collections.abc import Sequence

from agi.call import Call
from agi.callee import Callee
from services.domain.card import Card
from services.domain.region import place_of
from services.store import cards
from services.store.breaker import AWAY
from services.store.callbacks import Callback
from services.store.distribution import Distribution
from services.store.due import now


async def show(call: Call, node: str, group: str, agents: Sequence[Callee], waits_since: int | None) -> None:
    """While Redis is away nobody is shown anything: phones ring all the same."""
    card = Card(
        kind="inbound",
        call=call.id,
        number=call.number,
        name=call.name,
        region=call.region,
        hotline=call.hotline.number,
        node=node,
        group=group,
        began=call.began,
        waits_since=waits_since,
        rang=now(),
        pressed=tuple(call.pressed),
        marks=tuple(call.marks),
    )
    await _show(call.distribution, card, [agent.id for agent in agents if agent.id])


async def show_callback(distribution: Distribution, callback: Callback, agent: str) -> None:
    card = Card(
        kind="callback",
        call=callback.id,
        number=callback.number,
        name="",
        region=place_of(callback.number),
        hotline=callback.hotline,
        node=callback.node,
        group=callback.group,
        began=callback.asked,
        waits_since=callback.joined,
        rang=now(),
    )
    await _show(distribution, card, [agent])


async def _show(distribution: Distribution, card: Card, agents: Sequence[str]) -> None:
    if agents:
        with contextlib.suppress(*AWAY):
            await cards.show(distribution, card, agents, now())
