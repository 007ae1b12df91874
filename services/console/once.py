"""A command that a program sends twice with the same ``Idempotency-Key`` is done once; both get the same answer."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError
from redis.asyncio import Redis

from services.console.access import Identity
from services.console.problems import Invalid, Refused, Where
from services.store import keys

HEADER = "Idempotency-Key"
KEPT_SECONDS = 24 * 3600
RUNNING_SECONDS = 60
"""After which a command whose process died may be sent again."""
_KEY = TypeAdapter(Annotated[str, StringConstraints(pattern=r"^[!-~]{1,100}$")])


class Done(BaseModel):
    asked: str
    """Digest of what was sent."""
    status: int = 0
    """0: it is still being done."""
    told_once: bool = False
    """The answer had a secret in it, so it is not here."""
    media: str = ""
    body: Annotated[bytes, Field(repr=False)] = b""

    model_config = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}


async def once(
    request: web.Request,
    who: Identity,
    redis: Redis,
    work: Callable[[], Awaitable[web.StreamResponse]],
    *,
    told_once: bool,
) -> web.StreamResponse:
    """Without the header: simply does it. Raises Refused when the key was used for something else, or runs now."""
    key = request.headers.get(HEADER)
    if key is None:
        return await work()
    try:
        kept = keys.once(who.login, _KEY.validate_python(key))
    except ValidationError:
        where = [Where(at=HEADER, expected="1 to 100 printable signs without spaces")]
        raise Invalid("Idempotency-Key: expected 1 to 100 printable signs without spaces.", where) from None
    asked = hashlib.sha256(b"\n".join([request.path_qs.encode(), await request.read()])).hexdigest()
    if not await redis.set(kept, Done(asked=asked).model_dump_json(), nx=True, ex=RUNNING_SECONDS):
        return await _again(redis, kept, asked)
    try:
        given = await work()
    except BaseException:
        await redis.delete(kept)
        raise
    if isinstance(given, web.Response) and isinstance(given.body, bytes | None):
        body = b"" if told_once else given.body or b""
        done = Done(asked=asked, status=given.status, told_once=told_once, media=given.content_type, body=body)
        await redis.set(kept, done.model_dump_json(), ex=KEPT_SECONDS)
    return given


async def _again(redis: Redis, kept: str, asked: str) -> web.Response:
    found = await redis.get(kept)
    done = Done.model_validate_json(found) if found else Done(asked=asked)
    if done.asked != asked:
        raise Refused("This Idempotency-Key was used for another command.")
    if not done.status:
        raise Refused("The command is being done: ask again in a moment.")
    if done.told_once:
        raise Refused("That was done, and what it told is told once.")
    headers = {"Idempotent-Replay": "true"}
    if not done.body:
        return web.Response(status=done.status, headers=headers)
    return web.Response(body=done.body, status=done.status, content_type=done.media, headers=headers)
