"""``hotline person …``: who may log in to the console."""

import secrets
from typing import Annotated

import typer
from pydantic import ValidationError
from redis.asyncio import Redis

from services.cli.session import Actor, run
from services.cli.terminal import Refused, out
from services.console import passwords
from services.domain.documents import Account, Agent
from services.domain.people import Person
from services.domain.rights import Role
from services.store import documents, people
from services.store.audit import Act, kept
from services.store.people import Known, TakenError

app = typer.Typer(no_args_is_help=True, help="Who may log in to the console.")

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

    async def work(redis: Redis) -> None:
        await _check(redis, person)
        password = _password()
        async with kept(redis, Act(person.account or "", actor, "add_person", login)):
            try:
                await people.add(redis, person, await passwords.hashed(password))
            except TakenError as error:
                raise Refused(error) from error
        out.print(f"{login}: {password}", markup=False)

    run(work)


async def _check(redis: Redis, person: Person) -> None:
    if person.account is not None and await documents.get(redis, Account, person.account) is None:
        raise Refused(f"there is no account {person.account!r}")
    if person.agent is not None:
        found = await documents.get(redis, Agent, person.agent)
        if found is None or found.document.account != person.account:
            raise Refused(f"the account {person.account!r} has no agent {person.agent!r}")


@app.command("list")
def list_people(
    account: Annotated[str | None, typer.Argument(help="Default: those above the accounts.")] = None,
) -> None:
    """List the people of an account.

    Example: hotline person list demo
    """

    async def work(redis: Redis) -> None:
        for known in await people.of(redis, account):
            person = known.person
            marks = [*(["second factor"] if known.totp else []), *([] if person.active else ["not active"])]
            out.print(f"{person.login:<24} {person.role:<15} {person.name}  {', '.join(marks)}".rstrip(), markup=False)

    run(work)


@app.command()
def password(login: Login, actor: Actor) -> None:
    """Give a person a new password, print it, and end the person's sessions.

    Example: hotline person password li.na
    """

    async def work(redis: Redis) -> None:
        known, new = await _known(redis, login), _password()
        async with kept(redis, Act(known.person.account or "", actor, "reset_password", login)):
            await people.set_password(redis, login, await passwords.hashed(new))
        out.print(f"{login}: {new}", markup=False)

    run(work)


@app.command("no-totp")
def no_totp(login: Login, actor: Actor) -> None:
    """Take a person's second factor away: for who has lost the phone it was on.

    Example: hotline person no-totp li.na
    """

    async def work(redis: Redis) -> None:
        known = await _known(redis, login)
        async with kept(redis, Act(known.person.account or "", actor, "remove_totp", login)):
            await people.set_totp(redis, login, "")
        out.print(f"{login}: no second factor", markup=False)

    run(work)


@app.command()
def remove(login: Login, actor: Actor) -> None:
    """Let a person log in no more.

    Example: hotline person remove li.na
    """

    async def work(redis: Redis) -> None:
        known = await _known(redis, login)
        async with kept(redis, Act(known.person.account or "", actor, "remove_person", login)):
            await people.remove(redis, known.person)
        out.print(f"{login}: removed", markup=False)

    run(work)


async def _known(redis: Redis, login: str) -> Known:
    found = await people.get(redis, login)
    if found is None:
        raise Refused(f"there is no person {login!r}")
    return found


def _password() -> str:
    return secrets.token_urlsafe(12)
