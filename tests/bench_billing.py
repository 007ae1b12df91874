"""What billing costs a call: from the bytes of a CEL file to the stream, each part of it, and pricing again."""

import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from redis.asyncio import Redis

from services.billing.rerating import rerate
from services.billing.service import Billing
from services.domain import region
from services.domain.call import Call
from services.domain.cdr import record_of
from services.domain.cel import CelRow, Splitter
from services.domain.charge import Charge
from services.domain.documents import Account, Document, Hotline
from services.domain.folding import take
from services.domain.package import Package
from services.domain.rating import Home, Rater
from services.domain.record import Record, to_json
from services.domain.tariff import Tariff
from services.domain.usage import usage_of
from services.store import documents
from tests.harness import redis_server
from tests.harness.cel import BEGIN_MS, file
from tests.harness.tariffs import per_increment

T = TypeVar("T")
Rows = dict[str, list[float]]

RUNS = 5
CALLS = 4000
ACCOUNTS = 400
APART_MS = 90_003

TALK = """
0.0  CHAN_START    caller
0.0  CALL          caller  hotline={hotline} caller=13800138000 name=x
0.0  JOURNEY       caller  account={account} version=1
0.0  ANSWER        caller
0.0  NODE          caller  node=welcome kind=menu
2.0  KEYS          caller  node=welcome keys=1 outcome=match
2.0  NODE          caller  node=sales kind=group
2.0  OFFER         caller  node=sales group=sales agent=1001 dial=1001
2.0  CHAN_START    1001
2.0  DIAL          1001    dial=1001
3.0  ANSWER        1001
3.0  BRIDGE_ENTER  1001
3.0  BRIDGE_ENTER  caller
90.0 HANGUP        1001    cause=16 source=caller
90.0 HANGUP        caller  cause=16 source=caller
90.0 LINKEDID_END  caller
"""
TARIFF = per_increment("0.12")
EVERY_RULE = {
    "bill_from": "platform",
    "rounding": {"each": "call", "digits": 2},
    "prices": [
        {
            "inbound": {
                "minimum": "0.01",
                "rules": [
                    {"rule": "abroad", "when": {"type": ["international"]}, "steps": [{"rate": "1"}]},
                    {"rule": "near", "when": {"region": ["home_city", "北京"]}, "steps": [{"rate": "0.1"}]},
                    {"rule": "holiday", "when": {"day": ["holiday", "weekend"]}, "steps": [{"rate": "0.09"}]},
                    {"rule": "night", "when": {"hours": ["22:00-06:00"]}, "steps": [{"rate": "0.06", "increment": 6}]},
                    {"rule": "else", "steps": [{"rate": "0.2", "per": 180}, {"from": 180, "rate": "0.1"}]},
                ],
            },
            "caller_share": {"rules": [{"rule": "local", "steps": [{"rate": "0.11"}]}]},
        }
    ],
}
"""Rules by type, place, day and hours, a second step, a caller's share."""
RULES = Tariff.model_validate({"kind": "tariff", "id": "rules", "name": "x"} | EVERY_RULE)
PACKAGE = Package.model_validate(
    {"kind": "package", "id": "minutes", "name": "x", "cycle": {"anchor": "renewal_day"}, "fee": "1.00"}
    | {"included": [{"minutes": 100_000}]}
)


@dataclass(frozen=True)
class Took:
    """Seconds."""

    wall: float
    own: float
    """Of the process' time on its core."""
    redis: float
    """Of Redis' process."""


def talks(accounts: int) -> bytes:
    """Calls to the hotlines of so many accounts in turn, none at the same time as another: nothing is known before."""
    return b"".join(
        file(
            TALK.format(hotline=_hotline(number % accounts), account=f"a{number % accounts}"),
            number,
            BEGIN_MS + number * APART_MS,
        )
        for number in range(1, CALLS + 1)
    )


def agreed(accounts: int, *, packages: bool) -> list[Document]:
    known: list[Document] = [TARIFF, PACKAGE]
    for number in range(accounts):
        subscribed = [{"package": PACKAGE.id, "since": date(2026, 3, 1)}] if packages else []
        account = {"kind": "account", "id": f"a{number}", "name": "x", "tariff": TARIFF.id, "packages": subscribed}
        hotline = {"kind": "hotline", "number": _hotline(number), "account": f"a{number}", "name": "x"}
        flow = {"start": "bye", "nodes": {"bye": {"kind": "hangup"}}}
        known += [Account.model_validate(account), Hotline.model_validate(hotline | {"flow": flow})]
    return known


async def measured() -> tuple[Rows, Rows, Rows]:
    """Calls a second by the process' own time and by the clock, and µs a call of each part; then pricing again."""
    gc.freeze()  # as billing does
    region.load()
    own: Rows = {}
    parts: Rows = {}
    again: Rows = {}
    for _ in range(RUNS):
        for name, accounts, packages in (
            ("one account", 1, False),
            (f"{ACCOUNTS} accounts in turn", ACCOUNTS, False),
            ("the same with packages", ACCOUNTS, True),
        ):
            data = talks(accounts)
            took, rerated = await _committed(data, agreed(accounts, packages=packages))
            own.setdefault(name, []).append(CALLS / took.own)
            own.setdefault(f"{name}, by the clock", []).append(CALLS / took.wall)
            if accounts == 1:
                again.setdefault("hotline rerate, from the stream", []).append(CALLS / rerated)
                _parts(parts, again, data, took)
    return own, parts, again


def _parts(parts: Rows, again: Rows, data: bytes, took: Took) -> None:
    spent: dict[str, float] = {}
    rows = _timed(spent, "parsing", lambda: [row for row in Splitter().feed(data) if isinstance(row, CelRow)])
    found = _timed(spent, "folding", lambda: [record_of(call, "pbx1") for call in _calls(rows)])
    records = [record for record in found if record]
    charges = _timed(spent, "rating", partial(_rated, records, Rater(TARIFF, 1)))
    charged = [replace(record, charge=charge) for record, charge in zip(records, charges, strict=True)]
    _timed(spent, "JSON", lambda: [to_json(record) for record in charged])
    spent["documents, commit: Redis' client"] = took.own - sum(spent.values())
    for name, seconds in {"file to stream": took.own, **spent, "Redis itself": took.redis}.items():
        parts.setdefault(name, []).append(1_000_000 * seconds / CALLS)
    again.setdefault("one price", []).append(CALLS / spent["rating"])
    _timed(spent, "every rule", partial(_rated, records, Rater(RULES, 1)))
    again.setdefault("every rule", []).append(CALLS / spent["every rule"])


def _timed(spent: dict[str, float], name: str, work: Callable[[], T]) -> T:
    began = time.process_time()
    result = work()
    spent[name] = time.process_time() - began
    return result


def _calls(rows: Sequence[CelRow]) -> list[Call]:
    calls: dict[str, Call] = {}
    for row in rows:
        take(calls.setdefault(row.linkedid, Call(row.linkedid, started=row.at)), row)
    return list(calls.values())


def _rated(records: Sequence[Record], rater: Rater) -> list[Charge]:
    return [rater.rate(usage_of(record), Home()) for record in records]


def _hotline(number: int) -> str:
    return f"400{number:07d}"


async def _committed(data: bytes, known: list[Document]) -> tuple[Took, float]:
    """And what it took of the process' time to price them again."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "hotline.csv").write_bytes(data)
        async with redis_server.running() as server, Redis.from_url(server.url) as redis:
            await documents.apply(redis, known)
            billing = Billing(redis, Path(folder), "pbx1", None)
            wall, own, before = time.perf_counter(), time.process_time(), await _cpu(redis)
            while await billing.step():
                pass
            took = Took(time.perf_counter() - wall, time.process_time() - own, await _cpu(redis) - before)
            billing.close()
            assert await redis.xlen("cdr:rated") == CALLS
            own = time.process_time()
            count = 0
            async for _ in rerate(redis, 0, 2**42, None, lambda: None, now=2**42, apply=False):
                count += 1
            assert count == CALLS
            return took, time.process_time() - own


async def _cpu(redis: Redis) -> float:
    said = await redis.info("cpu")
    return float(said["used_cpu_user"]) + float(said["used_cpu_sys"])
