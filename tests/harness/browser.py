"""People at their browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Literal

from playwright.async_api import Browser, Page

from tests.harness.console import PASSWORD
from tests.harness.state import STATE

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
_AXE = STATE / "web-build" / "node_modules" / "axe-core" / "axe.min.js"


@asynccontextmanager
async def sitting(
    chromium: Browser,
    url: str,
    login: str | None = None,
    scheme: Literal["light", "dark"] = "light",
    *,
    may_complain: bool = False,
    **more: Any,
) -> AsyncIterator[Page]:
    """A person at a machine of their own, logged in. What the browser complains of meanwhile fails the test."""
    context = await chromium.new_context(base_url=url, locale="zh-CN", color_scheme=scheme, **more)
    complaints: list[str] = []
    page = await context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        await page.goto("/login")
        if login is not None:
            await page.fill("[name=login]", login)
            await page.fill("[name=password]", PASSWORD)
            await page.keyboard.press("Enter")
            await page.wait_for_url(lambda at: not at.endswith("/login"))
            complaints.clear()
        yield page
        assert may_complain or not complaints, complaints
    finally:
        await context.close()


async def barriers(page: Page) -> list[str]:
    """What keeps people out who see or move differently: WCAG 2.1 A and AA, as far as axe finds it."""
    await page.evaluate(_axe())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    found = await page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)
    return [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")
