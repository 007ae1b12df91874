"""Whoever asks."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from pydantic import BaseModel

from services.console.context import At
from services.console.problems import Forbidden
from services.console.route import Routes
from services.domain.model import Model, Title
from services.domain.people import Language, Person
from services.domain.rights import Right
from services.store import people
from services.store.audit import Act, kept
from services.store.people import Known

routes = Routes("people")


class MeFields(Model):
    name: Title
    language: Language | None = None


class Me(BaseModel):
    login: str
    name: str
    account: str | None
    rights: list[Right]


@routes.get("/api/v1/me", None)
async def get_me(at: At) -> Me:
    """Who the token or the session is of, and what it may."""
    who = at.identity
    return Me(login=who.login, name=who.name, account=who.account, rights=sorted(who.rights))


@routes.put("/api/v1/me", Right.OWN)
async def change_me(at: At, body: MeFields) -> None:
    """Change one's own name and language."""
    known = await myself(at)

    def make(now: Person, _: Sequence[Person]) -> Person:
        return now.model_copy(update={"name": body.name, "language": body.language})

    async with act(at, known, "change_person"):
        await people.change(at.redis, known.person, make)


def act(at: At, known: Known, action: str) -> AbstractAsyncContextManager[None]:
    """As ``At.act``; the account is the person's, for the address has none."""
    return kept(at.redis, Act(known.person.account or "", known.person.login, action, known.person.login))


async def myself(at: At) -> Known:
    """Raises Forbidden: programs have nothing of that."""
    person = at.identity.person
    known = await people.get(at.redis, person.login) if person else None
    if known is None:
        raise Forbidden("That is for people, not for programs.")
    return known
