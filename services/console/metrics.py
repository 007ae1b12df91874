"""What /metrics tells (docs/metrics.md): the console's own counts, and what stands in Redis and the archive."""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from redis.asyncio import Redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.archive import filling
from services.console.streams import EVENT_STREAM
from services.domain.agents import State
from services.domain.documents import Account
from services.domain.live import Outcome
from services.store import documents, gauges
from services.store.due import now
from services.store.gauges import Company, Stream

MEDIA = CONTENT_TYPE_LATEST
NAMES_SECONDS = 300.0
"""For which the accounts' names are kept: finding them reads through all keys."""
OTHERS = "(others)"
"""Accounts beyond the limit: no account has this id."""
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_CALLER_STATES = ("waiting", "ringing", "talking")
_OUTCOMES = (*Outcome, "taken_back")


@dataclass(frozen=True)
class Found:
    """What was asked of the others for one answer."""

    companies: Mapping[str, Company]
    streams: Mapping[str, Stream]
    later: int
    passed_on: int | None
    taken: Mapping[str, int] | None
    """Entries that the archive has of each stream; None: it does not answer."""
    open_streams: int
    at: int


class Metrics:
    """Of one console process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Histogram(
            "hotline_console_request_seconds",
            "Time to answer a request.",
            ["route", "method", "code"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._names: list[str] = []
        self._named = -NAMES_SECONDS

    def count(self, request: web.Request, response: web.StreamResponse, seconds: float) -> None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource else "nowhere"
        self._requests.labels(route, request.method, str(response.status)).observe(seconds)

    async def accounts(self, redis: Redis) -> list[str]:
        if time.monotonic() - self._named >= NAMES_SECONDS:
            self._names, self._named = await documents.names(redis, Account), time.monotonic()
        return self._names

    def text(self, found: Found) -> bytes:
        whole = CollectorRegistry()
        whole.register(_Told([*self.registry.collect(), *families(found)]))
        return bytes(generate_latest(whole))  # type: ignore[no-untyped-call]


METRICS = web.AppKey("metrics", Metrics)


@web.middleware
async def timed(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Counts what is answered; what goes on and on has no time."""
    began = time.monotonic()
    response = await handler(request)
    if response.content_type != EVENT_STREAM and response.status != HTTPStatus.SWITCHING_PROTOCOLS:
        request.app[METRICS].count(request, response, time.monotonic() - began)
    return response


class _Told:
    def __init__(self, told: Sequence[Metric]) -> None:
        self._told = told

    def collect(self) -> Iterable[Metric]:
        return self._told


async def find(redis: Redis, archive: AsyncEngine, names: Sequence[str], most: int, open_streams: int) -> Found:
    """``names``: of all accounts; beyond ``most`` they are told of as one. Raises RedisError."""
    companies = {name: await gauges.company(redis, name) for name in names}
    shown = dict(list(companies.items())[:most])
    if others := list(companies.values())[most:]:
        shown[OTHERS] = gauges.together(others)
    return Found(
        shown,
        await gauges.streams(redis),
        await gauges.later(redis),
        await gauges.passed_on(redis),
        await _taken(archive),
        open_streams,
        now(),
    )


async def _taken(archive: AsyncEngine) -> Mapping[str, int] | None:
    try:
        return {one.stream: one.taken + one.missing for one in await filling.positions(archive)}
    except (SQLAlchemyError, OSError, TimeoutError):
        return None


def families(found: Found) -> list[Metric]:
    return [*_of_companies(found), *_of_streams(found), *_of_messages(found), *_of_archive(found), *_of_console(found)]


def _of_companies(found: Found) -> Iterable[Metric]:
    callers = GaugeMetricFamily("hotline_callers", "Callers in queues now.", labels=["account", "state"])
    longest = GaugeMetricFamily("hotline_longest_wait_seconds", "Wait of who waits longest.", labels=["account"])
    agents = GaugeMetricFamily("hotline_agents", "Agents, by what they do.", labels=["account", "state"])
    total = CounterMetricFamily("hotline_queue_callers", "Callers in queues ever.", labels=["account", "outcome"])
    for account, company in found.companies.items():
        since = company.longest_since
        longest.add_metric([account], 0.0 if since is None else max(0, found.at - since) / 1000)
        for caller in _CALLER_STATES:
            callers.add_metric([account, caller], company.callers.get(caller, 0))
        for state in State:
            agents.add_metric([account, state], company.agents.get(state, 0))
        for outcome in _OUTCOMES:
            total.add_metric([account, outcome], company.totals.get(outcome, 0))
    return callers, longest, agents, total


def _of_streams(found: Found) -> Iterable[Metric]:
    length = GaugeMetricFamily("hotline_stream_entries", "Entries in a stream.", labels=["stream"])
    newest = GaugeMetricFamily("hotline_stream_newest_timestamp_seconds", "When its newest came.", labels=["stream"])
    for name, stream in found.streams.items():
        length.add_metric([name], stream.length)
        newest.add_metric([name], stream.newest / 1000)
    return length, newest


def _of_messages(found: Found) -> Iterable[Metric]:
    later = GaugeMetricFamily("hotline_messages_to_try_again", "Messages that wait for their next attempt.")
    later.add_metric([], found.later)
    yield later
    if found.passed_on is not None:
        passed = GaugeMetricFamily("hotline_events_passed_on_timestamp_seconds", "Newest live event passed on.")
        passed.add_metric([], found.passed_on / 1000)
        yield passed


def _of_archive(found: Found) -> Iterable[Metric]:
    up = GaugeMetricFamily("hotline_archive_up", "1: the archive's database answers.")
    up.add_metric([], 0 if found.taken is None else 1)
    behind = GaugeMetricFamily("hotline_archive_behind_entries", "Entries not archived yet.", labels=["stream"])
    for name, taken in (found.taken or {}).items():
        if name in found.streams:
            behind.add_metric([name], max(0, found.streams[name].added - taken))
    return up, behind


def _of_console(found: Found) -> Iterable[Metric]:
    streams = GaugeMetricFamily("hotline_console_open_streams", "Browsers and programs that are pushed live figures.")
    streams.add_metric([], found.open_streams)
    return (streams,)
