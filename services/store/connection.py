"""Connections to Redis, to which a Redis that refuses to work is one that is away.

To the library only a Redis that does not answer is. One whose disk is full, that lost its replicas, or that a failover
has left read-only answers each write with an error: whoever is prepared for its absence is for that, too.
"""

from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as RedisConnectionError

REFUSALS = ("MISCONF", "READONLY", "NOREPLICAS", "OOM", "MASTERDOWN", "BUSY")
"""What errors begin with that are not for what was asked: docs/distribution.md says what each means."""


class UnwillingError(RedisConnectionError):
    """Redis answers, but does not do what it was told; the message says why not."""


class _Parser(DefaultParser):  # type: ignore[misc, valid-type]
    EXCEPTION_CLASSES = {**DefaultParser.EXCEPTION_CLASSES, **dict.fromkeys(REFUSALS, UnwillingError)}  # noqa: RUF012


def connected(url: str, **options: Any) -> Redis:
    """``options``: those of the library."""
    return Redis.from_url(url, parser_class=_Parser, **options)


def bounded(url: str, **options: Any) -> Redis:
    """The same, with a pool whose connections are waited for."""
    return Redis.from_pool(BlockingConnectionPool.from_url(url, parser_class=_Parser, **options))
