"""What Asterisk tells unasked, handed on in order by one task, however much comes."""

import asyncio
import logging
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NoReturn

from services.ami.messages import Message

Handler = Callable[[Message], Awaitable[None]]
Job = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Events:
    """A queue of events, and of jobs that have their place between two events."""

    def __init__(self, on_missed: Callable[[], None], bound: int, deadline: float) -> None:
        """``on_missed`` is called after a handler failed, and after all that waited was dropped, being too much.

        ``deadline``: seconds a handler may take.
        """
        self._on_missed = on_missed
        self._deadline = deadline
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._queue: asyncio.Queue[Message | Job] = asyncio.Queue(bound)

    def subscribe(self, event: str, handler: Handler) -> None:
        self._handlers[event].append(handler)

    def put(self, event: Message) -> None:
        if event["Event"] in self._handlers:
            self._add(event)

    def put_job(self, job: Job) -> None:
        self._add(job)

    async def work(self) -> NoReturn:
        """Handlers one after the other; jobs must not raise."""
        while True:
            item = await self._queue.get()
            if isinstance(item, Message):
                await self._hand_out(item)
            else:
                await item()
            await asyncio.sleep(0)  # or a full queue would keep everything else from running

    def _add(self, item: Message | Job) -> None:
        try:
            self._queue.put_nowait(item)
        except asyncio.QueueFull:
            dropped = self._queue.qsize() + 1
            while not self._queue.empty():
                self._queue.get_nowait()
            log.warning("%d events of Asterisk's dropped: more came than were taken in", dropped)
            self._on_missed()

    async def _hand_out(self, event: Message) -> None:
        for handler in self._handlers[event["Event"]]:
            if failure := await attempt(partial(handler, event), self._deadline):
                log.error("%r failed on %r: %s", handler, event["Event"], story(failure))
                self._on_missed()


async def attempt(work: Job, deadline: float) -> BaseException | None:
    """What somebody else's work failed with, its own CancelledError included: that must not end who waits for it."""
    try:
        async with asyncio.timeout(deadline):
            await work()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error
    except Exception as error:  # noqa: BLE001 - it is the caller's to judge
        return error
    return None


def story(error: BaseException) -> str:
    """A traceback whose message is repr'd: it may quote what a caller sent, line breaks and all."""
    return f"{error!r}\n{''.join(traceback.format_tb(error.__traceback__))}"
