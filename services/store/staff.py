"""Agents and groups of documents, made known to the distribution of calls."""

from collections.abc import Sequence

from redis.asyncio import Redis

from services.domain.documents import Agent, Document, Group
from services.store import agents, queues
from services.store.distribution import Distribution
from services.store.due import now


async def put(redis: Redis, found: Sequence[Document]) -> None:
    at = now()
    for document in found:
        if isinstance(document, Agent):
            await agents.put(Distribution(redis, document.account), document, at)
    for document in found:
        if isinstance(document, Group):
            await queues.put(Distribution(redis, document.account), document, at)


async def remove(redis: Redis, gone: Document) -> None:
    """No call is distributed to it any more."""
    if isinstance(gone, Agent):
        await agents.remove(Distribution(redis, gone.account), gone.id, now())
    if isinstance(gone, Group):
        nobody = gone.model_copy(update={"members": []})
        await queues.put(Distribution(redis, gone.account), nobody, now())
