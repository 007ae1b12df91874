"""``hotline callback …``: customers who are to be called back."""

import json
from typing import Annotated

import typer
from redis.asyncio import Redis

from services.cli import session
from services.cli.terminal import Refused, out
from services.domain.instant import to_rfc3339
from services.store import callbacks
from services.store.callbacks import Callback
from services.store.distribution import Distribution
from services.store.due import now

app = typer.Typer(no_args_is_help=True, help="Customers who are to be called back.")


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:  # noqa: FBT002
    """List the callbacks that are pending, of each account who waits longest first.

    Example: hotline callback list
    """

    async def work(redis: Redis) -> None:
        for account in await callbacks.accounts(redis):
            async for callback in callbacks.pending(Distribution(redis, account)):
                out.print(_line(account, callback, as_json=as_json), markup=False)

    session.run(work)


@app.command()
def cancel(callback: str) -> None:
    """Cancel a callback, named as in the list. A customer whose phone rings already is not hung up on.

    Example: hotline callback cancel callback-0123456789ab
    """

    async def work(redis: Redis) -> None:
        for account in await callbacks.accounts(redis):
            if await callbacks.cancel(Distribution(redis, account), callback, "by_hand", now()):
                out.print(f"{callback}: cancelled", markup=False)
                return
        raise Refused(f"no callback {callback!r} is pending")

    session.run(work)


def _line(account: str, callback: Callback, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"account": account, **callback.model_dump()}, ensure_ascii=False)
    return (
        f"{callback.id}  {account}  {callback.group}  {callback.number}  {callback.state}"
        f"  asked {to_rfc3339(callback.asked)}  due {to_rfc3339(callback.due)}  attempts {callback.attempts}"
    )
