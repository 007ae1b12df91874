"""The first pages, in a browser."""

from typing import Literal

import pytest
from playwright.async_api import Browser

from tests.console.conftest import Console
from tests.harness.browser import barriers, sitting


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_person_gets_in_by_keyboard(
    console: Console, chromium: Browser, scheme: Literal["light", "dark"]
) -> None:
    async with sitting(chromium, console.url, scheme=scheme) as page:
        assert not await barriers(page)
        await page.keyboard.type("root")
        await page.keyboard.press("Tab")
        await page.keyboard.type("correct horse battery")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/accounts")
        assert await page.locator("td", has_text="示范商店").count() == 1
        assert not await barriers(page)
