"""Who did what to whom, by hand: docs/audit.md."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any

from redis.asyncio import Redis

from services.store import keys
from services.store.due import now

LENGTH = 100_000
"""About; what is older is cut."""
SEARCHED = 20_000
"""Entries that one search looks at."""
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Act:
    account: str
    actor: str
    """Whoever says to be at the controls: a user of the system, an agent at its phone."""
    action: str
    target: str
    """The agent it was done to, or the call when no agent is concerned."""
    call: str = ""
    supervisor: str = ""
    """Whose phone hears it."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: int
    act: Act
    outcome: str
    """``done``, ``refused: why``, or ``interrupted`` when it is not known."""


@contextlib.asynccontextmanager
async def kept(redis: Redis, act: Act) -> AsyncIterator[None]:
    """Keeps the act, with what became of the block."""
    outcome = "interrupted"
    try:
        yield
        outcome = "done"
    except Exception as error:
        outcome = f"refused: {error}"
        raise
    finally:
        await asyncio.shield(_add(redis, act, outcome))


async def newest(redis: Redis, count: int) -> list[Entry]:
    """The newest first."""
    found: Any = await redis.xrevrange(keys.AUDIT_STREAM, count=count)
    return [_entry({name.decode(): value.decode() for name, value in fields.items()}) for _, fields in found]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is None is not asked for."""

    account: str | None = None
    """Empty: acts that are of no account."""
    actor: str | None = None
    action: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    entries: list[Entry]
    next: str | None
    """Where to go on; None: there are no more. The search has an end, so there may be more although few were found."""


async def search(redis: Redis, wanted: Wanted, before: str | None, limit: int) -> Found:
    """The newest first, from the one before the entry of that id on; at most ``SEARCHED`` are looked at."""
    found: list[Entry] = []
    for _ in range(SEARCHED // _PAGE):
        end = "+" if before is None else f"({before}"
        page: Any = await redis.xrevrange(keys.AUDIT_STREAM, end, count=_PAGE)
        for entry_id, fields in page:
            before = entry_id.decode()
            entry = _entry({name.decode(): value.decode() for name, value in fields.items()})
            if _is(entry.act, wanted):
                found.append(entry)
                if len(found) == limit:
                    return Found(found, before)
        if len(page) < _PAGE:
            return Found(found, None)
    return Found(found, before)


def _is(act: Act, wanted: Wanted) -> bool:
    return all(
        value is None or getattr(act, name) == value
        for name, value in (
            ("account", wanted.account),
            ("actor", wanted.actor),
            ("action", wanted.action),
            ("target", wanted.target),
        )
    )


async def _add(redis: Redis, act: Act, outcome: str) -> None:
    fields: dict[Any, Any] = {"at": now(), **asdict(act), "outcome": outcome}
    await redis.xadd(keys.AUDIT_STREAM, fields, maxlen=LENGTH, approximate=True)


def _entry(fields: dict[str, str]) -> Entry:
    at, outcome = int(fields.pop("at")), fields.pop("outcome")
    return Entry(at, Act(**fields), outcome)
