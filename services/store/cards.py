"""The last card that each agent was shown. All raise redis.exceptions.RedisError."""

from collections.abc import Sequence
from typing import Any

from services.domain.card import Card, from_json, to_json
from services.store import keys
from services.store.distribution import Distribution


async def show(distribution: Distribution, card: Card, agents: Sequence[str], now: int) -> None:
    await distribution.run("show", now, card.call, to_json(card), *agents)


async def last(distribution: Distribution, agent: str) -> Card | None:
    """None: there was none for half a day."""
    body: Any = await distribution.redis.get(keys.card(distribution.account, agent))
    return None if body is None else from_json(body)
