"""People and API tokens in Redis. Passwords are there as Argon2 hashes, tokens as digests."""

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import WatchError

from services.domain.people import Person, Token
from services.store import keys

TOKEN_PREFIX = "hl_"  # noqa: S105 - what all begin with
"""So that one that was left somewhere can be found."""
_FIELDS = ("body", "password", "totp", "totp_used", "epoch")
_EPOCHS = 2**40


class TakenError(Exception):
    """The login, or the token's id, is somebody's."""


class GoneError(Exception):
    """There is no such person any more."""


@dataclass(frozen=True, slots=True)
class Known:
    person: Person
    password: str
    """Its hash; empty: nobody gets in by password."""
    totp: str
    """Secret of the second factor; empty: there is none."""
    totp_used: int
    """The last step of time whose code was used: none is taken twice (RFC 6238, 5.2)."""
    epoch: int
    """Counted up when all sessions are to end."""


async def get(redis: Redis, login: str) -> Known | None:
    found: Any = await redis.hmget(keys.person(login), _FIELDS)
    body, password, totp, used, epoch = (value.decode() if value else "" for value in found)
    if not body:
        return None
    return Known(Person.model_validate_json(body), password, totp, int(used or 0), int(epoch or 0))


async def of(redis: Redis, account: str | None) -> list[Known]:
    """By login."""
    logins: Any = await redis.smembers(keys.people(account))
    found = [await get(redis, login.decode()) for login in sorted(logins)]
    return [known for known in found if known]


async def add(redis: Redis, person: Person, password: str) -> None:
    """``password``: its hash. Raises TakenError."""
    async with redis.pipeline() as pipe:
        await pipe.watch(keys.person(person.login))
        taken = await cast("Any", pipe.hexists(keys.person(person.login), "body"))
        pipe.multi()  # type: ignore[no-untyped-call]
        # The sessions of who had the login before, and was removed, are not this person's.
        body, epoch = person.model_dump_json(), secrets.randbelow(_EPOCHS)
        pipe.hset(keys.person(person.login), mapping={"body": body, "password": password, "epoch": epoch})
        pipe.sadd(keys.people(person.account), person.login)
        try:
            if not taken:
                await pipe.execute()
                return
        except WatchError:
            pass
    raise TakenError(f"the login {person.login!r} is taken")


Make = Callable[[Person, Sequence[Person]], Person | None]


async def change(redis: Redis, before: Person, make: Make) -> None:
    """``make`` is given the person and all of its account as they stand, and gives what it becomes; None: removed.

    It may raise. The login stays. Who becomes inactive has no session any more. Raises GoneError.
    """

    async def write(pipe: Pipeline) -> None:
        colleagues = [known.person for known in await of(pipe, before.account)]
        found = await get(pipe, before.login)
        if found is None or found.person.account != before.account:
            raise GoneError(f"there is no person {before.login!r} any more")
        after = make(found.person, colleagues)
        pipe.multi()  # type: ignore[no-untyped-call]
        pipe.srem(keys.people(before.account), before.login)
        if after is None:
            pipe.delete(keys.person(before.login))
            return
        pipe.hset(keys.person(before.login), "body", after.model_dump_json())
        pipe.sadd(keys.people(after.account), after.login)
        if not after.active:
            pipe.hincrby(keys.person(after.login), "epoch", 1)

    # Every change of a person writes to the set of its account's people: of two at a time the second begins again.
    await redis.transaction(write, keys.people(before.account), keys.person(before.login))


async def set_password(redis: Redis, login: str, password: str) -> None:
    """Ends the person's sessions. ``password``: its hash."""
    async with redis.pipeline() as pipe:
        pipe.hset(keys.person(login), "password", password)
        pipe.hincrby(keys.person(login), "epoch", 1)
        await pipe.execute()


async def set_totp(redis: Redis, login: str, secret: str, used: int = 0) -> None:
    """Empty: no second factor any more. Ends the person's sessions. ``used``: the step of a code that was taken."""
    async with redis.pipeline() as pipe:
        pipe.hset(keys.person(login), mapping={"totp": secret, "totp_used": used})
        pipe.hincrby(keys.person(login), "epoch", 1)
        await pipe.execute()


async def use_totp(redis: Redis, login: str, before: int, step: int) -> bool:
    """Whether nobody else has used a code since ``before`` was read."""
    async with redis.pipeline() as pipe:
        await pipe.watch(keys.person(login))
        now: Any = await pipe.hget(keys.person(login), "totp_used")
        if int(now or 0) != before or step <= before:
            return False
        pipe.multi()  # type: ignore[no-untyped-call]
        pipe.hset(keys.person(login), "totp_used", step)
        with contextlib.suppress(WatchError):
            return bool(await pipe.execute())
    return False


async def add_token(redis: Redis, token: Token) -> str:
    """What its program has to show; nobody can tell it again. Raises TakenError while another of its id holds."""
    shown = TOKEN_PREFIX + secrets.token_urlsafe(32)
    digest = _digest(shown)
    ids = keys.tokens(token.account)

    async def write(pipe: Pipeline) -> None:
        had: Any = await pipe.hget(ids, token.id)
        if had is not None and await pipe.exists(keys.token(had.decode())):
            raise TakenError(f"there is a token {token.id!r}: take it back first")
        pipe.multi()  # type: ignore[no-untyped-call]
        pipe.set(keys.token(digest), token.model_dump_json(), pxat=token.expires)
        pipe.hset(ids, token.id, digest)

    await redis.transaction(write, ids)
    return shown


async def token(redis: Redis, shown: str) -> Token | None:
    """None: unknown, expired or taken back."""
    found: Any = await redis.get(keys.token(_digest(shown)))
    return Token.model_validate_json(found) if found else None


async def tokens(redis: Redis, account: str | None) -> list[Token]:
    """Those that hold; the newest first."""
    digests: Any = await redis.hvals(keys.tokens(account))
    found: Any = await redis.mget([keys.token(digest.decode()) for digest in digests]) if digests else []
    known = [Token.model_validate_json(body) for body in found if body]
    return sorted(known, key=lambda one: (-one.created, one.id))


async def take_back(redis: Redis, account: str | None, name: str) -> bool:
    """False: there is none of that id."""
    digest: Any = await redis.hget(keys.tokens(account), name)
    if digest is None:
        return False
    async with redis.pipeline() as pipe:
        pipe.delete(keys.token(digest.decode()))
        pipe.hdel(keys.tokens(account), name)
        await pipe.execute()
    return True


def _digest(shown: str) -> str:
    return hashlib.sha256(shown.encode()).hexdigest()
