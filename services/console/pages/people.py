"""People and tokens: of an account, or of the platform."""

from typing import Annotated

from pydantic import Field

from services.console.api import people as api
from services.console.api.people import NewPerson, NewToken, PersonFields
from services.console.context import At, Page, Redirect
from services.console.route import Routes
from services.domain.documents import Agent
from services.domain.model import Id, Model, Title
from services.domain.people import beyond
from services.domain.rights import OF_ALL_ACCOUNTS, OF_ONE_ACCOUNT, RIGHTS, Right, Role
from services.store import documents

pages = Routes()

_ACCOUNT = "/accounts/{account}"


class TokenForm(Model):
    id: Id
    name: Title
    scopes: Annotated[list[Right], Field(min_length=1)]
    days: Annotated[int | None, Field(ge=1, le=3650)] = None


class Ticked(PersonFields):
    """As browsers send it: a box that is not ticked is not sent."""

    active: bool = False


@pages.page("/people", Right.SEE_PEOPLE)
@pages.page(f"{_ACCOUNT}/people", Right.SEE_PEOPLE)
async def list_people(at: At) -> Page:
    return Page(
        "people/list.html",
        people=await api.list_people(at),
        tokens=await api.list_tokens(at),
        roles=_roles(at),
        agents=await _agents(at),
        scopes=sorted(at.identity.rights - {Right.OWN}),
        base=base(at),
    )


@pages.form("/people", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/people", Right.CHANGE_PEOPLE)
async def add_person(at: At, body: NewPerson) -> Page:
    return Page("people/begun.html", begun=await api.add_person(at, body), new=True, base=base(at))


@pages.page("/people/{login}", Right.SEE_PEOPLE)
@pages.page(f"{_ACCOUNT}/people/{{login}}", Right.SEE_PEOPLE)
async def show_person(at: At, login: str) -> Page:
    person = await api.get_person(at, login)
    return Page(
        "people/person.html", person=person, roles=_roles(at, person.role), agents=await _agents(at), base=base(at)
    )


@pages.form("/people/{login}", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/people/{{login}}", Right.CHANGE_PEOPLE)
async def change_person(at: At, login: str, body: Ticked) -> Redirect:
    await api.change_person(at, login, body)
    return Redirect(f"{base(at)}/people")


@pages.form("/people/{login}/password", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/people/{{login}}/password", Right.CHANGE_PEOPLE)
async def reset_password(at: At, login: str) -> Page:
    return Page("people/begun.html", begun=await api.reset_password(at, login), new=False, base=base(at))


@pages.form("/people/{login}/second-factor/remove", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/people/{{login}}/second-factor/remove", Right.CHANGE_PEOPLE)
async def remove_second_factor(at: At, login: str) -> Redirect:
    await api.remove_second_factor(at, login)
    return Redirect(f"{base(at)}/people/{login}")


@pages.form("/people/{login}/remove", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/people/{{login}}/remove", Right.CHANGE_PEOPLE)
async def remove_person(at: At, login: str) -> Redirect:
    await api.remove_person(at, login)
    return Redirect(f"{base(at)}/people")


@pages.form("/tokens", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/tokens", Right.CHANGE_PEOPLE)
async def add_token(at: At, body: TokenForm) -> Page:
    shown = await api.add_token(at, NewToken.model_validate(body.model_dump()))
    return Page("people/token.html", shown=shown, base=base(at))


@pages.form("/tokens/{token}/take-back", Right.CHANGE_PEOPLE)
@pages.form(f"{_ACCOUNT}/tokens/{{token}}/take-back", Right.CHANGE_PEOPLE)
async def take_back_token(at: At, token: str) -> Redirect:
    await api.take_back_token(at, token)
    return Redirect(f"{base(at)}/people")


def base(at: At) -> str:
    """What the addresses of these pages begin with: empty above the accounts."""
    account = at.request.match_info.get("account")
    return "" if account is None else f"/accounts/{account}"


def _roles(at: At, present: Role | None = None) -> list[Role]:
    """Those that whoever asks may give here, the least first, and the present one, so that a form can show it."""
    here = OF_ONE_ACCOUNT if "account" in at.request.match_info else OF_ALL_ACCOUNTS
    return [
        role
        for role in reversed(Role)
        if role == present or (role in here and not beyond(at.identity.rights, RIGHTS[role]))
    ]


async def _agents(at: At) -> list[Agent]:
    account = at.request.match_info.get("account")
    if account is None:
        return []
    names = await documents.names(at.redis, Agent)
    found = [one.document for one in await documents.get_many(at.redis, Agent, names) if one]
    return [agent for agent in found if agent.account == account]
