"""The parts of an agent's desk, and which of them are not as its browser has them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from redis.exceptions import RedisError

from services.console.api import desk, desk_todo
from services.console.context import At
from services.console.problems import Unknown
from services.console.rendering import render
from services.console.streams import Frame
from services.domain.live import Fields
from services.store.live import Entry

TODAY_SECONDS = 60.0
"""After which the day's durations are told anew."""


async def _duty(at: At) -> dict[str, Any]:
    return {"duty": await desk.duty(at)}


async def _caller(at: At) -> dict[str, Any]:
    try:
        return {"caller": await desk.caller(at)}
    except Unknown:
        return {"caller": None}


async def _todo(at: At) -> dict[str, Any]:
    return {"todo": await desk_todo.todo(at)}


async def _today(at: At) -> dict[str, Any]:
    return {"today": await desk.today(at)}


PARTS: Mapping[str, Callable[[At], Awaitable[dict[str, Any]]]] = {
    "duty": _duty,
    "caller": _caller,
    "todo": _todo,
    "today": _today,
}
"""What the template of each reads."""


class Changes:
    """Of one browser; at first everything."""

    def __init__(self, at: At, agent: str, groups: frozenset[str]) -> None:
        self._at = at
        self._agent = agent
        self._groups = groups
        self._parts = set(PARTS)
        self._changed = asyncio.Event()
        self._changed.set()
        self._told = 0.0

    def take(self, entry: Entry | None) -> None:
        """As ``services.console.news.News.listen`` has it."""
        if found := self._of(entry.fields if entry else None):
            self._parts |= found
            self._changed.set()

    async def next(self, seconds: float) -> Frame | None:
        """Also when Redis does not answer, which is told beside the parts as they were."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        self._changed.clear()
        time = asyncio.get_running_loop().time()
        if time - self._told >= TODAY_SECONDS:
            self._parts.add("today")
        parts, self._parts = self._parts, set()
        if not parts:
            return None
        try:
            found = {name: render(self._at, f"desk/{name}.html", await PARTS[name](self._at)) for name in parts}
        except RedisError:
            self._parts |= parts
            return {"away": render(self._at, "desk/away.html", {})}
        if "today" in parts:
            self._told = time
        return {**found, "away": ""}

    def _of(self, fields: Fields | None) -> set[str]:
        if fields is None:
            return set(PARTS)
        match fields.get("of"):
            case "agent" if fields.get("agent") == self._agent:
                return {"duty", "today"}
            case "card" if self._agent in fields.get("agents", "").split():
                return {"caller", "duty"}
            case "callback" | "voicemail" if fields.get("group") in self._groups:
                return {"todo"}
            case _:
                return set()
