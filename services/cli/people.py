"""``hotline person …``: who may log in to the console."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli import session
from services.cli.session import Actor
from services.cli.terminal import Refused, out
from services.console import roster
from services.console.problems import Problem
from services.console.roster import By
from services.domain.people import Person
from services.domain.rights import Role
from services.store import people
from services.store.people import Known

app = typer.Typer(no_args_is_help=True, help="Who may log in to the console.")
T = TypeVar("T")

Login = Annotated[str, typer.Argument(help="Lower case letters, digits, and . _ @ -")]


@app.command()
def add(  # noqa: PLR0913, PLR0917 - a person's fields
    login: Login,
    role: Role,
    actor: Actor,
    account: Annotated[str | None, typer.Option(help="Whose; none: of all accounts.")] = None,
    name: Annotated[str | None, typer.Option(help="As colleagues know the person; default: the login.")] = None,
    agent: Annotated[str | None, typer.Option(help="Who the person is at a phone.")] = None,
) -> None:
    """Let a person log in, and print the password that it begins with.

    Example: hotline person add li.na supervisor --account demo --name 李娜
    """
    fields = {"login": login, "role": role, "account": account, "name": name or login, "agent": agent}
    try:
        person = Person.model_validate(fields)
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        raise Refused(": ".join(filter(None, (where, found["msg"].removeprefix("Value error, "))))) from None
    _print_password(login, run(lambda redis: roster.add(redis, person, _by(actor))))


@app.command("list")
def list_people(
    account: Annotated[str | None, typer.Argument(help="Default: those above the accounts.")] = None,
) -> None:
    """List the people of an account.

    Example: hotline person list demo
    """
    for known in run(lambda redis: people.of(redis, account)):
        person = known.person
        marks = [*(["second factor"] if known.totp else []), *([] if person.active else ["not active"])]
        out.print(f"{person.login:<24} {person.role:<15} {person.name}  {', '.join(marks)}".rstrip(), markup=False)


@app.command()
def password(login: Login, actor: Actor) -> None:
    """Give a person a new password, print it, and end the person's sessions.

    Example: hotline person password li.na
    """

    async def work(redis: Redis) -> str:
        return await roster.reset_password(redis, await _known(redis, login), _by(actor))

    _print_password(login, run(work))


@app.command("no-totp")
def no_totp(login: Login, actor: Actor) -> None:
    """Take a person's second factor away: for who has lost the phone it was on.

    Example: hotline person no-totp li.na
    """

    async def work(redis: Redis) -> None:
        await roster.remove_totp(redis, await _known(redis, login), _by(actor))

    run(work)
    out.print(f"{login}: no second factor", markup=False)


@app.command()
def remove(login: Login, actor: Actor) -> None:
    """Let a person log in no more.

    Example: hotline person remove li.na
    """

    async def work(redis: Redis) -> None:
        await roster.remove(redis, await _known(redis, login), _by(actor))

    run(work)
    out.print(f"{login}: removed", markup=False)


def run(work: Callable[[Redis], Awaitable[T]]) -> T:
    try:
        return session.run(work)
    except Problem as problem:
        raise Refused(problem.detail) from None


def _by(actor: str) -> By:
    return By(actor, at_machine=True)


def _print_password(login: str, password: str) -> None:
    out.print(f"{login}: {password}", markup=False)


async def _known(redis: Redis, login: str) -> Known:
    found = await people.get(redis, login)
    if found is None:
        raise Refused(f"there is no person {login!r}")
    return found
