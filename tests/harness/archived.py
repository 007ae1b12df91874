"""Calls that stand in an archive without having been made."""

import random
from dataclasses import replace
from typing import Any

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive.service import Filler
from services.domain.record import Attempt, Hop, Record
from services.store.due import now
from tests.archive.calls import call, put

ALONE = random.Random(5)


def in_vain(account: str, caller: str, **changes: Any) -> Record:
    """Somebody hung up a minute ago while waiting in the queue of the group ``sales``."""
    at = now() - 60_000
    hop = Hop(node="line", kind="queue", at=at + 1000, group="sales", attempts=())
    return made(account, caller, at, end_state="abandoned_waiting", hops=(hop,), ringing=None, wait_ms=9000, **changes)


def answered(account: str, caller: str, agent: str, **changes: Any) -> Record:
    at = now() - 30_000
    talk = Attempt(
        agent=agent, dial=agent, started=at + 1000, answered=at + 2000, ended=at + 10_000, result="answered", cause=16
    )
    hop = Hop(node="line", kind="queue", at=at + 1000, group="sales", attempts=(talk,))
    known: dict[str, Any] = {"agent": agent, "agent_answered": at + 2000, "talk_ms": 8000}
    return made(account, caller, at, end_state="answered", hops=(hop,), **known, **changes)


def made(account: str, caller: str, at: int, **changes: Any) -> Record:
    known: dict[str, Any] = {
        "account": account,
        "call_id": f"pbx1-{ALONE.getrandbits(48)}.1",
        "kind": "inbound",
        "caller": caller,
        "caller_e164": None,
        "started": at,
        "answered": at,
        "ended": at + 10_000,
        "total_ms": 10_000,
        "agent": None,
        "agent_answered": None,
        "talk_ms": 0,
        "keys": (),
        "survey": None,
    }
    return replace(call(0, ALONE), **{**known, **changes})


async def archive(redis: Redis, engine: AsyncEngine, *records: Record) -> None:
    await put(redis, records)
    await Filler(redis, engine).catch_up()
