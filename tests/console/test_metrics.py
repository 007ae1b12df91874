"""What Prometheus is told, and that the dashboard asks for nothing else."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from services.console import metrics
from services.domain.people import Token
from services.domain.rights import Right
from services.store import agents, keys, passing_on, people, queues
from services.store.distribution import Distribution
from services.store.due import now
from services.store.gauges import Company, together
from tests.console.conftest import Console
from tests.harness.console import Visit

DASHBOARD = Path(__file__).parents[2] / "grafana" / "hotline400.json"
Sample = tuple[str, Mapping[str, str]]


@pytest.fixture
async def prometheus(console: Console) -> AsyncIterator[Visit]:
    scopes = frozenset({Right.SEE_METRICS})
    token = Token(id="prometheus", name="Prometheus", scopes=scopes, by="root", created=now())
    async with Visit(console.url, await people.add_token(console.redis, token)) as visit:
        yield visit
    await people.take_back(console.redis, None, "prometheus")


async def scraped(visit: Visit) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = await visit.get("/metrics")
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


async def test_figures_are_told(console: Console, prometheus: Visit) -> None:
    before = await scraped(prometheus)
    desk = Distribution(console.redis, "demo")
    await agents.login(desk, "1001", now())
    await agents.pause(desk, "1001", "午餐", now())
    await queues.join(desk, "pbx1-8.8", "counter", now() - 3000, process="p")
    found = await scraped(prometheus)
    assert found[key("hotline_callers", account="demo", state="waiting")] == 1
    assert 3 <= found[key("hotline_longest_wait_seconds", account="demo")] < 60
    assert found[key("hotline_agents", account="demo", state="paused")] == 1
    await queues.leave(desk, "pbx1-8.8", "abandoned", now())
    await agents.logout(desk, "1001", now())
    after = await scraped(prometheus)
    for outcome in ("arrived", "abandoned"):
        counted = key("hotline_queue_callers_total", account="demo", outcome=outcome)
        assert after[counted] == before[counted] + 1
    asked = key("hotline_console_request_seconds_count", route="/metrics", method="GET", code="200")
    assert after[asked] == before.get(asked, 0) + 2
    assert after[key("hotline_archive_up")] == 1
    assert found[key("hotline_stream_entries", stream=keys.LIVE_STREAM)] > 0


async def test_only_programs_of_the_platform_are_told(console: Console) -> None:
    scopes = frozenset({Right.SEE_METRICS})
    own = Token(id="own", name="x", account="demo", scopes=scopes, by="boss@demo", created=now())
    async with Visit(console.url, await people.add_token(console.redis, own)) as visit:
        assert (await visit.get("/metrics")).status == 403
    await people.take_back(console.redis, "demo", "own")
    async with console.visiting() as nobody:
        assert (await nobody.get("/metrics")).status == 401


async def test_the_dashboard_asks_for_what_is_told(console: Console, prometheus: Visit) -> None:
    await passing_on.position(console.redis)
    told = {name for name, _ in await scraped(prometheus)}
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(expressions) >= len(dashboard["panels"]) > 10
    expressions += [one["definition"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    asked = {name for one in expressions for name in re.findall(r"\b(?:hotline|process)_\w+", one)}
    assert asked <= told, asked - told
    assert {name for name in told if name.startswith("hotline_")} <= {*asked, *UNSEEN}, "nobody looks at it"


async def test_the_page_has_what_is_told(prometheus: Visit) -> None:
    page = (DASHBOARD.parents[1] / "docs" / "metrics.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(hotline_\w+)`", page))
    told = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, _ in await scraped(prometheus)}
    assert {name for name in told if name.startswith("hotline_")} | MAYBE == documented


MAYBE = {"hotline_events_passed_on_timestamp_seconds"}
"""Not before events were passed on."""
UNSEEN = {"hotline_console_request_seconds_sum", "hotline_console_request_seconds_created"}


async def test_accounts_beyond_the_limit_are_told_of_as_one(console: Console) -> None:
    found = await metrics.find(console.redis, console.archive, ["demo", "other", "third"], 1, 0)
    assert list(found.companies) == ["demo", metrics.OTHERS]
    assert found.companies[metrics.OTHERS].agents["offline"] == 2


def test_companies_together() -> None:
    one = Company({"waiting": 2}, 5, {"ready": 1}, {"answered": 3})
    other = Company({"waiting": 1, "talking": 1}, 3, {}, {"answered": 1})
    none = Company({}, None, {}, {})
    assert together([one, other, none]) == Company({"waiting": 3, "talking": 1}, 3, {"ready": 1}, {"answered": 4})
