"""The owner of a company changes what callers meet, in a browser; the next real call goes by it."""

from playwright.async_api import Browser, Page, expect

from tests.harness.browser import barriers, sitting
from tests.harness.demo_calls import CALLER, HOTLINE
from tests.harness.node import Node
from tests.harness.sipp import hears, is_hung_up, presses

FLOW = f"/accounts/demo/setup/hotline/{HOTLINE}"


async def keeps(page: Page) -> None:
    await page.get_by_role("button", name="Keep in the draft").click()


async def test_a_flow_is_changed_in_the_browser_and_the_next_call_follows_it(office: Node, chromium: Browser) -> None:
    async with sitting(chromium, office.console_url, "boss@demo", may_complain=True) as page:  # of what is refused
        await page.goto(FLOW)
        await page.locator("#node-welcome").click()
        await expect(page.get_by_role("heading", name="welcome · Menu")).to_be_visible()
        # A further key, at first one that no telephone has.
        await page.get_by_role("group", name="Keys and their ways").get_by_role("button", name="Add").click()
        await page.locator("[name='keys.4.@key']").fill("7x")
        await page.locator("[name='keys.4.@value']").select_option("sorry")
        await page.locator("[name='keys.2.@value']").select_option("sorry")
        await keeps(page)
        await expect(page.locator("[name='keys.4.@key']")).to_have_attribute("aria-invalid", "true")
        await page.locator("[name='keys.4.@key']").fill("7")
        await keeps(page)
        # Nothing leads to the repairs any more: the picture says so at the node.
        repair = page.locator("#node-repair.wrong")
        await expect(repair).to_be_visible()
        await repair.click()
        await expect(page.locator("#panel .problem")).to_contain_text("no way leads to this node")
        assert not await barriers(page)
        # By the keyboard back to the menu.
        await page.locator("svg a.begin").focus()
        await page.keyboard.press("ArrowDown")
        await expect(page.locator("#node-welcome")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.locator("[name='keys.2.@value']").select_option("repair")
        await keeps(page)
        await expect(page.locator("#node-repair")).to_be_visible()
        await expect(page.locator(".wrong")).to_have_count(0)
        await page.get_by_role("link", name="Try a call").click()
        await page.get_by_label("Keys; a comma").fill("7")
        await page.get_by_role("button", name="Call now").click()
        await expect(page.locator(".tried")).to_contain_text("welcome → sorry → bye")
        await expect(page.locator(".tried")).to_contain_text("0.12 CNY")
        await page.get_by_role("link", name="not in effect yet").click()
        await expect(page.locator(".diff")).to_contain_text("sorry")
        await page.get_by_role("button", name="Which would have gone elsewhere?").click()
        await expect(page.locator("#impact")).to_contain_text("0 would have gone elsewhere", timeout=30_000)
        before = await office.stream.newest()
        await page.get_by_label("Why, for the history").fill("complaints by 7")
        await page.get_by_role("button", name="Put into effect").click()
        await page.wait_for_url("**/setup")
        caller = await office.sipp.call(CALLER, HOTLINE, [hears(1500), presses("7"), is_hung_up()])
        assert await caller.wait(30) == 0
    [record] = await office.stream.after(before)
    assert [hop.node for hop in record.hops] == ["welcome", "sorry", "bye"]
