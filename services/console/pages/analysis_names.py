"""What keys of an analysis are called: documents by their names, days and hours as people write them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.archive import known
from services.console.api.analysis import asking
from services.console.context import At
from services.console.pages.analysis_words import WEEKDAYS
from services.console.texts import Texts
from services.console.words import END_STATES, NODES, OUTCOMES, word
from services.console.words import label as _
from services.domain.documents import Agent, Group, Hotline
from services.store import documents


@dataclass(frozen=True, slots=True)
class Names:
    """Of all that an account's calls name, those of former times too."""

    hotline: Mapping[str, str]
    group: Mapping[str, str]
    agent: Mapping[str, str]


async def names_of(at: At) -> Names:
    async with asking(at) as connection:
        hotlines = await known.hotlines(connection, at.account)
        groups = await known.met(connection, at.account, "group")
        agents = await known.met(connection, at.account, "agent")
    return Names(await _named(at, Hotline, hotlines), await _named(at, Group, groups), await _named(at, Agent, agents))


async def _named(at: At, kind: Any, found: list[str]) -> dict[str, str]:
    every = await documents.get_many(at.redis, kind, found) if found else []
    own = {
        name: one.document.name
        for name, one in zip(found, every, strict=True)
        if one is not None and one.document.account == at.account
    }
    return {name: f"{own[name]} ({name})" if own.get(name, name) != name else name for name in found}


def called(texts: Texts, names: Names, by: str, key: str | None) -> str:
    """``by`` and ``key`` as the API has them."""
    if key is None:
        return texts(_NO_KEY.get(by, "Unknown"))
    if by in _AT:
        return _AT[by](texts, key)
    known_as: Mapping[str, str] = getattr(names, by, {})
    return known_as.get(key, key)


_NO_KEY: Mapping[str, str] = {"agent": _("Nobody"), "group": _("None"), "province": _("Unknown")}


def _weekday(texts: Texts, day: int) -> str:
    return texts(WEEKDAYS[day])


def end_state(texts: Texts, key: str) -> str:
    return word(texts, END_STATES, key)


def node(texts: Texts, name: str, kind: str) -> str:
    """``menu-1 · menu``; a call that ended before its first node has none."""
    return f"{name} · {word(texts, NODES, kind)}" if name else texts("Before the flow")


def pressed(texts: Texts, keys: str) -> str:
    return word(texts, OUTCOMES, keys)


_AT: Mapping[str, Callable[[Texts, str], str]] = {
    "hour": lambda _, key: f"{int(key):02}:00",
    "weekday": lambda texts, key: _weekday(texts, int(key)),
    "week_hour": lambda texts, key: f"{_weekday(texts, int(key) // 24)} {int(key) % 24:02}:00",
    "day": lambda texts, key: f"{key} {_weekday(texts, date.fromisoformat(key).weekday())}",
    "end_state": end_state,
}
