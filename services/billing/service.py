"""Billing: CEL file → call → rated record → stream.

It keeps nothing of its own. Whatever goes wrong with Redis, it starts over from the checkpoint that stands there; what
it then does twice, the ledger does once.
"""

import asyncio
import contextlib
import gc
import logging
import random
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, WatchError

from services.billing.along import what_goes_along, with_commands
from services.billing.calls import OpenCalls
from services.billing.clock import Clock
from services.billing.pricing import price
from services.billing.retention import keep_expiring
from services.billing.settling import keep_settling
from services.billing.tail import Tail
from services.billing.watch import Watch
from services.domain.record import Record
from services.settings import Settings
from services.store import checkpoints, ledger
from services.store.checkpoints import Checkpoint
from services.store.connection import connected
from services.store.due import end

WAKE_SECONDS = 5.0
"""Looks at the files so often even if the filesystem never tells of a change (network filesystems do not)."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts while Redis is away."""
ATTEMPTS = 10
"""At the commit of a batch while other processes change the same accounts' books; then it is begun anew."""

log = logging.getLogger(__name__)


class CheckpointLostError(Exception):
    """Redis has lost what it did last, or another billing works for the same pbx."""


class Billing:
    """From a checkpoint on until something fails: read, fold, rate, commit, move the checkpoint."""

    def __init__(self, redis: Redis, folder: Path, pbx: str, start: Checkpoint | None) -> None:
        self._redis = redis
        self._pbx = pbx
        self._saved = start
        self._tail = Tail(folder, start)
        self._clock = Clock()
        self.calls = OpenCalls(pbx)
        self.written = 0
        """Records that were not on a stream before."""

    async def step(self) -> bool:
        """Takes in the next piece of the files; False when there was none.

        Raises RedisError, CheckpointLostError, OSError; the next step must then be one of a new Billing.
        """
        if by := self._clock.set_by():
            self.calls.hear_of_clock(by)
        piece = self._tail.read()
        records = self.calls.silent(self._tail.quiet_ms) if piece is None else self.calls.take(piece)
        if records:
            await self._commit(records)
        return piece is not None

    def close(self) -> None:
        self._tail.close()

    async def _attempt(self, records: list[Record]) -> list[Record]:
        """Commits them; gives those whose account's book somebody else has changed since it was read."""
        going = await what_goes_along(self._redis, records)
        priced = await price(self._redis, [one.record for one in going])
        entries = with_commands(priced, going)
        committed = await ledger.commit(self._redis, entries)
        for entry, done in zip(entries, committed, strict=True):
            if entry.unrated is not None and done.new:
                log.error("call %s goes unrated: %s", entry.record.call_id, entry.unrated)
        self.written += sum(done.new for done in committed)
        return [record for record, done in zip(records, committed, strict=True) if not done.entry_id]

    async def _commit(self, records: list[Record]) -> None:
        waiting = records
        for attempt in range(ATTEMPTS):
            waiting = await self._attempt(waiting)
            if not waiting:
                break
            await asyncio.sleep(FIRST_PAUSE * random.random() * (attempt + 1))  # noqa: S311 - others go on first
        else:
            raise WatchError(f"others changed the same accounts' books {ATTEMPTS} times meanwhile")
        reached = self.calls.oldest or self._tail.checkpoint
        if reached is None or reached == self._saved:
            return
        if not await checkpoints.move(self._redis, self._pbx, self._saved, reached):
            raise CheckpointLostError(f"the checkpoint of {self._pbx} is not where billing left it")
        self._saved = reached


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Bills the calls of one pbx until ``stop`` is set. FileNotFoundError when there is no CEL folder."""
    folder = settings.cel_dir
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no folder {folder} for Asterisk's call events: create it so that Asterisk can write to it,"
            " or set HOTLINE_CEL_DIR"
        )
    gc.freeze()  # what is loaded by now stays: it need not be looked through again with every batch
    with Watch(folder) as watch:
        async with _client(settings.redis_url) as redis:
            aside = [
                asyncio.create_task(keep_expiring(redis, settings.recordings_dir, settings.pbx)),
                asyncio.create_task(keep_settling(redis)),
            ]
            try:
                await _bill(redis, settings, watch, stop)
            finally:
                await end(aside)


async def _bill(redis: Redis, settings: Settings, watch: Watch, stop: asyncio.Event) -> None:
    pause = FIRST_PAUSE
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await _live(redis, settings, watch, stop)
        except (RedisError, CheckpointLostError) as error:
            lasted = asyncio.get_running_loop().time() - began
            pause = FIRST_PAUSE if lasted > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
            log.warning("starts over in %.1f s: %s: %s", pause, type(error).__name__, error)
            await _pause(stop, pause)


async def _live(redis: Redis, settings: Settings, watch: Watch, stop: asyncio.Event) -> None:
    start = await checkpoints.get(redis, settings.pbx)
    billing = Billing(redis, settings.cel_dir, settings.pbx, start)
    log.info("bills %s from %s", settings.pbx, start or "the oldest CEL file there is")
    try:
        while not stop.is_set():
            if await billing.step():
                await asyncio.sleep(0)  # or a file without any call's end would keep ``stop`` from being set
            else:
                await watch.change(stop, WAKE_SECONDS)
    finally:
        billing.close()
        calls = billing.calls
        log.info(
            "%d records written; %d other calls, %d rows passed over, %d torn",
            *(billing.written, calls.other_calls, calls.passed_over, calls.torn),
        )


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _client(url: str) -> Redis:
    """Without retries of its own: after an error not the command is tried again but all since the checkpoint."""
    return connected(url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
