"""``hotline agent …``: who is on duty."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli.session import Actor, run
from services.cli.terminal import Refused, out
from services.domain.documents import Agent
from services.store import agents as store
from services.store import documents, supervision
from services.store.audit import Act, kept
from services.store.distribution import Distribution
from services.store.due import now

app = typer.Typer(no_args_is_help=True, help="Agents on duty.")

Change = Callable[[Distribution, str, int], Awaitable[None]]


@app.command()
def login(agent: str, actor: Actor) -> None:
    """Put an agent on duty.

    Example: hotline agent login 1001
    """
    _change(agent, actor, "log_in", store.login)


@app.command()
def logout(
    agent: str,
    actor: Actor,
    force: Annotated[bool, typer.Option("--force", help="Now: a phone that rings for a call stops.")] = False,  # noqa: FBT002
    hang_up: Annotated[bool, typer.Option("--hangup", help="With --force: hang up the agent's talk.")] = False,  # noqa: FBT002
) -> None:
    """Take an agent off duty; one who talks, after the call.

    Example: hotline agent logout 1001 --force
    """
    if hang_up and not force:
        raise typer.BadParameter("--hangup goes with --force")
    if not force:
        _change(agent, actor, "log_out", store.logout)
        return

    async def work(redis: Redis) -> None:
        await supervision.log_out(redis, actor, agent, hang_up=hang_up)
        await _show(redis, agent)

    run(work)


@app.command()
def pause(agent: str, reason: str, actor: Actor) -> None:
    """Pause an agent; one who talks, after the call.

    Example: hotline agent pause 1001 lunch
    """
    _change(agent, actor, "pause", lambda distribution, name, now: store.pause(distribution, name, reason, now))


@app.command()
def resume(agent: str, actor: Actor) -> None:
    """End a pause.

    Example: hotline agent resume 1001
    """
    _change(agent, actor, "resume", store.resume)


def _change(agent: str, actor: str, action: str, change: Change) -> None:
    async def work(redis: Redis) -> None:
        distribution = await _distribution(redis, agent)
        async with kept(redis, Act(distribution.account, actor, action, agent)):
            await change(distribution, agent, now())
        await _show(redis, agent)

    run(work)


async def _distribution(redis: Redis, agent: str) -> Distribution:
    try:
        found = await documents.get(redis, Agent, agent)
    except ValidationError as error:
        raise Refused(f"agent {agent!r} was written by another release: {error.errors()[0]['msg']}") from error
    if found is None:
        raise Refused(f"there is no agent {agent!r}")
    return Distribution(redis, found.document.account)


async def _show(redis: Redis, agent: str) -> None:
    standing = await store.get(await _distribution(redis, agent), agent)
    out.print(f"{agent}: {standing.state if standing else 'unknown'}", markup=False)
