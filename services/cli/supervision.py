"""``hotline supervise …`` and ``hotline call …``: what supervisors do."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from redis.asyncio import Redis

from services.cli.session import Actor, run
from services.cli.terminal import Refused, out
from services.domain.documents import Account
from services.store import documents, queues, supervision
from services.store.distribution import Distribution
from services.store.due import now
from services.store.queues import Caller
from services.store.supervision import Mode

calls = typer.Typer(no_args_is_help=True, help="Calls in queues: waiting, ringing, talking.")


def supervise(mode: Mode, supervisor: str, agent: str, actor: Actor) -> None:
    """Ring a supervisor's phone to hear the talk that an agent has now, until that is over.

    listen: nobody hears the supervisor; whisper: the agent does; barge: both do.

    Example: hotline supervise listen 1009 1001
    """

    async def work(redis: Redis) -> None:
        await supervision.spy(redis, actor, supervisor, agent, mode)
        out.print(f"{supervisor}: {mode} {agent}", markup=False)

    run(work)


@calls.command("list")
def list_calls(
    account: Annotated[str | None, typer.Argument(help="Default: every account.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,  # noqa: FBT002
) -> None:
    """List the calls in an account's queues, the oldest first.

    Example: hotline call list demo
    """

    async def work(redis: Redis) -> None:
        for name in [account] if account else await documents.names(redis, Account):
            for call in await queues.callers(Distribution(redis, name)):
                line = json.dumps({"account": name, **asdict(call)}) if as_json else _line(name, call)
                out.print(line, markup=False)

    run(work)


@calls.command()
def pull(call: str, agent: str, actor: Actor) -> None:
    """Have a waiting caller offered to an agent next, before all others.

    Example: hotline call pull pbx1-1763812345.17 1001
    """

    async def work(redis: Redis) -> None:
        await supervision.pull(redis, actor, call, agent)
        out.print(f"{call}: next for {agent}", markup=False)

    run(work)


@calls.command()
def hangup(call: str, actor: Actor) -> None:
    """End a call that is in a queue: waiting, ringing or talking.

    Example: hotline call hangup pbx1-1763812345.17
    """

    async def work(redis: Redis) -> None:
        await supervision.hang_up(redis, actor, await _account(redis, call), call)
        out.print(f"{call}: hung up", markup=False)

    run(work)


async def _account(redis: Redis, call: str) -> str:
    for name in await documents.names(redis, Account):
        if await queues.caller(Distribution(redis, name), call):
            return name
    raise Refused(f"call {call} is in no queue")


def _line(account: str, call: Caller) -> str:
    who = f"pulled to {call.pulled}" if call.pulled else " ".join(call.agents)
    seconds = (now() - call.joined) // 1000
    where = f"{call.call:<26} {account:<12} {call.group:<12}"
    return f"{where} {call.state:<8} {seconds:>5} s  {call.number:<16} {who}".rstrip()
