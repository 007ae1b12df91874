"""Takes requests (``services.store.requests``) and has Asterisk do them."""

import asyncio
import logging

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services import ami
from services.ami import Link
from services.pbx.originates import Originates
from services.store import keys, requests
from services.store.due import end
from services.store.requests import AnyRequest, Envelope, Hangup, HangupPhone, Originate, Tone

AT_ONCE = 200
"""Requests that are being done; others wait in the connection."""
LISTEN_SECONDS = 60.0

log = logging.getLogger(__name__)


class Requests:
    def __init__(self, redis: Redis, link: Link, pbx: str) -> None:
        self._redis = redis
        self._link = link
        self._pbx = pbx
        self._originates = Originates(link)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled. Raises RedisError; may be run again."""
        try:
            async with self._redis.pubsub() as subscription:
                await subscription.subscribe(keys.requests(self._pbx))
                while True:
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
                    if message is not None:
                        await self._take(message["data"])
        finally:
            await end(self._tasks)

    async def _take(self, data: bytes) -> None:
        try:
            envelope = Envelope.model_validate_json(data)
        except ValidationError as error:
            log.warning("not a request: %s", error.errors(include_input=False, include_url=False))
            return
        await self._room.acquire()
        task = asyncio.create_task(self._settle(envelope), name=f"request {envelope.request.do}")
        self._tasks.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)

    async def _settle(self, envelope: Envelope) -> None:
        refused = await self._refusal(envelope.request)
        if refused:
            log.info("%r was not done: %s", envelope.request, refused)
        try:
            await requests.answer(self._redis, envelope.answer_to, refused)
        except RedisError as error:  # who asked is told nothing, and gives up by itself
            log.warning("an answer was lost: %r", error)

    async def _refusal(self, request: AnyRequest) -> str:
        """Why the request was not done; empty when it was."""
        try:
            await self._do(request)
        except (ami.RefusedError, ami.UnsendableError, OSError) as error:  # a lost or stalled link is an OSError
            return str(error) or repr(error)
        return ""

    async def _do(self, request: AnyRequest) -> None:
        match request:
            case Hangup(channel=channel):
                await self._link.action("Hangup", Channel=channel)
            case HangupPhone():
                await self._hang_up_phone(request)
            case Originate():
                await self._originates.do(request)
            case Tone(call=call):
                await self._sound(call)

    async def _sound(self, call: str) -> None:
        await self._link.action(
            "Originate",
            Channel="Local/s@tone/n",
            Context="supervise",
            Exten="barge",
            Priority="1",
            Variable=[f"SPIED={call}"],
            Async="true",
        )

    async def _hang_up_phone(self, request: HangupPhone) -> None:
        """Whoever forges the lines that come after a channel's name only names its own channel."""
        own = f"PJSIP/{request.endpoint}-"
        channels = await self._link.list_action("CoreShowChannels")
        of_call = [channel["Channel"] for channel in channels if channel["Linkedid"] == request.call]
        names = [name for name in of_call if name.startswith(own) and "-" not in name.removeprefix(own)]
        if not names:
            raise ami.RefusedError("CoreShowChannels", f"{request.endpoint} has no channel in {request.call}")
        for name in names:
            await self._link.action("Hangup", Channel=name)
