"""The softphone at the desk: a real call, from a carrier's line to a browser."""

from playwright.async_api import Browser, Page, expect

from services.domain.people import Person
from services.domain.rights import Role
from services.store import people
from tests.harness.browser import barriers, sitting
from tests.harness.console import ACCOUNT, HASH
from tests.harness.hearing import Ear, listening
from tests.harness.node import Node
from tests.harness.sipp import CALLER_HOST, hears, is_hung_up, presses, talks
from tests.harness.waiting import until

LOGIN, HOTLINE, CALLER = "desk@demo", "4007650001", "13800138000"
ZHOU = Person(login=LOGIN, name="周坐席", role=Role.AGENT, account=ACCOUNT, agent="1100", language="en")
SECOND = 8000
LOUD, QUIET = 1000, 100
"""Samples of alaw, which goes to 32,000."""

HEARS = """async () => {
    const context = new AudioContext();
    const meter = context.createAnalyser();
    context.createMediaStreamSource(document.querySelector("#phone-sound").srcObject).connect(meter);
    const samples = new Float32Array(meter.fftSize);
    const until = performance.now() + 10000;
    let loudest = 0;
    while (loudest < 0.05 && performance.now() < until) {
        meter.getFloatTimeDomainData(samples);
        loudest = Math.max(loudest, ...samples.map(Math.abs));
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await context.close();
    return loudest;
}"""


async def is_ready(page: Page) -> None:
    await expect(page.locator("#phone[data-link=ready]")).to_be_attached(timeout=15_000)


async def hears_the_agent(ear: Ear, *, loud: bool) -> None:
    """In one of the seconds to come."""
    begun = len(ear.samples)

    async def a_second_of_it() -> bool:
        last = ear.samples[max(begun, len(ear.samples) - SECOND) :]
        if len(last) < SECOND:
            return False
        return max(map(abs, last)) > LOUD if loud else max(map(abs, last)) < QUIET

    await until(a_second_of_it, f"the caller to hear {'the agent' if loud else 'nothing'}")


async def test_a_call_is_answered_in_the_browser(office: Node, chromium: Browser) -> None:
    await people.add(office.redis, ZHOU, HASH)
    before = await office.stream.newest()
    async with sitting(chromium, office.console_url, LOGIN) as page, listening(CALLER_HOST) as (ear, port):
        await is_ready(page)
        await page.get_by_role("button", name="Go on duty").click()
        await expect(page.locator("#duty .state")).to_contain_text("Ready")
        steps = [hears(500), presses("1"), hears(1500), talks(1), is_hung_up()]
        caller = await office.sipp.call(CALLER, HOTLINE, steps, media_port=port)
        # While it rings, not only once it is answered.
        await expect(page.locator("#phone[data-talk=ringing]")).to_be_attached(timeout=15_000)
        await expect(page.locator("#caller")).to_contain_text(CALLER)
        await expect(page.locator("#caller .step kbd")).to_have_text("1")
        await expect(page.locator("#caller")).to_contain_text("会员专线")
        await expect(page.locator("#duty .state")).to_contain_text("Ringing")
        await page.keyboard.press("Alt+A")
        await expect(page.locator("#phone[data-talk=talking]")).to_be_attached()
        assert await page.evaluate(HEARS) >= 0.05
        await hears_the_agent(ear, loud=True)
        await page.get_by_role("button", name="Mute").click()
        await hears_the_agent(ear, loud=False)
        assert not await barriers(page)
        await page.get_by_role("button", name="Hang up").click()
        await expect(page.locator("#duty .state")).to_contain_text("Wrap-up")
        assert await caller.wait(20) == 0
        script = "<img src=x onerror=alert(1)> 老客户"
        await page.get_by_label("New note").fill(script)
        await page.get_by_role("button", name="Keep the note").click()
        await expect(page.locator(".notes li p").first).to_have_text(script)
        await page.get_by_role("button", name="Done").click()
        await expect(page.locator("#duty .state")).to_contain_text("Ready")
        await expect(page.locator("#today .figure").first).to_have_text("1")
    [record] = await office.stream.after(before)
    assert (record.end_state, record.agent, record.hung_up_by) == ("answered", "1100", "agent")
