"""What commands have in common: Redis, and whoever is at the controls."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.cli.terminal import Refused
from services.configuration import refusal
from services.domain.agents import IllegalTransition
from services.settings import Settings
from services.store import supervision
from services.store.connection import connected
from services.store.distribution import Unknown
from services.store.records import UnreadableError

T = TypeVar("T")

Actor = Annotated[str, typer.Option("--as", help="Who does it, for the audit.", default_factory=getpass.getuser)]


def run(work: Callable[[Redis], Awaitable[T]]) -> T:
    """What the work gives. Whatever it is refused, or cannot be had, ends the command with a sentence."""

    async def with_redis() -> T:
        async with connected(Settings().redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            return await work(redis)

    try:
        return asyncio.run(with_redis())
    except refusal.Refused as error:
        raise Refused(*error.sentences) from error
    except (supervision.Refused, IllegalTransition, Unknown, UnreadableError, RedisError, OSError) as error:
        raise Refused(error) from error
    except KeyboardInterrupt:
        raise typer.Exit from None
