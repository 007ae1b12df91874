"""The main pages of a company that has had calls, as `make screenshots` puts them into docs/screenshots."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser

from tests.console.conftest import Console
from tests.harness.browser import barriers, sitting
from tests.harness.state import STATE
from tests.harness.traffic import ACCOUNT, HOTLINE

SHOTS = STATE / "screenshots"
SIZE = {"width": 1280, "height": 860}
PAGES = {
    "live": ("li", f"/accounts/{ACCOUNT}/live"),
    "calls": ("wang", f"/accounts/{ACCOUNT}/calls"),
    "missed": ("wang", f"/accounts/{ACCOUNT}/calls/missed"),
    "analysis": ("wang", f"/accounts/{ACCOUNT}/analysis"),
    "setup": ("wang", f"/accounts/{ACCOUNT}/setup"),
    "flow": ("wang", f"/accounts/{ACCOUNT}/setup/hotline/{HOTLINE}"),
    "people": ("wang", f"/accounts/{ACCOUNT}/people"),
    "desk": ("zhao", f"/accounts/{ACCOUNT}/desk"),
    "me": ("wang", "/me"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_is_there_for_everybody(
    company: Console, chromium: Browser, name: str, scheme: Literal["light", "dark"]
) -> None:
    login, path = PAGES[name]
    async with sitting(chromium, company.url, login, scheme, viewport=SIZE) as page:
        await page.goto(path)
        await page.wait_for_load_state()
        await page.locator("main[data-drawing]").wait_for(state="detached")
        assert not await barriers(page)
        await page.screenshot(path=_path(name, scheme), full_page=name != "desk")


def _path(name: str, scheme: str) -> Path:
    SHOTS.mkdir(exist_ok=True)
    return SHOTS / (f"{name}.png" if scheme == "light" else f"{name}-{scheme}.png")
