"""Comparisons of packages: they take their time, so they are made beside the requests; Redis tells how far they are.

One at a time for an account. A process that dies leaves one that is gone some seconds later.
"""

import asyncio
import contextlib
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Literal

from aiohttp import web
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.billing import offers
from services.billing.offers import OfferFields
from services.console.problems import Problem, Refused, Unknown
from services.domain.package import Package
from services.domain.usage import UnratableError
from services.store import keys
from services.store.due import end
from services.store.records import Own, UnreadableError

SECONDS = 120
"""That one may take."""
MOST_CALLS = 50_000
RUNNING_SECONDS = 10
"""After which one that nobody has told of is gone."""
KEPT_SECONDS = 3600
_TELL_SECONDS = 0.5

log = logging.getLogger(__name__)


class Job(BaseModel):
    id: str
    account: str
    since: date
    until: date
    state: Literal["running", "done", "failed"] = "running"
    calls: int = 0
    rated: int = 0
    """Of ``total``: each call with each package, and with none."""
    total: int = 0
    offers: list[OfferFields] = []
    said: str = ""
    """Why it failed, as ``Problem.said``."""
    values: dict[str, str | int] = {}


class StoppedError(Exception):
    """Nobody waits for it any more."""


JOBS = web.AppKey("comparisons", set[asyncio.Task[None]])


async def workers(app: web.Application) -> AsyncIterator[None]:
    """For ``cleanup_ctx``."""
    app[JOBS] = set()
    yield
    running = app[JOBS]
    await end(running)


async def begin(app: web.Application, redis: Redis, own: Own, job: Job, packages: Sequence[Package]) -> None:
    """Raises Refused while another of the account is being made."""
    if not await redis.set(keys.comparing(job.account), job.id, nx=True, ex=RUNNING_SECONDS):
        raise Refused("A comparison for this account is being made: wait for it to end.")
    await _put(redis, job, RUNNING_SECONDS)
    task = asyncio.create_task(_make(redis, own, job, packages))
    app[JOBS].add(task)
    task.add_done_callback(app[JOBS].discard)


async def get(redis: Redis, account: str, name: str) -> Job:
    """Raises Unknown."""
    found = await redis.get(keys.comparison(account, name))
    if found is None:
        raise Unknown("There is no comparison %(name)s any more: begin it again.", name=name)
    return Job.model_validate_json(found)


def new_id() -> str:
    return secrets.token_hex(8)


async def _make(redis: Redis, own: Own, job: Job, packages: Sequence[Package]) -> None:
    telling = asyncio.create_task(_tell(redis, job))
    try:
        async with asyncio.timeout(SECONDS):
            job.offers = await _compared(redis, own, job, packages)
        job.state = "done"
    except Exception as error:  # noqa: BLE001 - whatever it was, whoever waits is told
        problem = _problem(error)
        job.state, job.said, job.values = (
            "failed",
            problem.said,
            {name: str(one) for name, one in problem.values.items()},
        )
    finally:
        await end([telling])
    try:
        await redis.delete(keys.comparing(job.account))
        await _put(redis, job, KEPT_SECONDS)
    except RedisError:
        log.warning("what came of comparison %s cannot be kept", job.id, exc_info=True)


async def _compared(redis: Redis, own: Own, job: Job, packages: Sequence[Package]) -> list[OfferFields]:
    calls, documents = await offers.written(redis, own, job.account, job.since, job.until)
    job.calls, job.total = len(calls), len(calls) * (len(packages) + 1)
    if not calls:
        raise Refused("There are no calls from %(since)s to %(until)s.", since=job.since, until=job.until)
    if len(calls) > MOST_CALLS:
        raise Refused(
            "That are %(calls)d calls: choose a shorter period, with at most %(most)d.",
            calls=len(calls),
            most=MOST_CALLS,
        )
    stopped = threading.Event()

    def rated() -> None:
        if stopped.is_set():
            raise StoppedError
        job.rated += 1

    try:
        found = await asyncio.to_thread(
            offers.compared, job.account, [*documents, *packages], packages, calls, job.since, job.until, rated
        )
    finally:
        stopped.set()
    return offers.fields(found)


async def _tell(redis: Redis, job: Job) -> None:
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        with contextlib.suppress(RedisError):  # whoever asks is told by Redis' silence
            await _put(redis, job, RUNNING_SECONDS)
            await redis.expire(keys.comparing(job.account), RUNNING_SECONDS)


async def _put(redis: Redis, job: Job, seconds: int) -> None:
    await redis.set(keys.comparison(job.account, job.id), job.model_dump_json(), ex=seconds)


def _problem(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case UnratableError() | UnreadableError():
            return Refused("%(why)s.", why=error)
        case TimeoutError():
            return Refused(
                "It took more than %(seconds)d seconds: choose a shorter period or fewer packages.", seconds=SECONDS
            )
    log.error("a comparison failed", exc_info=error)
    return Refused("Something went wrong here; the console's log has more about it.")
