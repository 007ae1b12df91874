"""A supervisor at the wallboard while real calls come in."""

import time
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from services.store import agents, audit, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.browser import barriers, sitting
from tests.harness.desk import everybody_goes, phone_is
from tests.harness.node import PHONES, Node
from tests.harness.sipp import Phone, is_hung_up
from tests.harness.waiting import until

COUNTER = "4007690001"
SUPERVISOR = "1901"


@pytest.fixture
async def phones(office: Node) -> dict[str, Phone]:
    registered = {agent: await office.phone(agent) for agent in PHONES}
    for agent in PHONES:
        await phone_is(Distribution(office.redis, "demo"), agent, "idle")
    return {**registered, SUPERVISOR: await office.sipp.register(SUPERVISOR, "supervisor-of-demo")}


@pytest.fixture
async def desk(office: Node) -> AsyncIterator[Distribution]:
    """Nobody is on duty, before and after."""
    distribution = Distribution(office.redis, "demo")
    await everybody_goes(distribution)
    yield distribution
    await everybody_goes(distribution)


async def acts(page: Page, table: str, row: str) -> None:
    """Opens what may be done to whom stands in the row."""
    await page.locator(f"#{table} tr", has_text=row).get_by_role("button").click()
    await expect(page.locator("#act")).to_be_visible()


async def test_a_supervisor_sees_a_call_and_takes_it_in_hand(
    office: Node, chromium: Browser, phones: dict[str, Phone], desk: Distribution
) -> None:
    for agent in PHONES:  # on duty, but at the phone for something else: callers wait
        await agents.login(desk, agent, now())
        await agents.phone(desk, agent, "in_use", now())
    async with sitting(chromium, office.console_url, "super@demo", viewport={"width": 1440, "height": 900}) as page:
        await page.goto("/accounts/demo/live?group=counter&longest=1")
        await expect(page.locator("#callers")).to_contain_text("Nobody is in a queue")

        caller = await office.sipp.call("13800138000", COUNTER, [is_hung_up()])
        await until(lambda: queues.callers(desk), "the caller to be in the queue", 15)
        arrived = time.monotonic()
        row = page.locator("#callers tbody tr", has_text="13800138000")
        await expect(row).to_contain_text("北京")
        assert time.monotonic() - arrived < 2
        await expect(row.locator("td").first).to_have_text("1")
        await expect(page.locator("#waiting .figure")).to_have_text("1")
        await expect(page.locator("#callers time")).to_have_attribute("data-level", "alarm")
        assert not await barriers(page)

        await acts(page, "callers", "13800138000")
        assert not await barriers(page)
        await page.locator("#act").get_by_role("button", name="1002").click()
        await expect(page.locator("#told")).to_contain_text("offered to 1002 next")
        talks = await phones["1002"].answers(is_hung_up())
        await agents.phone(desk, "1001", "idle", now())
        await agents.phone(desk, "1002", "idle", now())
        await expect(row).to_contain_text("Talking · 1002", timeout=15_000)
        await expect(page.locator("#answered .figure")).to_have_text("1")

        listens = await phones[SUPERVISOR].answers(is_hung_up())
        await acts(page, "agents", "1002")
        await page.locator("#act").get_by_role("button", name="Listen").click()
        await expect(page.locator("#told")).to_contain_text("You are in the talk of 1002", timeout=15_000)

        await acts(page, "callers", "13800138000")
        await page.locator("#act").get_by_role("button", name="End the call").click()
        await expect(page.locator("#callers")).to_contain_text("Nobody is in a queue", timeout=15_000)
        assert [await phone.wait(20) for phone in (caller, talks, listens)] == [0, 0, 0]
    kept = [(entry.act.actor, entry.act.action, entry.outcome) for entry in await audit.newest(office.redis, 3)]
    assert kept == [("super@demo", act, "done") for act in ("hang_up", "listen", "pull")]


async def test_a_wall_screen_is_figures_only(office: Node, chromium: Browser, desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    await agents.pause(desk, "1001", "午餐", now())
    async with sitting(
        chromium, office.console_url, "audit@demo", scheme="dark", viewport={"width": 1920, "height": 1080}
    ) as page:
        await page.goto("/accounts/demo/live?wall=true")
        await expect(page.locator("nav.areas")).to_be_hidden()
        await page.wait_for_function(
            "() => parseFloat(getComputedStyle(document.querySelector('#waiting .figure')).fontSize) > 100"
        )
        await expect(page.locator("#agents tr", has_text="1001")).to_contain_text("Paused · 午餐")
        assert not await page.get_by_role("button", name="Act").count(), "an auditor changes nothing"
        assert not await barriers(page)
