"""What a handler is given."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from services.console.access import Identity
from services.console.problems import NotLoggedIn
from services.console.texts import Texts
from services.domain.rights import Right
from services.settings import Settings
from services.store.audit import Act, kept


@dataclass(frozen=True)
class Parts:
    """What one console works with, for as long as it runs."""

    redis: Redis
    archive: AsyncEngine
    settings: Settings


PARTS = web.AppKey("parts", Parts)


@dataclass(frozen=True)
class At:
    """One request."""

    request: web.Request
    who: Identity | None
    texts: Texts

    @property
    def identity(self) -> Identity:
        if self.who is None:
            raise NotLoggedIn("Log in first.")
        return self.who

    @property
    def account(self) -> str:
        """That of the address, which whoever asks may see."""
        return self.request.match_info["account"]

    @property
    def parts(self) -> Parts:
        return self.request.app[PARTS]

    @property
    def redis(self) -> Redis:
        return self.parts.redis

    @property
    def archive(self) -> AsyncEngine:
        return self.parts.archive

    @property
    def settings(self) -> Settings:
        return self.parts.settings

    @property
    def locale(self) -> str:
        return self.texts.locale

    def may(self, right: Right) -> bool:
        """In the account of the address, if it has one."""
        return self.who is not None and self.who.may(right, self.request.match_info.get("account"))

    def act(self, action: str, target: str, call: str = "") -> AbstractAsyncContextManager[None]:
        """Keeps an audit entry of the block, with what became of it."""
        account = self.request.match_info.get("account", "")
        return kept(self.redis, Act(account, self.identity.login, action, target, call))


@dataclass(frozen=True)
class Page:
    """``values``: what the template reads beside ``at`` and the texts."""

    template: str
    values: Mapping[str, Any]
    status: int

    def __init__(self, template: str, status: int = 200, **values: Any) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "status", status)


@dataclass(frozen=True)
class Redirect:
    """``to``: a path of ours. Sent after a form, so that loading the page again does not send it again."""

    to: str
