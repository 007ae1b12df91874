"""All that the distribution knows, from Redis and from the model, in the same form."""

from typing import Any

from services.store import agents, keys
from services.store.distribution import Distribution
from tests.store.model import Model


def of_model(model: Model) -> dict[str, Any]:
    return {
        "agents": model.agents,
        "calls": {
            call.id: {
                "state": call.state,
                "group": call.group,
                "joined": call.joined,
                "process": call.process,
                "agents": call.agents,
                "priority": call.priority,
                "offer": call.offer,
                "tried": call.tried,
                "pool": call.pool if call.state == "waiting" else None,
                "said": len(call.said),
                "pulled": call.pulled,
                "channel": call.channel,
            }
            for call in model.calls.values()
        },
        "queues": {group: [call.id for call in model.waiting(group)] for group in model.groups},
        "ready": {group: set(model.idle(group)) for group in model.groups},
        "places": {place: joined for place, (joined, _) in model.places.items()},
        "scores": {group: model.scores.get(group, []) for group in model.groups},
        "served": {group: model.served.get(group, []) for group in model.groups},
        "due": model.due(),
    }


class Stored:
    def __init__(self, distribution: Distribution, names: list[str], groups: list[str]) -> None:
        self._redis: Any = distribution.redis
        self._distribution = distribution
        self._names, self._groups = names, groups
        self._prefix = keys.distribution(distribution.account)

    async def everything(self) -> dict[str, Any]:
        """Besides: a pool or an announcement without its caller is a leak."""
        found = [
            name.decode().removeprefix(self._prefix) async for name in self._redis.scan_iter(f"{self._prefix}*", 500)
        ]
        calls = {name[5:]: await self._call(name[5:]) for name in found if name.startswith("call:")}
        assert {name for name in found if name.startswith(("pool:", "said:"))} == {
            *(f"pool:{call['group']}:{call['pool']}" for call in calls.values() if call["pool"]),
            *(f"said:{name}" for name, call in calls.items() if call["said"]),
        }
        return {
            "agents": {name: await agents.get(self._distribution, name) for name in self._names},
            "calls": calls,
            "queues": {group: await self._sorted(f"queue:{group}") for group in self._groups},
            "ready": {group: {name[6:] for name in await self._sorted(f"ready:{group}")} for group in self._groups},
            "places": {
                (group, name): int(joined)
                for group in self._groups
                for name, joined in (await self._hash(f"places:{group}")).items()
            },
            "scores": {group: [score == 1 for score in await self._list(f"scores:{group}")] for group in self._groups},
            "served": {group: await self._list(f"served:{group}") for group in self._groups},
            "due": {
                (int(at), what.decode())
                for what, at in await self._redis.zrange(f"{self._prefix}due", 0, -1, withscores=True)
            },
        }

    async def told(self) -> dict[tuple[str, str], tuple[str, str]]:
        """State and reason of everybody, as the stream of live events tells them."""
        told: dict[tuple[str, str], tuple[str, str]] = {}
        for _, entry in await self._redis.xrange(keys.LIVE_STREAM):
            fields = {name.decode(): value.decode() for name, value in entry.items()}
            if fields["of"] not in {"agent", "caller"}:
                continue
            who = fields["of"], fields["agent" if fields["of"] == "agent" else "call"]
            now = fields["state"], fields["reason"]
            assert told.get(who) != now or fields["of"] == "caller", "an entry is a change"
            told[who] = now
        return told

    async def _call(self, call: str) -> dict[str, Any]:
        found = await self._hash(f"call:{call}")
        return {
            **{name: found[name] for name in ("state", "group", "process", "pulled", "channel")},
            **{name: int(found[name]) for name in ("joined", "priority", "offer")},
            "agents": found["agents"].split(),
            "tried": set(found["tried"].split()),
            "pool": found["pool"] if found["state"] == "waiting" else None,
            "said": await self._redis.llen(f"{self._prefix}said:{call}"),
        }

    async def _hash(self, name: str) -> dict[str, str]:
        found = await self._redis.hgetall(self._prefix + name)
        return {name.decode(): value.decode() for name, value in found.items()}

    async def _sorted(self, name: str) -> list[str]:
        return [one.decode() for one in await self._redis.zrange(self._prefix + name, 0, -1)]

    async def _list(self, name: str) -> list[int]:
        return [int(one) for one in await self._redis.lrange(self._prefix + name, 0, -1)]
