"""Who uses the console: people, and programs with tokens."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.domain.model import Id, Model, Title
from services.domain.rights import OF_ALL_ACCOUNTS, OF_ONE_ACCOUNT, RIGHTS, Right, Role

Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{1,63}$")]
"""Lower case letters, digits and ``. _ @ -``: a name or a mail address, the same for nobody else."""

NewPassword = Annotated[str, StringConstraints(min_length=10, max_length=200), Field(repr=False)]
"""Long rather than curious: NIST SP 800-63B asks for no mixture of signs."""

Language = Literal["zh-CN", "en"]


class Person(Model):
    login: Login
    name: Title
    role: Role
    account: Id | None = None
    """None: of all accounts."""
    agent: Id | None = None
    """Who they are at a phone: needed at the desk, and to listen to others' talks."""
    language: Language | None = None
    """None: as their browser says."""
    active: bool = True

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.account is None and self.role not in OF_ALL_ACCOUNTS:
            raise ValueError(f"a {self.role} is of one account: name it")
        if self.account is not None and self.role not in OF_ONE_ACCOUNT:
            raise ValueError(f"a {self.role} is of all accounts, not of {self.account}")
        if self.role is Role.AGENT and self.agent is None:
            raise ValueError("which agent is it? Give the id of the agent's document")
        return self

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role]


class Token(Model):
    """Of a program that uses the API. What it shows is not kept, only its digest."""

    id: Id
    name: Title
    account: Id | None = None
    """None: of all accounts."""
    scopes: Annotated[frozenset[Right], Field(min_length=1)]
    by: Annotated[str, Field(min_length=1, max_length=100)]
    """Who made it, as the audit names them."""
    created: int
    expires: int | None = None
    """Milliseconds since 1970."""


def beyond(rights: frozenset[Right], wanted: frozenset[Right]) -> list[Right]:
    """What somebody with these rights cannot give, nor take over from others by a new password."""
    return sorted(wanted - rights - {Right.OWN})


def locks_out(people: Sequence[Person], before: Person, after: Person | None) -> bool:
    """Whether nobody of these could let people in any more; ``after`` None: removed."""
    had, has = _lets_in(before), after is not None and _lets_in(after)
    return had and not has and not any(_lets_in(one) for one in people if one.login != before.login)


def _lets_in(person: Person) -> bool:
    return person.active and Right.CHANGE_PEOPLE in person.rights
