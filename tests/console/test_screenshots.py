"""The main pages of a company that has had calls, as `make screenshots` puts them into docs/screenshots."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, ViewportSize
from sqlalchemy import select

from services.archive.schema import CALLS
from tests.console.conftest import Console
from tests.harness.browser import barriers, sitting
from tests.harness.state import STATE
from tests.harness.traffic import ACCOUNT, HOTLINE

SHOTS = STATE / "screenshots"
SIZE: ViewportSize = {"width": 1280, "height": 860}
BASE = f"/accounts/{ACCOUNT}"
PAGES = {
    "live": ("li", f"{BASE}/live"),
    "desk": ("zhao", f"{BASE}/desk"),
    "calls": ("wang", f"{BASE}/calls"),
    "call": ("wang", f"{BASE}/calls/CALL"),
    "missed": ("wang", f"{BASE}/calls/missed"),
    "analysis": ("wang", f"{BASE}/analysis"),
    "places": ("wang", f"{BASE}/analysis/places"),
    "service-level": ("qian", f"{BASE}/analysis/service"),
    "unserved": ("wang", f"{BASE}/analysis/unserved"),
    "key-path": ("wang", f"{BASE}/analysis/flow"),
    "setup": ("wang", f"{BASE}/setup"),
    "flow": ("wang", f"{BASE}/setup/hotline/{HOTLINE}"),
    "money": ("wang", f"{BASE}/money"),
    "people": ("wang", f"{BASE}/people"),
    "audit": ("qian", f"{BASE}/audit"),
}

DARK = ("live", "calls", "analysis", "flow")
"""One of each kind: figures, a table, charts, a picture."""


@pytest.mark.parametrize(("name", "scheme"), [*((name, "light") for name in PAGES), *((name, "dark") for name in DARK)])
async def test_a_page_is_there_for_everybody(
    company: Console, chromium: Browser, name: str, scheme: Literal["light", "dark"]
) -> None:
    login, path = PAGES[name]
    path = path.replace("CALL", await _scored(company))
    async with sitting(chromium, company.url, login, scheme, viewport=SIZE) as page:
        answer = await page.goto(path)
        assert answer is not None
        assert answer.ok
        await page.wait_for_load_state()
        assert not await barriers(page)
        await page.screenshot(path=_path(name, scheme))


async def _scored(company: Console) -> str:
    """A call that has much to show."""
    newest = select(CALLS.c.call_id).where(CALLS.c.score.is_not(None)).order_by(CALLS.c.started.desc()).limit(1)
    async with company.archive.connect() as connection:
        return str(await connection.scalar(newest))


def _path(name: str, scheme: str) -> Path:
    SHOTS.mkdir(exist_ok=True)
    return SHOTS / (f"{name}.png" if scheme == "light" else f"{name}-{scheme}.png")
