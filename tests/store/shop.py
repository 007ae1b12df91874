"""A small company's distribution: three operators at SIP phones and one at a mobile."""

from typing import Any

from redis.asyncio import Redis

from services.domain.agents import State
from services.domain.documents import Agent, Group
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.queues import Offer

NOW = 1_772_416_800_000
"""10:00 in China."""


def agent(name: str, **more: Any) -> Agent:
    phone = {} if "bound" in more else {"sip": {"password": "x" * 12}}
    return Agent.model_validate({"kind": "agent", "id": name, "account": "shop", "name": name, **phone, **more})


def group(strategy: str = "sequence", **more: Any) -> Group:
    members = {"members": ["li", "wang", "zhao"]}
    return Group.model_validate(
        {"kind": "group", "id": "sales", "account": "shop", "name": "x", "strategy": strategy, **members, **more}
    )


class Shop:
    """Time stands still unless it is told to pass."""

    def __init__(self, redis: Redis) -> None:
        self.due: int | None = None
        self.distribution = Distribution(redis, "shop", next_due=self._sleep_until)
        self.now = NOW

    def _sleep_until(self, account: str, due: int | None) -> None:
        assert account == "shop"
        self.due = due

    async def opens(self, *groups: Group, ready: str = "") -> None:
        for name in ("li", "wang", "zhao"):
            await agents.put(self.distribution, agent(name), self.now)
        for one in groups:
            await queues.put(self.distribution, one, self.now)
        for name in ready.split():
            await agents.login(self.distribution, name, self.now)

    async def passes(self, ms: int) -> None:
        """Somebody else lives, who is heard of now and then."""
        until = self.now + ms
        while self.now < until:
            self.now = min(self.now + 3000, until)
            await queues.status(self.distribution, "sales", self.now)
            await queues.advance(self.distribution, self.now)

    async def hears_nothing(self, ms: int) -> None:
        self.now += ms

    async def joins(self, call: str, group: str = "sales", **known: Any) -> Offer | None:
        place = await queues.join(self.distribution, call, group, self.now, **{"process": "p1", **known})
        assert place is not None, "the queue is full"
        return place.offer

    async def offer(self, call: str) -> Offer | None:
        return (await queues.renew(self.distribution, "p1", [call], self.now))[call]

    async def rings(self, call: str) -> str:
        """Who rings for the call, `li` or `li wang`; nobody: an empty text."""
        offer = await self.offer(call)
        return " ".join(offer.agents) if offer else ""

    async def takes(self, call: str, name: str) -> bool:
        offer = await self.offer(call)
        assert offer is not None, f"nobody rings for {call}"
        return await queues.answered(self.distribution, call, offer.number, name, self.now)

    async def misses(self, call: str, *names: str) -> Offer | None:
        offer = await self.offer(call)
        assert offer is not None, f"nobody rings for {call}"
        return await queues.missed(self.distribution, call, offer.number, self.now, names)

    async def leaves(self, call: str, reason: queues.Reason = "abandoned") -> bool:
        return await queues.leave(self.distribution, call, reason, self.now)

    async def talks(self, call: str, name: str) -> None:
        """From the call's arrival to the end of the talk, all in no time."""
        await self.joins(call)
        assert await self.takes(call, name)
        await queues.ended(self.distribution, call, self.now)

    async def state(self, name: str) -> tuple[State, str]:
        found = await agents.get(self.distribution, name)
        assert found is not None
        return found.state, found.reason
