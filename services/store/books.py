"""Accounts' books and ledgers in Redis (docs/ledger.md): read, and changed only from the state that was read.

All raise redis.exceptions.RedisError; reading a book raises pydantic.ValidationError.
"""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from services.domain import money
from services.domain.book import Book, Line, Step, from_json, to_json
from services.store import keys
from services.store.commands import Command

NO_BOOK = "0"
"""Stands for the state of a book that nobody has written yet; ``commit.lua`` has the same."""
PAGE = 1000

Kind = Literal["top_up", "fee", "extra", "minimum", "forfeit"]


@dataclass(frozen=True, slots=True)
class Stored:
    book: Book
    state: str
    """Told from all others: two books with the same number need not have the same past."""


@dataclass(frozen=True, slots=True)
class Change:
    """A step, to be written together with something else while the book still has the state that it began from."""

    number: int
    state: str
    commands: tuple[Command, ...]


def new_state() -> str:
    return secrets.token_hex(8)


async def get(redis: Redis, account: str) -> Stored:
    body, state = cast("list[bytes | None]", await cast("Any", redis.hmget(keys.book(account), ["body", "state"])))
    return stored(body, state)


def written(account: str, step: Step, state: str) -> list[Command]:
    """What a step changes in Redis, for whoever makes sure that the book is still the one that it began from."""
    appended = [("XADD", keys.ledger(account), "*", *_fields(account, line)) for line in step.lines]
    return [("HSET", keys.book(account), "body", to_json(step.book), "state", state), *appended]


@dataclass(frozen=True, slots=True)
class Once:
    """A command that is done once, however often it is given."""

    id: str
    what: str
    """What it does, in words: another command cannot have the same id."""


@dataclass(frozen=True, slots=True)
class Changed:
    book: Book
    before: str = ""
    """What had been done by the command's id before: nothing was changed then."""


class TakenError(Exception):
    """Says what the id was used for."""


async def change(redis: Redis, account: str, step: Callable[[Book], Step], once: Once | None = None) -> Changed:
    """Takes the step, again from the present book whenever somebody else was faster.

    Raises TakenError when something else was done by the id of ``once``.
    """

    async def write(pipe: Pipeline) -> Changed:
        body, state = await cast("Any", pipe.hmget(keys.book(account), ["body", "state"]))
        before = stored(body, state).book
        done = await _done(pipe, account, once)
        taken = Step(before) if done else step(before)
        pipe.multi()  # type: ignore[no-untyped-call]
        if taken.book == before:
            return Changed(before, done)
        if once is not None:
            taken = replace(taken, lines=tuple(replace(line, id=once.id) for line in taken.lines))
            pipe.hset(keys.commands(account), once.id, once.what)
        for command in written(account, taken, new_state()):
            pipe.execute_command(*command)
        return Changed(taken.book)

    after: Changed = await redis.transaction(write, keys.book(account), value_from_callable=True)
    return after


async def _done(pipe: Pipeline, account: str, once: Once | None) -> str:
    """Whoever does it changes the book in the same step, which is watched."""
    if once is None:
        return ""
    what = cast("bytes | None", await cast("Any", pipe.hget(keys.commands(account), once.id)))
    if what is not None and what.decode() != once.what:
        raise TakenError(f"id {once.id!r} was used for {what.decode()}, which is not {once.what}: nothing was changed")
    return "" if what is None else what.decode()


async def accounts(redis: Redis) -> list[str]:
    """Those that have a book."""
    prefix, suffix = keys.book("*").split("*")
    found = [name.decode() async for name in redis.scan_iter(keys.book("*"), PAGE)]
    return sorted(name.removeprefix(prefix).removesuffix(suffix) for name in found)


async def lines(redis: Redis, account: str, since: int = 0) -> AsyncIterator[Line]:
    """The account's ledger as written from then on (milliseconds since 1970), oldest first.

    Raises KeyError, ValueError when somebody else has written there.
    """
    begin = f"{since}-0"
    while page := cast("list[Any]", await redis.xrange(keys.ledger(account), begin, "+", count=PAGE)):
        for _, fields in page:
            yield _line({name.decode(): value.decode() for name, value in fields.items()})
        begin = f"({page[-1][0].decode()}"


async def newest_lines(redis: Redis, account: str, count: int, before: str | None = None) -> list[tuple[str, Line]]:
    """Entries' ids and lines, the newest first, from the one before an entry on. Raises as ``lines`` does."""
    end = "+" if before is None else f"({before}"
    found = cast("list[Any]", await redis.xrevrange(keys.ledger(account), end, "-", count=count))
    return [
        (entry.decode(), _line({name.decode(): value.decode() for name, value in fields.items()}))
        for entry, fields in found
    ]


def stored(body: bytes | None, state: bytes | None) -> Stored:
    """Of the fields ``body`` and ``state``: a call may have reserved something before there was any book."""
    return Stored(Book() if body is None else from_json(body), NO_BOOK if state is None else state.decode())


def _fields(account: str, line: Line) -> list[str]:
    return [
        *("schema", "1"),
        *("account", account),
        *("number", str(line.number)),
        *("kind", line.kind),
        *("day", str(line.day)),
        *("amount", money.text(line.amount)),
        *("package", line.package),
        *("seconds", str(line.seconds)),
        *("text", line.text),
        *("id", line.id),
    ]


def _line(fields: dict[str, str]) -> Line:
    return Line(
        int(fields["number"]),
        cast("Kind", fields["kind"]),
        date.fromisoformat(fields["day"]),
        money.micros(Decimal(fields["amount"])),
        fields["package"],
        int(fields["seconds"]),
        fields["text"],
        fields.get("id", ""),
    )
