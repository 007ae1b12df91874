"""Money and people in a browser: a top-up, a package comparison, a colleague's first days."""

from typing import Literal

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from services.billing import commands
from services.store import books
from tests.console.conftest import Console
from tests.harness.browser import barriers, sitting
from tests.harness.traffic import ACCOUNT

MONEY = f"/accounts/{ACCOUNT}/money"


async def shut_out(page: Page, paths: list[str]) -> dict[str, list[str]]:
    found = {}
    for path in paths:
        await page.goto(path)
        found[path] = await barriers(page)
    return {path: some for path, some in found.items() if some}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_money_is_there_for_everybody(
    company: Console, chromium: Browser, scheme: Literal["light", "dark"]
) -> None:
    month = f"{commands.today():%Y-%m}"
    paths = [
        MONEY,
        *(f"{MONEY}/{path}" for path in ("ledger", "statements", f"statements/{month}", "rates", "comparisons")),
    ]
    async with sitting(chromium, company.url, "root", scheme) as page:
        assert await shut_out(page, [*paths, f"/accounts/{ACCOUNT}/people", "/audit", "/docs/problems"]) == {}


async def test_a_top_up_shows_its_amount_in_words_and_is_added_once(company: Console, chromium: Browser) -> None:
    before = (await books.get(company.redis, ACCOUNT)).book.balance
    async with sitting(chromium, company.url, "root") as page:
        await page.goto(MONEY)
        await page.get_by_label("金额").fill("12000.50")
        await page.get_by_label("账本备注").fill("<b>转账</b>")
        await page.get_by_role("button", name="核对").click()
        await expect(page.locator("#words")).to_have_text("人民币壹万贰仟元伍角整")
        assert not await barriers(page)
        add = page.get_by_role("button", name="确认充值")
        await add.dblclick()
        await page.wait_for_url(f"**{MONEY}")
        await expect(page.get_by_role("cell", name="<b>转账</b>")).to_be_visible()
    assert (await books.get(company.redis, ACCOUNT)).book.balance - before == 12_000_500_000


async def test_packages_are_compared_while_one_looks_on(company: Console, chromium: Browser) -> None:
    async with sitting(chromium, company.url, "wang") as page:
        await page.goto(f"{MONEY}/comparisons")
        today = commands.today()
        await page.get_by_label("起始日").fill(str(today.replace(day=1)))
        await page.get_by_label("截止日（不含）").fill(str(today))
        await page.get_by_role("button", name="对比").click()
        await expect(page.locator("#offers tbody tr")).to_have_count(3, timeout=60_000)
        await expect(page.locator("#offers .good")).to_have_text("最省")
        assert not await barriers(page)


async def test_a_statement_is_printed_with_its_own_style(company: Console, chromium: Browser) -> None:
    async with sitting(chromium, company.url, "wang") as page:
        await page.goto(f"{MONEY}/statements/{commands.today():%Y-%m}/print")
        total = page.locator("tr.total td").first
        assert await total.evaluate("one => getComputedStyle(one).fontWeight") == "700"


async def test_a_colleague_is_let_in_logs_in_and_sets_up_a_second_factor(company: Console, chromium: Browser) -> None:
    async with sitting(chromium, company.url, "wang") as boss:
        await boss.goto(f"/accounts/{ACCOUNT}/people")
        form = boss.get_by_role("form", name="添加人员")
        await form.get_by_label("登录名").fill("sun.li")
        await form.get_by_label("姓名").fill("孙丽")
        await form.get_by_label("角色").select_option("auditor")
        await form.get_by_role("button", name="添加").click()
        password = await boss.locator("#password").inner_text()
        assert not await barriers(boss)
    async with sitting(chromium, company.url) as page:
        await _enters(page, "sun.li", password)
        await page.wait_for_url(f"**/accounts/{ACCOUNT}/live")
        await page.goto("/me")
        assert not await barriers(page)
        await page.get_by_role("button", name="开始设置").click()
        assert await page.locator("img.qr").evaluate("one => one.naturalWidth") > 100
        assert not await barriers(page)
        secret = await page.locator("#secret").inner_text()
        await page.get_by_label("验证器当前显示的六位数字").fill(pyotp.TOTP(secret).now())
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("二次验证已启用")
        await page.get_by_role("button", name="退出登录").click()
        await _enters(page, "sun.li", password)
        await expect(page.get_by_label("验证器当前显示的六位数字")).to_be_visible()


async def _enters(page: Page, login: str, password: str) -> None:
    await page.get_by_label("登录名").fill(login)
    await page.get_by_label("密码").fill(password)
    await page.keyboard.press("Enter")
