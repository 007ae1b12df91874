"""Prices records by what their accounts have agreed to, as it stands in Redis."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.documents import Account, Hotline, Tariff
from services.domain.rating import rate
from services.domain.record import Record
from services.store import documents
from services.store.documents import Versioned
from services.store.ledger import Entry

D = TypeVar("D", Account, Hotline, Tariff)


async def price(redis: Redis, records: Sequence[Record]) -> list[Entry]:
    """An entry for each record, in their order; one that cannot be priced says why."""
    accounts = await find(redis, Account, {record.account for record in records if record.account})
    agreed = {account.document.tariff for account in accounts.values() if not isinstance(account, str)}
    tariffs = await find(redis, Tariff, agreed)
    return [_entry(record, accounts, tariffs) for record in records]


def _entry(
    record: Record, accounts: dict[str, Versioned[Account] | str], tariffs: dict[str, Versioned[Tariff] | str]
) -> Entry:
    if record.account is None:
        return Entry(record)
    account = accounts[record.account]
    if isinstance(account, str):
        return Entry(record, unrated=account)
    tariff = tariffs[account.document.tariff]
    if isinstance(tariff, str):
        return Entry(record, unrated=tariff)
    return Entry(replace(record, charge=rate(record, tariff.document, tariff.version)))


async def find(redis: Redis, kind: type[D], names: set[str]) -> dict[str, Versioned[D] | str]:
    """Each document, or why it cannot be had."""
    ordered = sorted(names)
    try:
        found = await documents.get_many(redis, kind, ordered)
    except ValidationError:
        return {name: await _find_one(redis, kind, name) for name in ordered}
    return {name: document or _missing(kind, name) for name, document in zip(ordered, found, strict=True)}


async def _find_one(redis: Redis, kind: type[D], name: str) -> Versioned[D] | str:
    try:
        return await documents.get(redis, kind, name) or _missing(kind, name)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"])
        return f"{kind.__name__.lower()} {name!r} cannot be read: {where}: {problem['msg']}"


def _missing(kind: type[D], name: str) -> str:
    return f"there is no {kind.__name__.lower()} {name!r}"
