"""People and tokens: of an account, or, where the address names none, of those who stand above the accounts."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from services.console import roster
from services.console.context import At
from services.console.problems import Invalid
from services.console.roster import By
from services.console.route import Routes
from services.domain.model import Id, Model, Title
from services.domain.people import Language, Login, Person, Token
from services.domain.rights import Right, Role
from services.store import people
from services.store.due import now
from services.store.people import Known

routes = Routes()

_ACCOUNT = "/api/v1/accounts/{account}"
_ABOVE = "/api/v1"


class PersonFields(Model):
    """All of a person that may become another."""

    name: Title
    role: Role
    agent: Id | None = None
    language: Language | None = None
    active: bool = True


class NewPerson(PersonFields):
    login: Login


class PersonBody(BaseModel):
    login: str
    name: str
    role: Role
    account: str | None
    agent: str | None
    language: Language | None
    active: bool
    second_factor: bool


class Begun(BaseModel):
    login: str
    password: Annotated[str, Field(description="Told this once.")]


class NewToken(Model):
    id: Id
    name: Title
    scopes: Annotated[frozenset[Right], Field(min_length=1)]
    days: Annotated[int | None, Field(ge=1, le=3650, description="How long it holds; null: until taken back.")] = None


class TokenBody(BaseModel):
    id: str
    name: str
    account: str | None
    scopes: list[Right]
    by: str
    created: int
    expires: Annotated[int | None, Field(description="Milliseconds since 1970; null: never.")]


class Shown(BaseModel):
    id: str
    token: Annotated[str, Field(description="What the program sends, as Authorization: Bearer. Told this once.")]


@routes.get(f"{_ABOVE}/people", Right.SEE_PEOPLE)
@routes.get(f"{_ACCOUNT}/people", Right.SEE_PEOPLE)
async def list_people(at: At) -> list[PersonBody]:
    """The people, by login."""
    return [_person(known) for known in await people.of(at.redis, _whose(at))]


@routes.get(f"{_ABOVE}/people/{{login}}", Right.SEE_PEOPLE)
@routes.get(f"{_ACCOUNT}/people/{{login}}", Right.SEE_PEOPLE)
async def get_person(at: At, login: str) -> PersonBody:
    """One person."""
    return _person(await roster.known(at.redis, login, _whose(at)))


@routes.post(f"{_ABOVE}/people", Right.CHANGE_PEOPLE, told_once=True)
@routes.post(f"{_ACCOUNT}/people", Right.CHANGE_PEOPLE, told_once=True)
async def add_person(at: At, body: NewPerson) -> Begun:
    """Let a person in; the answer has the password to begin with."""
    person = _made(at, body.login, body)
    return Begun(login=person.login, password=await roster.add(at.redis, person, by(at)))


@routes.put(f"{_ABOVE}/people/{{login}}", Right.CHANGE_PEOPLE)
@routes.put(f"{_ACCOUNT}/people/{{login}}", Right.CHANGE_PEOPLE)
async def change_person(at: At, login: str, body: PersonFields) -> PersonBody:
    """Change all of a person but login and account."""
    known = await roster.known(at.redis, login, _whose(at))
    await roster.change(at.redis, known, _made(at, login, body), by(at))
    return _person(await roster.known(at.redis, login, _whose(at)))


@routes.delete(f"{_ABOVE}/people/{{login}}", Right.CHANGE_PEOPLE)
@routes.delete(f"{_ACCOUNT}/people/{{login}}", Right.CHANGE_PEOPLE)
async def remove_person(at: At, login: str) -> None:
    """Let a person log in no more."""
    await roster.remove(at.redis, await roster.known(at.redis, login, _whose(at)), by(at))


@routes.post(f"{_ABOVE}/people/{{login}}/password", Right.CHANGE_PEOPLE, told_once=True)
@routes.post(f"{_ACCOUNT}/people/{{login}}/password", Right.CHANGE_PEOPLE, told_once=True)
async def reset_password(at: At, login: str) -> Begun:
    """Give a person a new password, and end its sessions."""
    known = await roster.known(at.redis, login, _whose(at))
    return Begun(login=login, password=await roster.reset_password(at.redis, known, by(at)))


@routes.delete(f"{_ABOVE}/people/{{login}}/second-factor", Right.CHANGE_PEOPLE)
@routes.delete(f"{_ACCOUNT}/people/{{login}}/second-factor", Right.CHANGE_PEOPLE)
async def remove_second_factor(at: At, login: str) -> None:
    """Take a person's second factor away, and end its sessions."""
    await roster.remove_totp(at.redis, await roster.known(at.redis, login, _whose(at)), by(at))


@routes.get(f"{_ABOVE}/tokens", Right.SEE_PEOPLE)
@routes.get(f"{_ACCOUNT}/tokens", Right.SEE_PEOPLE)
async def list_tokens(at: At) -> list[TokenBody]:
    """The tokens that hold, the newest first."""
    return [_token(token) for token in await people.tokens(at.redis, _whose(at))]


@routes.post(f"{_ABOVE}/tokens", Right.CHANGE_PEOPLE, told_once=True)
@routes.post(f"{_ACCOUNT}/tokens", Right.CHANGE_PEOPLE, told_once=True)
async def add_token(at: At, body: NewToken) -> Shown:
    """Let a program in, as far as its scopes reach: at most what whoever asks may."""
    created = now()
    token = Token(
        id=body.id,
        name=body.name,
        account=_whose(at),
        scopes=body.scopes,
        by=at.identity.login,
        created=created,
        expires=None if body.days is None else created + timedelta(days=body.days) // timedelta(milliseconds=1),
    )
    return Shown(id=token.id, token=await roster.add_token(at.redis, token, by(at)))


@routes.delete(f"{_ABOVE}/tokens/{{token}}", Right.CHANGE_PEOPLE)
@routes.delete(f"{_ACCOUNT}/tokens/{{token}}", Right.CHANGE_PEOPLE)
async def take_back_token(at: At, token: str) -> None:
    """Have a token hold no more."""
    await roster.take_back(at.redis, _whose(at), token, by(at))


def by(at: At) -> By:
    return By(at.identity.login, at.identity.rights, at.identity.account)


def _whose(at: At) -> str | None:
    return at.request.match_info.get("account")


def _made(at: At, login: str, fields: PersonFields) -> Person:
    """Raises Invalid."""
    try:
        return Person.model_validate({**fields.model_dump(), "login": login, "account": _whose(at)})
    except ValidationError as error:
        raise Invalid.of("body", error) from None


def _person(known: Known) -> PersonBody:
    return PersonBody(**known.person.model_dump(), second_factor=bool(known.totp))


def _token(token: Token) -> TokenBody:
    return TokenBody(**{**token.model_dump(), "scopes": sorted(token.scopes)})
