"""``hotline token …``: what programs show to the console's API."""

from datetime import timedelta
from typing import Annotated

import typer
from pydantic import ValidationError

from services.cli.people import run
from services.cli.session import Actor
from services.cli.terminal import Refused, out
from services.console import roster
from services.console.roster import By
from services.domain.people import Token
from services.domain.rights import Right
from services.store import people
from services.store.due import now

app = typer.Typer(no_args_is_help=True, help="What programs show to the console's API.")

Of = Annotated[str | None, typer.Option("--account", help="Whose; none: of all accounts.")]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Its id: lower case, digits, - and _")],
    scopes: Annotated[list[Right], typer.Argument(help="What it may.")],
    actor: Actor,
    account: Of = None,
    days: Annotated[int | None, typer.Option(min=1, help="How long it holds; default: until taken back.")] = None,
) -> None:
    """Make a token, and print what its program has to show. It is told this once.

    Example: hotline token add crm see_calls hear_recordings --account demo --days 365
    """
    at = now()
    expires = None if days is None else at + timedelta(days=days) // timedelta(milliseconds=1)
    fields = {"id": name, "name": name, "account": account, "scopes": scopes, "by": actor}
    try:
        token = Token.model_validate({**fields, "created": at, "expires": expires})
    except ValidationError as error:
        found = error.errors()[0]
        raise Refused(f"{'.'.join(map(str, found['loc']))}: {found['msg']}") from None
    out.print(run(lambda redis: roster.add_token(redis, token, By(actor, at_machine=True))), markup=False)


@app.command("list")
def list_tokens(account: Of = None) -> None:
    """List the tokens that hold.

    Example: hotline token list --account demo
    """
    for token in run(lambda redis: people.tokens(redis, account)):
        out.print(f"{token.id:<24} {', '.join(sorted(token.scopes))}", markup=False)


@app.command("take-back")
def take_back(name: str, actor: Actor, account: Of = None) -> None:
    """Have a token hold no more.

    Example: hotline token take-back crm --account demo
    """
    run(lambda redis: roster.take_back(redis, account, name, By(actor, at_machine=True)))
    out.print(f"{name}: taken back", markup=False)
