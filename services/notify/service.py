"""One of any number of processes that empty the outbox."""

import asyncio
import contextlib
import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import aiohttp
from pydantic import ValidationError
from redis.asyncio import Redis

from services.domain.documents import Account
from services.domain.messages import Message, from_json
from services.domain.retries import pause_ms
from services.notify import passing_on
from services.notify.places import FailedError, Http, Nowhere, Place, gateway
from services.settings import Settings
from services.store import documents, outbox
from services.store.connection import bounded
from services.store.due import end, keep, now
from services.store.outbox import Taken

AT_ONCE = 500
"""Messages that are being sent."""
AT_ONCE_TO_ONE = 8
"""Of these, to one account or to the gateway: one that hangs holds up nobody else."""
SLOT_MS = 20
"""Messages that found all of their receiver's places taken are looked at again one after the other, so far apart."""
CONNECTIONS = 50
"""To Redis; who finds none free waits."""
BLOCK_MS = 5_000
DEAD_AFTER_MS = 30_000
"""Longer than any attempt lasts: what a sender was given before is taken over from it."""
LOOK_SECONDS = 10.0
"""How often one looks for what a process that died has left: its messages, and when they are due."""
STOP_SECONDS = 15.0

log = logging.getLogger(__name__)


class Sender:
    """``clock``: milliseconds since 1970. ``draw``: 0 to 1."""

    def __init__(  # noqa: PLR0913 - what a test sets
        self,
        redis: Redis,
        session: aiohttp.ClientSession,
        texts: Place,
        *,
        dead_after_ms: int = DEAD_AFTER_MS,
        clock: Callable[[], int] = now,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._redis = redis
        self._session = session
        self._texts = texts
        self._dead_after_ms = dead_after_ms
        self._clock = clock
        self._draw = draw
        self._name = secrets.token_hex(8)
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy: Counter[str] = Counter()
        self._slots: dict[str, int] = {}
        """When the last message is looked at again that found its receiver busy."""
        self._sooner = asyncio.Event()
        """A message of this process is to be tried again: perhaps before all others."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; what is being sent then may end within its own deadline."""
        works = (self._take, self._take_over, self._release, partial(passing_on.run, self._redis))
        tasks = [asyncio.create_task(keep(work)) for work in works]
        told = asyncio.create_task(stop.wait())
        try:
            ended, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            await end([told, *tasks])
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            await end(self._tasks)

    async def _take(self) -> None:
        await outbox.begin(self._redis)
        while True:
            self._start(await outbox.take(self._redis, self._name, await self._room(), BLOCK_MS))

    async def _take_over(self) -> None:
        await outbox.begin(self._redis)
        while True:
            self._start(await outbox.take_over(self._redis, self._name, self._dead_after_ms, await self._room()))
            await outbox.forget_senders(self._redis)
            await asyncio.sleep(min(LOOK_SECONDS, self._dead_after_ms / 1000))

    async def _release(self) -> None:
        while True:
            self._sooner.clear()
            due = await outbox.release(self._redis, self._clock())
            wait = LOOK_SECONDS if due is None else min(LOOK_SECONDS, max(0, due - self._clock()) / 1000)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._sooner.wait()

    async def _room(self) -> int:
        while len(self._tasks) >= AT_ONCE:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return AT_ONCE - len(self._tasks)

    def _start(self, found: Iterable[Taken]) -> None:
        for taken in found:
            task = asyncio.create_task(self._settle(taken), name=f"message {taken.entry}")
            self._tasks.add(task)
            task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # It stays with this sender and is taken over when it has stayed too long.
            log.warning("%s is left as it is: %r", task.get_name(), error)

    async def _settle(self, taken: Taken) -> None:
        try:
            message = from_json(taken.body)
        except ValidationError:
            await outbox.give_up(self._redis, taken, self._clock(), "it cannot be read")
            return
        receiver = f"account {message.account}" if message.to is None else "the gateway"
        if self._busy[receiver] >= AT_ONCE_TO_ONE:
            self._slots[receiver] = max(self._slots.get(receiver, 0), self._clock()) + SLOT_MS
            await self._later(taken, self._slots[receiver], "its receiver was busy")
            return
        self._busy[receiver] += 1
        try:
            await self._attempt(taken, message)
        finally:
            self._busy[receiver] -= 1

    async def _attempt(self, taken: Taken, message: Message) -> None:
        try:
            await (await self._place(message)).send(message.id, taken.body, self._clock())
        except FailedError as failure:
            await self._failed(taken, message, failure)
        else:
            await outbox.sent(self._redis, taken)

    async def _failed(self, taken: Taken, message: Message, failure: FailedError) -> None:
        tried = replace(taken, attempts=taken.attempts + 1)
        pause = None if failure.final else pause_ms(tried.attempts, self._draw(), failure.asked_ms)
        log.warning("message %s, attempt %d: %s", message.id, tried.attempts, failure)
        if pause is None:
            await outbox.give_up(self._redis, tried, self._clock(), str(failure))
        else:
            await self._later(tried, self._clock() + pause, str(failure))

    async def _later(self, taken: Taken, at: int, why: str) -> None:
        await outbox.later(self._redis, taken, at, self._clock(), why)
        self._sooner.set()

    async def _place(self, message: Message) -> Place:
        if message.to is not None:
            return self._texts
        try:
            account = await documents.get(self._redis, Account, message.account)
        except ValidationError:
            return Nowhere(f"account {message.account!r} cannot be read")
        if account is None or account.document.notify is None:
            return Nowhere(f"account {message.account!r} has no 'notify'")
        return Http(self._session, account.document.notify)


def client(url: str) -> Redis:
    return bounded(
        url,
        max_connections=CONNECTIONS,
        timeout=STOP_SECONDS,
        socket_timeout=2 * BLOCK_MS / 1000,
        socket_connect_timeout=5,
    )


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Raises SettingsError."""
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()) as session,
        client(settings.redis_url) as redis,
    ):
        await Sender(redis, session, gateway(settings, session)).run(stop)
