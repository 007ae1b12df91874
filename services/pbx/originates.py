"""Rings phones by AMI, and knows which of them were picked up."""

import asyncio
from collections import OrderedDict

from services.ami import Link, Message, RefusedError
from services.store.requests import Originate

KEPT = 1000
"""Outcomes that nobody has asked for yet: one may be told before Asterisk's answer has reached who waits for it."""
SPARE_SECONDS = 5.0
"""More than the phone rings; after that no outcome will come, because the link was lost meanwhile."""

_REASONS = {"0": "busy, declined, or not registered", "1": "hung up", "3": "nobody answered", "5": "busy"}
"""AST_CONTROL numbers in an OriginateResponse; a phone that rejects is mostly told as 0 (measured, 22.10)."""


class Originates:
    def __init__(self, link: Link) -> None:
        self._link = link
        self._outcomes: OrderedDict[str, asyncio.Future[Message]] = OrderedDict()
        link.subscribe("OriginateResponse", self._told)

    async def do(self, request: Originate) -> None:
        """Returns when the phone was picked up. Raises RefusedError when it was not, else as ``Link.action`` does."""
        response = await self._link.action(
            "Originate",
            Channel=f"PJSIP/{request.dial}",
            Context=request.context,
            Exten=request.extension,
            Priority="1",
            CallerID=request.caller_id,
            Timeout=str(request.seconds * 1000),
            Variable=[f"{name}={value}" for name, value in request.variables.items()],
            Async="true",
        )
        name = response["ActionID"]
        try:
            async with asyncio.timeout(request.seconds + SPARE_SECONDS):
                outcome = await self._outcome(name)
        finally:
            self._outcomes.pop(name, None)
        if outcome["Response"] != "Success":
            reason = outcome["Reason"]
            raise RefusedError("Originate", _REASONS.get(reason, f"reason {reason}"))

    async def _told(self, event: Message) -> None:
        if not (outcome := self._outcome(event["ActionID"])).done():
            outcome.set_result(event)

    def _outcome(self, name: str) -> asyncio.Future[Message]:
        outcome = self._outcomes.setdefault(name, asyncio.get_running_loop().create_future())
        while len(self._outcomes) > KEPT:
            self._outcomes.popitem(last=False)
        return outcome
