"""Where messages go: an HTTP address, or a file."""

import asyncio
from pathlib import Path
from typing import Protocol

import aiohttp
from pydantic import ValidationError

from services.domain.retries import asked_ms
from services.domain.webhook import Webhook, may_try_again, signature
from services.settings import Settings, SettingsError

DEADLINE = aiohttp.ClientTimeout(total=10)


class FailedError(Exception):
    """A message was not taken. ``final``: it never will be. ``asked_ms``: how long the receiver wants to be left."""

    def __init__(self, why: str, *, final: bool = False, asked_ms: int | None = None) -> None:
        super().__init__(why)
        self.final = final
        self.asked_ms = asked_ms


class Place(Protocol):
    async def send(self, name: str, body: str, now: int) -> None:
        """``name``: the message's id. Raises FailedError."""


class Http:
    def __init__(self, session: aiohttp.ClientSession, webhook: Webhook) -> None:
        self._session = session
        self._webhook = webhook

    async def send(self, name: str, body: str, now: int) -> None:
        data = body.encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hotline-Id": name,
            "X-Hotline-Signature": signature(self._webhook.secret, now // 1000, data),
        }
        try:
            async with self._session.post(
                self._webhook.url, data=data, headers=headers, timeout=DEADLINE, allow_redirects=False
            ) as response:
                _judge(response.status, response.headers.get("Retry-After"), now)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise FailedError(f"{type(error).__name__}: {error}".removesuffix(": ")) from error


class File:
    """One message a line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def send(self, name: str, body: str, now: int) -> None:
        del name, now
        try:
            await asyncio.to_thread(self._append, body)
        except OSError as error:
            raise FailedError(str(error)) from error

    def _append(self, body: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(body + "\n")


class Nowhere:
    def __init__(self, why: str) -> None:
        self._why = why

    async def send(self, name: str, body: str, now: int) -> None:
        del name, body, now
        raise FailedError(self._why, final=True)


def gateway(settings: Settings, session: aiohttp.ClientSession) -> Place:
    """Who takes text messages. Raises SettingsError."""
    if settings.notify_url and settings.notify_file:
        raise SettingsError("HOTLINE_NOTIFY_URL and HOTLINE_NOTIFY_FILE are both set: expected one of them")
    if settings.notify_file:
        return File(settings.notify_file)
    if not settings.notify_url:
        return Nowhere("no gateway for text messages: HOTLINE_NOTIFY_URL is not set")
    known = {"url": settings.notify_url, "secret": settings.notify_secret.get_secret_value()}
    try:
        return Http(session, Webhook.model_validate(known))
    except ValidationError as error:
        [problem, *_] = error.errors(include_input=False)
        raise SettingsError(f"HOTLINE_NOTIFY_{str(problem['loc'][0]).upper()}: {problem['msg']}") from None


def _judge(status: int, retry_after: str | None, now: int) -> None:
    if 200 <= status < 300:  # noqa: PLR2004 - as RFC 9110 divides them
        return
    raise FailedError(f"HTTP {status}", final=not may_try_again(status), asked_ms=asked_ms(retry_after, now))
