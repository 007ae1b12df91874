"""Walks a call through its hotline's flow, node by node."""

import contextlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from redis.asyncio import Redis

from agi import admission, transfer
from agi.call import CAUSE, Call, Speaker
from agi.channel import Channel
from agi.handlers import HANDLERS
from agi.nodes import caps
from agi.room import Room
from agi.systems import Nobody, Systems
from services.billing.metering import Metering
from services.domain.documents import Hotline
from services.domain.nodes import Node
from services.store import documents, live
from services.store.breaker import AWAY
from services.store.documents import Versioned
from services.store.due import now

DONE = "JOURNEY"
"""Channel variable: ``done`` tells the dialplan not to come back. Missing after a crash, so that it does."""

NODE = "JOURNEY_NODE"
"""Channel variable: the node that the call is at, for the session that takes over after a crash."""

VERSION = "JOURNEY_VERSION"
"""Channel variable: the version of the hotline's document that the call began with, and keeps."""

AFTER = "JOURNEY_AFTER"
"""Channel variable: the node that the call goes on at when a talk ends, empty: none. Read also by the dialplan, which
ends a call whose talk has outlived its session unless there is one."""

UNALLOCATED_NUMBER = "1"

HOP_LIMIT = 500
"""No caller goes through so many nodes: a flow that turns in circles without waiting ends here."""


@dataclass(frozen=True)
class Journey:
    """Takes a call that Asterisk hands over. Raises what Redis raises: the dialplan then comes back with the call."""

    redis: Redis
    sounds: Path
    recordings: Path
    room: Room
    metering: Metering
    speaker: Speaker | None = None
    systems: Systems = field(default_factory=Nobody)

    async def __call__(self, channel: Channel) -> None:
        number = channel.headers["agi_extension"]
        left_at = await channel.get_variable(NODE)
        found = await self._begun(channel, number) if left_at else None
        found = found or await self.room.documents.hotline(number)
        if found is None:
            await channel.mark("END", reason="unknown_hotline")
            await channel.set_variable(CAUSE, UNALLOCATED_NUMBER)
        else:
            async with self.room.counting.session(number, channel.headers["agi_uniqueid"]) as counted:
                own = (self.redis, self.sounds, self.recordings, found.document, self.room)
                call = Call(channel, *own, counted, self.systems, speaker=self.speaker)
                await self._take(call, found.version, left_at)
        await channel.set_variable(DONE, "done")

    async def _begun(self, channel: Channel, number: str) -> Versioned[Hotline] | None:
        """The version with which a session before this one began the call; None when it cannot be had."""
        version = await channel.get_variable(VERSION)
        try:
            return await documents.get_version(self.redis, Hotline, number, int(version or 0))
        except AWAY:
            return None

    async def _take(self, call: Call, version: int, left_at: str | None) -> None:
        if not left_at:
            await call.channel.set_variable(VERSION, str(version))
        await call.channel.mark(
            "JOURNEY",
            account=call.hotline.account,
            hotline=call.hotline.number,
            caller=call.caller,
            version=str(version),
            resumed="1" if left_at else "0",
        )
        if not left_at:
            await _say_started(call)
        go_on = partial(_go_on, left_at=left_at)
        await admission.admit(call, version, self.metering, go_on, resumed=bool(left_at))


async def _say_started(call: Call) -> None:
    """While Redis is away nobody is told."""
    with contextlib.suppress(*AWAY):
        await live.started(
            call.distribution, call.id, now(), hotline=call.hotline.number, number=call.number, region=call.region
        )


async def _go_on(call: Call, left_at: str | None) -> None:
    if left_at:
        await caps.take_over(call)
    nodes = call.hotline.flow.nodes
    at: str | None = left_at if left_at in nodes else None
    if at and await call.channel.get_variable("DIALSTATUS") == "ANSWER":  # the talk has outlived its session
        at = await _leave(call, nodes[at], await call.channel.get_variable(AFTER))
    elif at and (number := await call.channel.get_variable(transfer.TARGET)):
        at = await _leave(call, nodes[at], await transfer.handle(call, at, number))
    else:
        at = at or call.hotline.flow.start
    if at:
        await walk(call, at, None if left_at else "")


async def walk(call: Call, name: str, after: str | None) -> None:
    """``after``: what AFTER is; None: a session before this one may have set it."""
    for _ in range(HOP_LIMIT):
        node = call.hotline.flow.nodes[name]
        await call.channel.set_variable(NODE, name)
        if node.ringing and after != (node.ringing.after or ""):
            after = node.ringing.after or ""
            await call.channel.set_variable(AFTER, after)
        await call.channel.mark("NODE", node=name, kind=node.kind)
        following = await _leave(call, node, await HANDLERS[node.kind](call, name, node))
        if following is None:
            return
        name = following
    await call.channel.mark("END", reason="loop")


async def _leave(call: Call, node: Node, following: str | None) -> str | None:
    """``following``; when that is so because a talk is over, no session that takes the call over goes back to it."""
    if following and node.ringing and following == node.ringing.after:
        await call.channel.set_variable(NODE, following)  # before: ANSWER leads to where AFTER says
        await call.channel.set_variable("DIALSTATUS", "")
        await call.channel.set_variable(transfer.TARGET, "")
        if call.meter is not None:
            await call.meter.talked()
    return following
