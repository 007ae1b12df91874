"""What commands that change agents and calls have in common: Redis, and whoever is at the controls."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.cli.terminal import Refused
from services.domain.agents import IllegalTransition
from services.settings import Settings
from services.store import supervision
from services.store.distribution import Unknown

Actor = Annotated[str, typer.Option("--as", help="Who does it, for the audit.", default_factory=getpass.getuser)]


def run(work: Callable[[Redis], Awaitable[None]]) -> None:
    async def with_redis() -> None:
        async with Redis.from_url(Settings().redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            await work(redis)

    try:
        asyncio.run(with_redis())
    except (supervision.Refused, IllegalTransition, Unknown, RedisError) as error:
        raise Refused(error) from error
