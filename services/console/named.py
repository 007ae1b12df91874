"""What people call the hotlines, groups and agents that an account's calls name."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from services.archive import known
from services.console.context import At
from services.domain.documents import Agent, Group, Hotline
from services.store import documents

D = TypeVar("D", Hotline, Group, Agent)

Names = Mapping[str, str]
"""By id; of former times too."""


@dataclass(frozen=True, slots=True)
class Known:
    hotlines: Names
    groups: Names
    agents: Names


async def known_to(at: At) -> Known:
    async with at.archive.connect() as connection:
        hotlines = await known.hotlines(connection, at.account)
        groups = await known.met(connection, at.account, "group")
        agents = await known.met(connection, at.account, "agent")
    return Known(await _names(at, Hotline, hotlines), await _names(at, Group, groups), await _names(at, Agent, agents))


async def _names(at: At, kind: type[D], ids: Sequence[str]) -> Names:
    """Whose document is no more, or cannot be read, is called by its id."""
    rows = await documents.rows(at.redis, [(kind, one, None) for one in ids])
    return {one: _name(at.account, kind, row) or one for one, row in zip(ids, rows, strict=True)}


def _name(account: str, kind: type[D], row: documents.Row) -> str:
    with suppress(ValidationError):
        found = documents.versioned(kind, row)
        if found is not None and found.document.account == account:
            return found.document.name
    return ""
