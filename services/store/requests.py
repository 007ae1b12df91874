"""What is asked of one Asterisk, by whoever it may be; the service beside it (``hotline serve pbx``) has it done.

A request is published, not kept: what nobody takes now is not done later.
"""

import secrets
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from redis.asyncio import Redis

from services.store import keys

DEADLINE = 5.0
ANSWER_SECONDS = 60
"""How long an answer is kept for who asked."""
LOOK_SECONDS = 1
"""Shorter than any connection's own timeout: an answer is waited for in pieces of this."""

_BEFORE, _AFTER = keys.requests("*").split("*")

ChannelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9@+./;:_-]{1,200}$")]
"""A channel's name, or its uniqueid: Asterisk takes both. A caller's uniqueid is the id of its call."""
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,80}$")]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hangup(Request):
    do: Literal["hangup"] = "hangup"
    channel: ChannelName


class Tone(Request):
    """Has both sides of a call hear that it will end soon."""

    do: Literal["tone"] = "tone"
    call: ChannelName


class HangupPhone(Request):
    """Hangs up what a phone has of one call, ringing or talking."""

    do: Literal["hangup_phone"] = "hangup_phone"
    endpoint: Word
    call: ChannelName


class Originate(Request):
    """Rings a phone and, when it is picked up, sends it to ``extension`` in ``context`` of the dialplan.

    Answered when the phone was picked up; refused when it was not.
    """

    do: Literal["originate"] = "originate"
    dial: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-]{1,80}|\+?[0-9]{1,32}@[A-Za-z0-9_-]{1,80})$")]
    """SIP endpoint, or ``number@trunk``."""
    context: Word
    extension: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9*#+]{1,80}$")]
    caller_id: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{0,32}$")] = ""
    """What the phone shows."""
    seconds: Annotated[int, Field(ge=1, le=300)] = 30
    variables: dict[
        Annotated[str, StringConstraints(pattern=r"^_{0,2}[A-Z][A-Z0-9_]{0,39}$")],
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9@+.:;=/_#* -]{0,500}$")],
    ] = {}
    """Of the phone's channel."""


AnyRequest = Annotated[Hangup | HangupPhone | Originate | Tone, Field(discriminator="do")]


class Envelope(Request):
    """What is published on ``keys.requests(pbx)``."""

    request: AnyRequest
    answer_to: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """Token of ``keys.answer``."""


class AwayError(Exception):
    """No service stands beside the Asterisk, or it does not answer."""


class RefusedError(Exception):
    """Asterisk did not do it; says why."""


async def alive(redis: Redis, preferred: str) -> str:
    """A pbx beside which a service is running: ``preferred`` if it is one. Raises AwayError when there is none."""
    channels: Any = await redis.pubsub_channels(keys.requests("*"))
    there = sorted(channel.decode().removeprefix(_BEFORE).removesuffix(_AFTER) for channel in channels)
    if not there:
        raise AwayError("no service beside any pbx is running (hotline serve pbx)")
    return preferred if preferred in there else there[0]


async def ask(redis: Redis, pbx: str, request: AnyRequest, deadline: float = DEADLINE) -> None:
    """Returns when it is done. Raises AwayError, RefusedError and redis.exceptions.RedisError."""
    token = secrets.token_hex(16)
    envelope = Envelope(request=request, answer_to=token)
    if not await redis.publish(keys.requests(pbx), envelope.model_dump_json()):
        raise AwayError(f"no service beside {pbx} is running (hotline serve pbx)")
    for _ in range(max(1, round(deadline / LOOK_SECONDS))):
        if (found := await redis.blpop([keys.answer(token)], timeout=LOOK_SECONDS)) is not None:
            if reason := found[1]:
                raise RefusedError(reason.decode() if isinstance(reason, bytes) else reason)
            return
    raise AwayError(f"the service beside {pbx} did not answer within {deadline:g} s")


async def answer(redis: Redis, token: str, refused: str = "") -> None:
    """``refused``: why it was not done; empty when it was."""
    async with redis.pipeline() as pipe:
        pipe.rpush(keys.answer(token), refused)
        pipe.expire(keys.answer(token), ANSWER_SECONDS)
        await pipe.execute()
