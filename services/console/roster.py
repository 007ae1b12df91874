"""How people get in, and out: the same for the console's pages, its API and the command line.

Whoever changes somebody has at least that one's rights, before and after: else a new password would be a way to them.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from services.console import passwords
from services.console.problems import Forbidden, Refused, Unknown
from services.domain.documents import Account, Agent
from services.domain.people import Person, Token, beyond, locks_out
from services.domain.rights import Right
from services.store import documents, people
from services.store.audit import Act, kept
from services.store.people import GoneError, Known, TakenError


@dataclass(frozen=True, slots=True)
class By:
    """Who does it."""

    actor: str
    """As the audit names them."""
    rights: frozenset[Right] = frozenset(Right)
    account: str | None = None
    at_machine: bool = False
    """By the command line, where nobody can lock themselves out."""


async def add(redis: Redis, person: Person, by: By) -> str:
    """The password to begin with. Raises Refused and Forbidden."""
    password = _password()
    async with kept(redis, Act(person.account or "", by.actor, "add_person", person.login)):
        _check_rights(by, person.rights)
        await _check_place(redis, person)
        try:
            await people.add(redis, person, await passwords.hashed(password))
        except TakenError:
            raise Refused("The login %(login)s is taken.", login=person.login) from None
    return password


async def change(redis: Redis, known: Known, after: Person, by: By) -> None:
    """Raises Refused, Forbidden and Unknown."""
    before = known.person

    def make(now: Person, colleagues: Sequence[Person]) -> Person:
        _check_rights(by, now.rights)
        _check_way_back(by, now, after, colleagues)
        return after

    async with kept(redis, Act(before.account or "", by.actor, "change_person", before.login)):
        _check_rights(by, after.rights)
        await _check_place(redis, after)
        try:
            await people.change(redis, before, make)
        except GoneError:
            raise _gone(before.login) from None


async def remove(redis: Redis, known: Known, by: By) -> None:
    """Raises Refused, Forbidden and Unknown."""
    person = known.person

    def make(now: Person, colleagues: Sequence[Person]) -> None:
        _check_rights(by, now.rights)
        _check_way_back(by, now, None, colleagues)

    async with kept(redis, Act(person.account or "", by.actor, "remove_person", person.login)):
        try:
            await people.change(redis, person, make)
        except GoneError:
            raise _gone(person.login) from None


async def reset_password(redis: Redis, known: Known, by: By) -> str:
    """The new one. Raises Forbidden."""
    person, new = known.person, _password()
    async with kept(redis, Act(person.account or "", by.actor, "reset_password", person.login)):
        _check_rights(by, person.rights)
        await people.set_password(redis, person.login, await passwords.hashed(new))
    return new


async def remove_totp(redis: Redis, known: Known, by: By) -> None:
    """Raises Forbidden."""
    person = known.person
    async with kept(redis, Act(person.account or "", by.actor, "remove_totp", person.login)):
        _check_rights(by, person.rights)
        await people.set_totp(redis, person.login, "")


async def add_token(redis: Redis, token: Token, by: By) -> str:
    """What its program shows. Raises Refused and Forbidden."""
    async with kept(redis, Act(token.account or "", by.actor, "add_token", token.id)):
        _check_rights(by, token.scopes)
        if token.account is not None and await documents.get(redis, Account, token.account) is None:
            raise Refused("There is no account %(account)s.", account=token.account)
        try:
            return await people.add_token(redis, token)
        except TakenError:
            raise Refused("There is a token %(token)s: take it back first.", token=token.id) from None


async def take_back(redis: Redis, account: str | None, token: str, by: By) -> None:
    """Raises Unknown."""
    async with kept(redis, Act(account or "", by.actor, "take_back_token", token)):
        if not await people.take_back(redis, account, token):
            raise Unknown("There is no token %(token)s.", token=token)


async def known(redis: Redis, login: str, account: str | None) -> Known:
    """Raises Unknown, also of somebody elsewhere."""
    found = await people.get(redis, login)
    if found is None or found.person.account != account:
        raise _gone(login)
    return found


def _gone(login: str) -> Unknown:
    return Unknown("There is no person %(login)s.", login=login)


def _check_rights(by: By, wanted: frozenset[Right]) -> None:
    if more := beyond(by.rights, wanted):
        raise Forbidden("That takes rights that %(actor)s lacks: %(rights)s.", actor=by.actor, rights=", ".join(more))


def _check_way_back(by: By, before: Person, after: Person | None, colleagues: Sequence[Person]) -> None:
    if by.at_machine or by.account != before.account:
        return  # whoever stands above can let somebody in again
    if locks_out(colleagues, before, after):
        raise Refused("Nobody would be left who may let people in: give somebody else the role first.")


async def _check_place(redis: Redis, person: Person) -> None:
    if person.account is not None and await documents.get(redis, Account, person.account) is None:
        raise Refused("There is no account %(account)s.", account=person.account)
    if person.agent is not None:
        found = await documents.get(redis, Agent, person.agent)
        if found is None or found.document.account != person.account:
            raise Refused("The account has no agent %(agent)s.", agent=person.agent)


def _password() -> str:
    return secrets.token_urlsafe(12)
