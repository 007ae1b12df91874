"""Companies' own programs, which are called over HTTP."""

import hashlib
import hmac
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from services.domain.model import Model

TRY_AGAIN = {408, 425, 429}
"""Of the 4xx: not the message is wrong, only the moment (RFC 9110, 8470, 6585)."""


def _http(url: str) -> str:
    """Without user and password: they would stand in logs."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise ValueError("expected an address such as https://example.com/hotline, without user and password")
    return url


HttpUrl = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,500}$"), AfterValidator(_http)]


class Webhook(Model):
    url: HttpUrl
    secret: Annotated[str, StringConstraints(pattern=r"^[!-~]{16,128}$"), Field(repr=False)]
    """Signs what is sent."""


Event = Literal[
    "call.started",
    "call.queued",
    "call.offered",
    "call.answered",
    "call.left",
    "call.ended",
    "survey.answered",
    "agent.state",
]
"""What a company may ask to be told of: docs/notify.md."""


class Notify(Webhook):
    events: Annotated[tuple[Event, ...], Field(max_length=20)] = ()
    """Beside the messages that it gets in any case."""


def signature(secret: str, seconds: int, body: bytes) -> str:
    """Of the header ``X-Hotline-Signature``: docs/notify.md."""
    signed = hmac.new(secret.encode(), str(seconds).encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def may_try_again(status: int) -> bool:
    """Whether the same may be taken a moment later that was not now."""
    return status >= 500 or status in TRY_AGAIN  # noqa: PLR2004 - as RFC 9110 divides them
