"""The pages and operations of the analysis, of a company with some days of calls."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any, Literal

import pytest
from playwright.async_api import Browser
from sqlalchemy import func, select

from services.archive.schema import CALLS
from services.console.pages.analysis import SECTIONS
from services.domain.statistics.days import day_of
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.browser import barriers, sitting
from tests.harness.console import Visit
from tests.harness.traffic import ACCOUNT

PAINTED = """() => [...document.querySelectorAll("[data-drawing]")].map(place => {
    const canvas = place.querySelector("canvas");
    const seen = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(seen.buffer)).size > 10;
})"""
"""Of each chart whether its canvas has more on it than an empty one."""
PAGES = f"/accounts/{ACCOUNT}/analysis"
GROUP = "lvyuan-service"
API = f"/api/v1/accounts/{ACCOUNT}/analysis"


async def asked(visit: Visit, path: str) -> Any:
    answer = await visit.get(f"{API}/{path}")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


async def archived(console: Console) -> int:
    async with console.archive.connect() as connection:
        return await connection.scalar(select(func.count()).where(CALLS.c.account == ACCOUNT)) or 0


async def test_every_page_shows_its_tables_and_every_table_is_a_file(company: Console) -> None:
    async with company.visiting("li") as visit:
        for name, section in SECTIONS.items():
            page = await visit.get(PAGES if name == "traffic" else f"{PAGES}/{name}")
            assert page.status == 200, page.text
            for table in section.tables:
                assert f'<table id="{table}">' in page.text
                file = await visit.get(f"{PAGES}/{name}/{table}.csv")
                assert file.headers["Content-Type"].startswith("text/csv")
                head, *rows = csv.reader(io.StringIO(file.body.decode("utf-8-sig")))
                assert rows, table
                assert {len(row) for row in rows} == {len(head)}
                assert page.text.count(f'id="{table}"') == 1


async def test_the_same_calls_stand_everywhere(company: Console) -> None:
    count = await archived(company)
    async with company.visiting("li") as visit:
        found = await asked(visit, "summary")
        assert found["figures"]["calls"] == count
        for by in (
            "day",
            "hour",
            "weekday",
            "week_hour",
            "end_state",
            "province",
            "region",
            "agent",
            "group",
            "hotline",
        ):
            assert sum(one["calls"] for one in await asked(visit, f"figures?by={by}")) == count, by
        assert sum(one["calls"] for one in await asked(visit, "waits")) == found["waited"]
        assert sum(one["calls"] for one in await asked(visit, "talks")) == found["figures"]["answered"]
        begun = [one["calls"] for one in await asked(visit, "steps") if one["depth"] == 0]
        assert sum(begun) == count
        repeats = await asked(visit, "callers")
        assert all(one["calls"] > 1 for one in repeats["most"])


async def test_a_filter_is_kept_in_the_address_and_counts(company: Console) -> None:
    today = date.fromordinal(day_of(now()))
    days = f"since={today - timedelta(2)}&until={today - timedelta(1)}"
    async with company.visiting("li") as visit:
        part = await asked(visit, f"summary?{days}&group={GROUP}&kind=inbound")
        whole = await asked(visit, f"summary?{days}")
        assert 0 < part["figures"]["calls"] < whole["figures"]["calls"]
        page = await visit.get(f"{PAGES}/service?{days}&group={GROUP}&threshold_s=10")
        assert f'value="{today - timedelta(2)}"' in page.text
        assert "service-levels.csv?" in page.text
        assert f"group={GROUP}" in page.text
        assert f'value="{GROUP}" selected' in page.text


async def test_two_periods(company: Console) -> None:
    today = date.fromordinal(day_of(now()))
    async with company.visiting("li") as visit:
        asked_for = f"since={today - timedelta(3)}&until={today - timedelta(2)}&before={today - timedelta(5)}"
        for by in ("day", "hour", "agent"):
            found = await asked(visit, f"comparison?{asked_for}&by={by}")
            before = await asked(visit, f"figures?since={today - timedelta(5)}&until={today - timedelta(4)}&by={by}")
            assert found["total"]["before"]["calls"] == sum(one["calls"] for one in before) > 0
            assert sum(one["before"]["calls"] for one in found["parts"]) == found["total"]["before"]["calls"]
            assert sum(one["now"]["calls"] for one in found["parts"]) == found["total"]["now"]["calls"]


async def test_more_agents_help_in_the_hours_that_they_are_there(company: Console) -> None:
    async with company.visiting("li") as visit:
        few = await asked(visit, f"what-if?group={GROUP}&from_hour=9&to_hour=18&extra=5&agents=1")
        shares = {
            name: next(one["share"] for one in few[name]["service_levels"] if one["formula"] == "offered")
            for name in ("as_it_was", "changed")
        }
        assert shares["changed"] > shares["as_it_was"]
        assert few["recorded"]["figures"]["calls"] == few["changed"]["figures"]["calls"] > 0
        page = await visit.get(f"{PAGES}/what-if?group={GROUP}&from_hour=9&to_hour=18&extra=5&agents=1")
        assert page.status == 200
        assert "Erlang C" in page.text
        nobody = await visit.get(f"{API}/what-if?group={GROUP}")
        assert (nobody.status, json.loads(nobody.text)["id"]) == (409, "refused")
        assert (await visit.get(f"{API}/what-if?group=nowhere")).status == 404
        assert (await visit.get(f"{PAGES}/what-if?group={GROUP}")).status == 409


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-02-30",
        "since=2026-03-02&until=2026-03-01",
        "since=2000-01-01&until=2026-01-01",
        "since=0001-01-01",
        "kind=' OR 1=1 --",
        "threshold_s=61",
    ],
)
async def test_what_makes_no_sense_is_told(company: Console, query: str) -> None:
    async with company.visiting("li") as visit:
        assert (await visit.get(f"{API}/summary?{query}")).status == 422
        assert (await visit.get(f"{PAGES}?{query}")).status == 422


async def test_what_is_not_there_is_empty_and_no_error(company: Console) -> None:
    async with company.visiting("li") as visit:
        for name in SECTIONS:
            page = await visit.get(f"{PAGES}/{name}?since=2001-01-01&until=2001-01-02&group=<script>&agent=%27")
            assert page.status == 200
            assert "<script>&" not in page.text
        assert (await visit.get(f"{PAGES}/nowhere")).status == 404
        assert (await visit.get(f"{PAGES}/service/nowhere.csv")).status == 404


async def test_charts_are_drawn_from_their_tables(company: Console, chromium: Browser) -> None:
    """What the browser complains of, the content policy among it, fails the test too."""
    looked_at: list[tuple[Literal["light", "dark"], list[str]]] = [
        ("light", [PAGES, f"{PAGES}/places", f"{PAGES}/flow"]),
        ("dark", [PAGES]),
    ]
    for scheme, pages in looked_at:
        async with sitting(chromium, company.url, "li", scheme) as page:
            for path in pages:
                await page.goto(path)
                await page.wait_for_selector("html[data-drawn]")
                drawn = await page.evaluate(PAINTED)
                assert drawn
                assert all(drawn), path
            assert not await barriers(page)
