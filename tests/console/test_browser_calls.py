"""Calls in a browser: a real one from the carrier's line to its page, and the lists by keyboard."""

import re
from decimal import Decimal

from playwright.async_api import Browser, Page, expect

from services.domain.people import Person
from services.domain.rights import Role
from services.store import audit, people
from services.store.distribution import Distribution
from tests.console.conftest import Console
from tests.console.test_screenshots import SHOTS, SIZE
from tests.harness.browser import barriers, sitting
from tests.harness.console import ACCOUNT, HASH
from tests.harness.desk import phone_is
from tests.harness.node import Node
from tests.harness.sipp import Headers, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.traffic import ACCOUNT as COMPANY
from tests.harness.waiting import until

HOTLINE, AGENT, PHONE_PASSWORD = "4007650002", "1160", "recorded-at-the-desk"
CALLER, NAME = "13712345678", "北京张三"
SUN = Person(login="sun@demo", name="孙班长", role=Role.SUPERVISOR, account=ACCOUNT, agent="1002", language="zh-CN")
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"


async def made_a_call(office: Node) -> str:
    phone = await office.sipp.register(AGENT, PHONE_PASSWORD)
    await phone_is(Distribution(office.redis, ACCOUNT), AGENT, "idle")
    before = await office.stream.newest()
    answers = await phone.answers(is_hung_up())
    steps = [hears(1000), presses("1"), talks(2500), hangs_up()]
    caller = await office.sipp.call(CALLER, HOTLINE, steps, headers=Headers(f'"{NAME}"'))
    assert [await one.wait(30) for one in (caller, answers)] == [0, 0]
    [record] = await office.stream.after(before)
    assert record.recordings
    return record.call_id


async def test_a_call_from_the_line_to_its_page(office: Node, chromium: Browser) -> None:
    await people.add(office.redis, SUN, HASH)
    call_id = await made_a_call(office)
    async with sitting(chromium, office.console_url, SUN.login, viewport=SIZE) as page:
        await until(lambda: _listed(page), "the call to be in the list", 20)
        row = page.locator("tbody tr", has_text=CALLER)
        await expect(row).to_contain_text(NAME)
        await expect(row).to_contain_text("已接听")
        await row.locator("a").first.click()
        await page.wait_for_url(f"**/calls/{call_id}")
        assert not await barriers(page)
        await _shows_its_course(page)
        await _explains_its_charge(page)
        await _plays(page, office, call_id)
        SHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SHOTS / "call.png", full_page=True)
        await page.fill("textarea[name=text]", SCRIPT)
        await page.click("text=保存备注")
        await expect(page.locator(".note")).to_contain_text(SCRIPT)


async def _listed(page: Page) -> bool:
    await page.goto(f"/accounts/{ACCOUNT}/calls?number={CALLER[-4:]}")
    return await page.locator("tbody tr", has_text=CALLER).count() == 1


async def _shows_its_course(page: Page) -> None:
    steps = await page.locator(".timeline tbody th").all_inner_texts()
    assert steps == ["welcome", "line (recorded)", "吴坐席"]
    bars = page.locator(".timeline tr.phone rect")
    assert [await bars.nth(number).get_attribute("class") for number in range(2)] == ["ring", "talk"]
    assert float(await bars.nth(1).get_attribute("width") or 0) > 300
    await expect(page.locator(".ladder")).to_contain_text("1160 接听")


async def _explains_its_charge(page: Page) -> None:
    amounts = [Decimal(text) for text in await page.locator("[data-amount]").all_inner_texts()]
    total = await page.locator("[data-total]").inner_text()
    assert sum(amounts) == Decimal(total.split()[0]) == Decimal("0.12")


async def _plays(page: Page, office: Node, call_id: str) -> None:
    """Nothing counts as heard before it is played."""
    drawn = await page.locator(".wave path").first.get_attribute("d")
    heights = [float(bottom) - float(top) for top, bottom in re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", drawn or "")]
    assert max(heights) > 10
    assert await _heard(office, call_id) == []
    await page.click("text=播放")
    await expect(page.locator("[data-play]")).to_have_text("暂停")
    await expect(page.locator("[data-clock]")).to_have_text(re.compile(r"0:0[1-9] / 0:0[1-9]"), timeout=10_000)
    assert float(await page.locator(".heard").get_attribute("width") or 0) > 100
    assert await _heard(office, call_id) == ["hear_recording"]
    await page.locator("[data-position]").focus()
    await page.keyboard.press(" ")
    await expect(page.locator("[data-play]")).to_have_text("播放")
    await page.select_option("[data-speed]", "2")
    assert await page.evaluate("document.querySelector('audio').playbackRate") == 2
    async with page.expect_download() as waiting:
        await page.click("text=下载")
    download = await waiting.value
    assert re.fullmatch(rf"{HOTLINE}-\d{{8}}-\d{{6}}-{CALLER}-1\.wav", download.suggested_filename)
    assert await _heard(office, call_id) == ["hear_recording", "download_recording"]


async def _heard(office: Node, call_id: str) -> list[str]:
    found = reversed(await audit.newest(office.redis, 50))
    return [one.act.action for one in found if one.act.call == call_id and "recording" in one.act.action]


async def test_a_list_by_keyboard(company: Console, chromium: Browser) -> None:
    async with sitting(chromium, company.url, "wang") as page:
        await page.goto(f"/accounts/{COMPANY}/calls?since=&limit=20")
        assert not await barriers(page)
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        first, second = [await page.locator("tbody a").nth(number).get_attribute("href") for number in (0, 1)]
        assert await page.evaluate("document.activeElement.getAttribute('href')") == second
        await page.keyboard.press("n")
        await page.wait_for_url("**after=*")
        assert await page.locator("tbody a").first.get_attribute("href") not in {first, second}
        await page.keyboard.press("/")
        await page.keyboard.type("jkn0")
        assert await page.input_value("[name=number]") == "jkn0"
        await page.keyboard.press("Enter")
        await page.wait_for_url("**number=jkn0*")
        await expect(page.locator("tbody")).to_contain_text("没有符合条件的通话")


async def test_a_missed_caller_is_dealt_with(company: Console, chromium: Browser) -> None:
    async with sitting(chromium, company.url, "wang") as page:
        await page.goto(f"/accounts/{COMPANY}/calls/missed")
        assert not await barriers(page)
        number = (await page.locator("tbody tr td:nth-child(2)").first.inner_text()).split()[0]
        row = page.locator("tbody tr", has_text=number)
        await row.locator("[name=note]").fill(SCRIPT)
        await row.get_by_role("button").click()
        await expect(row).to_have_count(0)
        await page.select_option("[name=open]", "false")
        await page.click("text=搜索")
        await expect(row).to_contain_text(SCRIPT)
        await expect(row).to_contain_text("已处理")
        await row.get_by_role("button").click()
        await expect(row).to_contain_text("待处理")
