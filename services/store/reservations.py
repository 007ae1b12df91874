"""What running calls have set aside of their accounts' money and minutes (docs/ledger.md).

A reservation changes the state of the account's book, so that whoever has computed anything from the old state computes
again. All raise redis.exceptions.RedisError.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from redis.asyncio import Redis

from services.domain.book import Book
from services.domain.reservation import Hold, Ticket, total
from services.store import books, keys
from services.store.books import Stored
from services.store.scripts import Script

_RESERVE = Script("release.lua", "reserve.lua")
_GIVE_BACK = Script("release.lua", "give_back.lua")
_CLAIM = Script("claim_due.lua")
_SECONDS = "seconds "


@dataclass(frozen=True, slots=True)
class Reservation:
    account: str
    call: str
    hotline: str
    version: int
    """Of the hotline's document."""
    ticket: Ticket
    hold: Hold
    until: int
    """What is held lasts until then, in milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's book with what is set aside of it."""

    book: Book
    state: str
    others: Hold
    """Of all calls but the one that was asked for."""
    own: Reservation | None


async def standing(redis: Redis, account: str, call: str) -> Standing:
    async with redis.pipeline() as pipe:
        pipe.hmget(keys.book(account), ["body", "state"])
        pipe.hgetall(keys.held(account))
        pipe.hget(keys.reserved(account), call)
        stored, held, own = await pipe.execute()
    book, reservation = books.stored(*stored), own and _ADAPTER.validate_json(own)
    held_ = _sum(held)
    return Standing(book.book, book.state, held_.without(reservation.hold) if reservation else held_, reservation)


Row = tuple[bytes | None, bytes | None, dict[bytes, bytes]]
"""JSON and state of an account's book, JSON of its reservations by call."""


async def of_account(redis: Redis, account: str) -> dict[str, Reservation]:
    """By call."""
    [(_, _, reserved)] = await rows(redis, [account])
    return _by_call(reserved)


async def rows(redis: Redis, accounts: Sequence[str]) -> list[Row]:
    """What stands in Redis of each account, in one round trip."""
    async with redis.pipeline(transaction=False) as pipe:
        for account in accounts:
            pipe.hmget(keys.book(account), ["body", "state"])
            pipe.hgetall(keys.reserved(account))  # after the book: who reserves in between changes its state
        found = await pipe.execute()
    return [(body, state, reserved) for (body, state), reserved in zip(found[::2], found[1::2], strict=True)]


def opened(row: Row) -> tuple[Stored, dict[str, Hold]]:
    """The book, and what running calls have set aside, by call. Raises pydantic.ValidationError."""
    body, state, reserved = row
    return books.stored(body, state), {call: one.hold for call, one in _by_call(reserved).items()}


async def sums(redis: Redis, account: str) -> tuple[Hold, Hold]:
    """What is held by all calls: as it is kept, and added up from their reservations."""
    async with redis.pipeline() as pipe:
        pipe.hgetall(keys.held(account))
        pipe.hvals(keys.reserved(account))
        held, each = await pipe.execute()
    return _sum(held), total(_ADAPTER.validate_json(body).hold for body in each)


async def reserve(redis: Redis, reservation: Reservation, due: int, state: str) -> bool:
    """Instead of what the call had reserved before; False: the book's state is another. ``due``: when to look again."""
    account, call = reservation.account, reservation.call
    names = [keys.book(account), keys.reserved(account), keys.held(account), keys.METERED]
    body = _ADAPTER.dump_json(reservation)
    return bool(await _RESERVE.run(redis, names, [state, books.new_state(), call, due, body]))


async def give_back(redis: Redis, account: str, call: str) -> None:
    """Frees what the call has set aside; a call's record does so by itself."""
    await _GIVE_BACK.run(redis, [keys.reserved(account), keys.held(account), keys.METERED], [call])


async def put_off(redis: Redis, account: str, call: str, due: int) -> None:
    """The call is looked at not before ``due``; nothing happens when it has no reservation."""
    await redis.zadd(keys.METERED, {f"{account} {call}": due}, xx=True)


async def next_due(redis: Redis) -> int | None:
    found: Any = await redis.zrange(keys.METERED, 0, 0, withscores=True)
    return int(found[0][1]) if found else None


async def claim(redis: Redis, now: int, again_ms: int, at_once: int = 100) -> list[tuple[str, str]]:
    """Accounts and calls that are due, for this process alone for ``again_ms``: then they are due again."""
    found: list[bytes] = await _CLAIM.run(redis, [keys.METERED], [now, again_ms, at_once])
    return [(account, call) for account, _, call in (member.decode().partition(" ") for member in found)]


def _by_call(reserved: Mapping[bytes, bytes]) -> dict[str, Reservation]:
    return {call.decode(): _ADAPTER.validate_json(body) for call, body in reserved.items()}


def _sum(held: Mapping[bytes, bytes]) -> Hold:
    known = {name.decode(): int(amount) for name, amount in held.items()}
    seconds = {name.removeprefix(_SECONDS): amount for name, amount in known.items() if name.startswith(_SECONDS)}
    return Hold(known.get("money", 0), seconds, known.get("calls", 0))


_ADAPTER = TypeAdapter(Reservation)
