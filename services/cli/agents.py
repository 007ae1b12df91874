"""``hotline agent …``: who is on duty."""

import asyncio
from collections.abc import Awaitable, Callable

import typer
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.cli.terminal import Refused, out
from services.domain.agents import IllegalTransition
from services.domain.documents import Agent
from services.settings import Settings
from services.store import agents as store
from services.store import documents
from services.store.distribution import Distribution, Unknown
from services.store.due import now

app = typer.Typer(no_args_is_help=True, help="Agents on duty.")

Change = Callable[[Distribution, str, int], Awaitable[None]]


@app.command()
def login(agent: str) -> None:
    """Put an agent on duty.

    Example: hotline agent login 1001
    """
    _change(agent, store.login)


@app.command()
def logout(agent: str) -> None:
    """Take an agent off duty; one who talks, after the call.

    Example: hotline agent logout 1001
    """
    _change(agent, store.logout)


@app.command()
def pause(agent: str, reason: str) -> None:
    """Pause an agent; one who talks, after the call.

    Example: hotline agent pause 1001 lunch
    """
    _change(agent, lambda distribution, name, now: store.pause(distribution, name, reason, now))


@app.command()
def resume(agent: str) -> None:
    """End a pause.

    Example: hotline agent resume 1001
    """
    _change(agent, store.resume)


def _change(agent: str, change: Change) -> None:
    async def work() -> None:
        async with Redis.from_url(Settings().redis_url, socket_timeout=5, socket_connect_timeout=5) as redis:
            found = await documents.get(redis, Agent, agent)
            if found is None:
                raise Refused(f"there is no agent {agent!r}")
            distribution = Distribution(redis, found.document.account)
            await change(distribution, agent, now())
            standing = await store.get(distribution, agent)
            out.print(f"{agent}: {standing.state if standing else 'unknown'}", markup=False)

    try:
        asyncio.run(work())
    except (IllegalTransition, Unknown, RedisError) as error:
        raise Refused(error) from error
