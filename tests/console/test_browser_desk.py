"""The softphone at the desk: real calls, from a carrier's line to a browser."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from services.domain.agents import State
from services.domain.people import Person
from services.domain.rights import Role
from services.store import people
from services.store.distribution import Distribution
from tests.harness.browser import barriers, sitting
from tests.harness.console import ACCOUNT, HASH
from tests.harness.desk import phone_is, reaches, state
from tests.harness.hearing import Ear, listening
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import CALLER_HOST, hangs_up, hears, is_hung_up, presses, talks
from tests.harness.waiting import until

LOGIN, HOTLINE, CALLER = "desk@demo", "4007650001", "13800138000"
ZHOU = Person(login=LOGIN, name="周坐席", role=Role.AGENT, account=ACCOUNT, agent="1100", language="en")
PASSWORD_OF_1100 = "desks-own-password"
SECOND = 8000
LOUD, QUIET = 1000, 100
"""Samples of alaw, which goes to 32,000."""
AUDIBLE = 0.05
"""Of a browser's samples, which go to 1."""

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


async def is_ready(page: Page, within: float = 15) -> None:
    await expect(page.locator("#phone[data-link=ready]")).to_be_attached(timeout=1000 * within)


async def hears_the_agent(ear: Ear, *, loud: bool) -> None:
    """In one of the seconds to come."""
    begun = len(ear.samples)

    async def a_second_of_it() -> bool:
        last = ear.samples[max(begun, len(ear.samples) - SECOND) :]
        if len(last) < SECOND:
            return False
        return max(map(abs, last)) > LOUD if loud else max(map(abs, last)) < QUIET

    await until(a_second_of_it, f"the caller to hear {'the agent' if loud else 'nothing'}")


@pytest.fixture(scope="session")
async def zhou(office: Node) -> Distribution:
    """An agent who needs nothing but a browser."""
    await people.add(office.redis, ZHOU, HASH)
    return Distribution(office.redis, ACCOUNT)


async def rings(office: Node, zhou: Distribution, page: Page, steps: list[str], **more: Any) -> Process:
    """A caller has pressed 1, and the softphone rings."""
    await is_ready(page)
    await phone_is(zhou, "1100", "idle")  # until then it is off duty for want of a phone
    await reaches(zhou, "1100", {State.OFFLINE, State.READY, State.WRAP_UP})
    begins = {State.OFFLINE: "Go on duty", State.WRAP_UP: "Done"}
    if button := begins.get(await state(zhou, "1100")):
        await page.get_by_role("button", name=button).click()
    await expect(page.locator("#duty .state")).to_contain_text("Ready")
    caller = await office.sipp.call(CALLER, HOTLINE, [hears(500), presses("1"), *steps], **more)
    await expect(page.locator("#phone[data-talk=ringing]")).to_be_attached(timeout=15_000)
    return caller


async def talks_at_last(page: Page) -> None:
    await page.keyboard.press("Alt+A")
    await expect(page.locator("#phone[data-talk=talking]")).to_be_attached()


async def test_a_call_is_answered_in_the_browser(office: Node, chromium: Browser, zhou: Distribution) -> None:
    before = await office.stream.newest()
    async with sitting(chromium, office.console_url, LOGIN) as page, listening(CALLER_HOST) as (ear, port):
        caller = await rings(office, zhou, page, [hears(1500), talks(1), is_hung_up()], media_port=port)
        # While it rings, not only once it is answered.
        await expect(page.locator("#caller")).to_contain_text(CALLER)
        await expect(page.locator("#caller .step kbd")).to_have_text("1")
        await expect(page.locator("#caller")).to_contain_text("会员专线")
        await expect(page.locator("#duty .state")).to_contain_text("Ringing")
        await talks_at_last(page)
        assert await page.evaluate(HEARS) >= AUDIBLE
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


async def test_a_caller_is_transferred_from_the_browser(office: Node, chromium: Browser, zhou: Distribution) -> None:
    """Attended: a colleague is asked first, while the caller is on hold. Then another one, blind."""
    colleague = await office.phone("1001")
    async with sitting(chromium, office.console_url, LOGIN) as page:
        before = await office.stream.newest()
        phone = await colleague.answers(is_hung_up())
        caller = await rings(office, zhou, page, [hears(7000), hangs_up()])
        await talks_at_last(page)
        await page.get_by_label("Colleague or group").fill("1001")
        await page.get_by_role("button", name="Call", exact=True).click()
        await page.get_by_role("button", name="Connect the two").click()
        await expect(page.locator("#phone[data-talk=none]")).to_be_attached()
        await reaches(zhou, "1100", {State.WRAP_UP})
        assert [await caller.wait(20), await phone.wait(20)] == [0, 0]
        [record] = await office.stream.after(before)
        assert [(hop.transfer.kind, hop.transfer.by, hop.transfer.to) for hop in record.hops if hop.transfer] == [
            ("attended", "1100", "1001")
        ]
        before = await office.stream.newest()
        phone = await colleague.answers(is_hung_up())
        caller = await rings(office, zhou, page, [hears(5000), hangs_up()])
        await talks_at_last(page)
        await page.get_by_role("button", name="Transfer blind").click()
        await expect(page.locator("#phone[data-talk=none]")).to_be_attached()
        assert [await caller.wait(20), await phone.wait(20)] == [0, 0]
        [record] = await office.stream.after(before)
        assert [(hop.transfer.kind, hop.transfer.by, hop.transfer.to) for hop in record.hops if hop.transfer] == [
            ("blind", "1100", "1001")
        ]


async def test_a_talk_outlives_the_console(office: Node, chromium: Browser, zhou: Distribution) -> None:
    """Sound goes straight to Asterisk; the line for its signals comes back by itself."""
    async with sitting(chromium, office.console_url, LOGIN, may_complain=True) as page:
        caller = await rings(office, zhou, page, [is_hung_up(90_000)], deadline=120)
        await talks_at_last(page)
        await office.back_office.kill()
        await expect(page.get_by_text("The connection is lost")).to_be_visible()
        await office.start_console()
        await is_ready(page, within=60)
        assert await state(zhou, "1100") == State.BUSY
        await page.keyboard.press("Alt+H")
        assert await caller.wait(20) == 0


async def test_one_softphone_rings_for_an_agent(office: Node, chromium: Browser, zhou: Distribution) -> None:
    del zhou
    async with sitting(chromium, office.console_url, LOGIN) as page:
        await is_ready(page)
        second = await page.context.new_page()
        await second.goto(page.url)
        await expect(second.get_by_text("another tab of this browser")).to_be_visible()
        await second.get_by_role("button", name="Use it here").click()
        await is_ready(second)
        await expect(page.get_by_text("another tab of this browser")).to_be_visible()
        async with sitting(chromium, office.console_url, LOGIN) as elsewhere:
            await is_ready(elsewhere)
            await expect(second.get_by_text("opened in another browser")).to_be_visible()


async def test_who_gives_no_microphone_is_told(office: Node, chromium: Browser, zhou: Distribution) -> None:
    del zhou
    async with sitting(chromium, office.console_url, LOGIN) as page:
        await page.context.add_init_script(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        )
        await page.reload()
        await expect(page.get_by_text("The browser may not use the microphone")).to_be_visible()


async def test_the_softphone_dials(office: Node, chromium: Browser, zhou: Distribution) -> None:
    """A feature code: Asterisk says the agent's state."""
    del zhou
    async with sitting(chromium, office.console_url, LOGIN) as page:
        await is_ready(page)
        await page.get_by_label("Colleague or group").fill("*80")
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.locator("#phone[data-talk=talking]")).to_be_attached(timeout=15_000)
        assert await page.evaluate(HEARS) >= AUDIBLE
        await page.get_by_label("Colleague or group").fill("99")
        await expect(page.locator("#phone[data-talk=none]")).to_be_attached(timeout=15_000)
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.locator("#phone-problem")).to_contain_text("did not come about")


async def test_a_browsers_password_is_of_no_use_elsewhere(office: Node, zhou: Distribution) -> None:
    del zhou
    await office.sipp.register("1100", PASSWORD_OF_1100, status=401)
