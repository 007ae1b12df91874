"""The first page of who stands above the accounts, and the same for programs."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser
from sqlalchemy import text

from services.domain.documents import Account
from services.store import documents
from tests.archive.calls import charge
from tests.console.conftest import DOCUMENTS, Console, alone
from tests.harness.archived import answered, archive, in_vain
from tests.harness.browser import barriers, sitting
from tests.harness.console import Visit, add_people
from tests.harness.node import DEMO, PHONES

ACCOUNTS = "/api/v1/accounts"
MANY = 30


@pytest.fixture(scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Console]:
    """``demo``: three calls, two answered, one given up, 2.50 in all; ``other``: one, given up, 4.00."""
    phones = dict(zip(PHONES, PHONES, strict=True))
    async with alone(tmp_path_factory.mktemp("platform"), "demo", phones, [DEMO, DOCUMENTS]) as console:
        await add_people(console.redis)
        calls = [
            answered("demo", "13800138000", "1001", charge=charge("1.00", minutes=1)),
            answered("demo", "13800138001", "1001", charge=charge("1.50", minutes=3)),
            in_vain("demo", "13800138002", charge=charge("0.00")),
            in_vain("other", "13800138003", charge=charge("4.00", minutes=2)),
        ]
        await archive(console.redis, console.archive, *calls)
        yield console


async def seen(visit: Visit, asked: str = "") -> Any:
    answer = await visit.get(f"{ACCOUNTS}?{asked}")
    assert answer.status == 200, answer.text
    return json.loads(answer.text)


def names(found: Any) -> list[str]:
    return [one["account"] for one in found["accounts"]]


async def test_each_account_with_its_calls(platform: Console) -> None:
    async with platform.visiting("root") as visit:
        found = await seen(visit)
    demo, other = found["accounts"][:2]
    assert (demo["account"], demo["calls"], demo["answered"], demo["abandoned"]) == ("demo", 3, 2, 1)
    assert (demo["answer_rate"], demo["abandon_rate"]) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert (demo["cost"], demo["billed_s"]) == ({"CNY": "2.50"}, 4 * 60)
    assert (other["account"], other["calls"], other["answer_rate"], other["cost"]) == ("other", 1, 0, {"CNY": "4.00"})
    together = found["together"]
    assert (together["calls"], together["answer_rate"], together["billed_s"]) == (4, 0.5, 6 * 60)
    assert (together["cost"], together["accounts"]) == ({"CNY": "6.50"}, len(found["accounts"]))
    assert found["counted"]


async def test_what_is_looked_for_and_in_which_order(platform: Console) -> None:
    async with platform.visiting("root") as visit:
        assert names(await seen(visit, "sort=cost"))[:2] == ["other", "demo"]
        assert names(await seen(visit, "sort=answered"))[0] == "demo"
        every = names(await seen(visit, "sort=account"))
        assert every == sorted(every)
        assert names(await seen(visit, "find=DEM")) == ["demo"]
        assert names(await seen(visit, "find=400-123-4567")) == ["demo"]
        assert names(await seen(visit, "find=%25")) == []
        of_old = await seen(visit, "since=2020-01-01&until=2020-01-31")
        assert of_old["together"]["calls"] == 0
        assert of_old["accounts"][0]["answer_rate"] is None
        for wrong in ("sort=x", "limit=0", "since=2020-01-02&until=2020-01-01", "after=-1"):
            assert (await visit.get(f"{ACCOUNTS}?{wrong}")).status == 422


async def test_page_by_page(platform: Console) -> None:
    known = await documents.get(platform.redis, Account, "demo")
    assert known
    more = [known.document.model_copy(update={"id": f"page-{number:02}", "name": "页"}) for number in range(MANY)]
    await documents.apply(platform.redis, more)
    async with platform.visiting("root") as visit:
        gathered, after = list[str](), 0
        while after is not None:
            found = await seen(visit, f"find=page-&limit=7&after={after}")
            gathered, after = gathered + names(found), found["next"]
            assert found["together"]["accounts"] == MANY
        assert gathered == [one.id for one in more]
        page = await visit.get("/accounts?find=page-&limit=7&after=7")
        assert re.findall(r'href="\?([^"]*after=\d+[^"]*)"', page.text)[-2:] == [
            "find=page-&amp;after=0&amp;limit=7",
            "find=page-&amp;after=14&amp;limit=7",
        ]


async def test_who_is_of_one_account_sees_its_own_only(platform: Console) -> None:
    async with platform.visiting("boss@demo") as visit:
        assert (await visit.get(ACCOUNTS)).status == 403
        assert (await visit.get("/accounts")).headers["Location"] == "/accounts/demo/live"
    async with platform.visiting("watcher") as visit:
        assert {"demo", "other"} <= set(names(await seen(visit)))


async def test_a_suspended_account_and_a_name_with_markup(platform: Console) -> None:
    known = await documents.get(platform.redis, Account, "demo")
    assert known
    odd = known.document.model_copy(update={"id": "odd", "name": "<b>&", "suspended": True})
    await documents.apply(platform.redis, [odd])
    async with platform.visiting("root") as visit:
        page = (await visit.get("/accounts?find=odd")).text
    assert "&lt;b&gt;&amp;" in page
    assert "suspended" in page


async def test_without_the_archive_there_are_the_accounts(platform: Console) -> None:
    async with platform.visiting("root") as visit:
        async with platform.archive.begin() as connection:
            await connection.execute(text("ALTER TABLE tallies RENAME TO gone"))
        try:
            found = await seen(visit)
            page = await visit.get("/accounts")
        finally:
            async with platform.archive.begin() as connection:
                await connection.execute(text("ALTER TABLE gone RENAME TO tallies"))
        assert (found["counted"], found["together"]["calls"]) == (False, 0)
        assert {"demo", "other"} <= set(names(found))
        assert (page.status, "does not answer" in page.text) == (200, True)


async def test_the_page_is_for_everybody(platform: Console, chromium: Browser) -> None:
    async with sitting(chromium, platform.url, "root") as page:
        await page.goto(f"{platform.url}/accounts")
        assert await barriers(page) == []
