"""The desk's operations, over a real Redis; calls are played by the store."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.domain.agents import State
from services.domain.card import Card, Mark, Pressed
from services.domain.people import Person
from services.domain.rights import Role
from services.domain.voicemail import Voicemail, folder_of
from services.store import agents, audit, callbacks, cards, people, voicemails
from services.store.distribution import Distribution
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.console import ACCOUNT, HASH, Visit

API = "/api/v1/accounts/demo/desk"
LOGIN, AGENT, GROUP = "desk@demo", "1100", "members"
ZHOU = Person(login=LOGIN, name="周坐席", role=Role.AGENT, account=ACCOUNT, agent=AGENT, language="en")
SCRIPT = '<img src=x onerror="alert(1)">'
HOUR = 3_600_000


def card(**more: Any) -> Card:
    known = Card(
        kind="inbound",
        call="c1",
        number="13800138000",
        name=SCRIPT,
        region="北京",
        hotline="4007650001",
        node="line",
        group=GROUP,
        began=now(),
        waits_since=now() - 5000,
        rang=now(),
        pressed=(Pressed("welcome", "1", "match"),),
        marks=(Mark("vip", "13800138000", "gold"),),
    )
    return replace(known, **more)


@pytest.fixture(scope="session")
async def zhou(console: Console) -> Distribution:
    await people.add(console.redis, ZHOU, HASH)
    return Distribution(console.redis, ACCOUNT)


@pytest.fixture
async def visit(console: Console, zhou: Distribution) -> AsyncIterator[Visit]:
    """Off duty before and after."""
    async with console.visiting(LOGIN) as visit:
        yield visit
    await agents.logout(zhou, AGENT, now())


async def told(visit: Visit, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await visit.api(method, API + path, body)
    assert answer.status == status, answer.text
    return json.loads(answer.text) if answer.text else None


async def test_an_agent_goes_on_duty_pauses_and_goes(visit: Visit, zhou: Distribution) -> None:
    assert (await told(visit, "GET", ""))["state"] == "offline"
    assert (await told(visit, "POST", "/log-in"))["state"] == "ready"
    paused = await told(visit, "POST", "/pause", {"reason": " 午餐 "})
    assert (paused["state"], paused["reason"], paused["pause"]) == ("paused", "午餐", "午餐")
    assert (await told(visit, "POST", "/resume"))["state"] == "ready"
    assert (await told(visit, "POST", "/resume", status=409))["id"] == "refused"
    assert (await told(visit, "POST", "/log-out"))["on_duty"] is False
    standing = await agents.get(zhou, AGENT)
    assert standing
    assert standing.state is State.OFFLINE
    done = [f"{entry.act.action} {entry.outcome.split(':')[0]}" for entry in await audit.newest(zhou.redis, 5)]
    assert done == ["log_out done", "resume refused", "resume done", "pause done", "log_in done"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 41, "a\nb"])
async def test_a_pause_has_a_reason(visit: Visit, reason: str) -> None:
    assert (await told(visit, "POST", "/pause", {"reason": reason}, status=422))["id"] == "invalid"


async def test_the_day_so_far_is_told(visit: Visit) -> None:
    await told(visit, "POST", "/log-in")
    today = await told(visit, "GET", "/today")
    assert today["on_duty"] == today["ready"] + today["talking"] + today["wrap_up"] + today["paused"]


async def test_the_caller_is_shown_as_text(visit: Visit, zhou: Distribution) -> None:
    await cards.show(zhou, card(), [AGENT], now())
    caller = await told(visit, "GET", "/caller")
    assert (caller["name"], caller["hotline_name"], caller["group_name"]) == (SCRIPT, "会员专线", "会员服务")
    assert caller["keys"] == [{"node": "welcome", "keys": "1", "outcome": "match"}]
    assert caller["lists"] == [{"list": "vip", "name": "vip", "reason": "gold"}]
    assert caller["waited_ms"] >= 5000
    page = await visit.get("/accounts/demo/desk")
    assert SCRIPT not in page.text
    assert "&lt;img src=x" in page.text


async def test_what_concerns_the_agent_is_pushed_and_nobody_elses(visit: Visit, zhou: Distribution) -> None:
    async with visit.session.get("/accounts/demo/desk/events", timeout=aiohttp.ClientTimeout(30)) as response:
        await response.content.readuntil(b"event: away\n")  # after all parts as they are
        await cards.show(zhou, card(call="c4", number="13700137000"), ["1001"], now())
        await cards.show(zhou, card(call="c5", number="13600136000"), [AGENT], now())
        before = await response.content.readuntil(b"event: caller\n")
        pushed = before + await response.content.readuntil(b"\n\n")
    assert b"13600136000" in pushed
    assert b"13700137000" not in pushed


async def test_notes_are_of_the_caller_who_is_shown(visit: Visit, zhou: Distribution) -> None:
    await cards.show(zhou, card(call="c2", number="13900139000"), [AGENT], now())
    await told(visit, "POST", "/notes", {"call": "c2", "text": SCRIPT})
    [note] = (await told(visit, "GET", "/caller"))["notes"]
    assert (note["text"], note["author"]) == (SCRIPT, "周坐席")
    assert (await told(visit, "POST", "/notes", {"call": "c1", "text": "x"}, status=409))["id"] == "refused"
    for text in ("", "  ", "x" * 2001):
        assert (await told(visit, "POST", "/notes", {"call": "c2", "text": text}, status=422))["id"] == "invalid"
    shown = await visit.form("/accounts/demo/desk/notes", {"call": "c2", "text": "second"})
    assert SCRIPT not in shown.text
    await cards.show(zhou, card(call="c3", number=""), [AGENT], now())
    assert (await told(visit, "POST", "/notes", {"call": "c3", "text": "x"}, status=409))["id"] == "refused"


async def agreed(zhou: Distribution, number: str, group: str = GROUP) -> str:
    known: dict[str, Any] = {"hotline": "4007650001", "node": "line", "asked_in": "c9", "pbx": "pbx1", "priority": 0}
    known |= {"joined": now(), "due": now() + HOUR, "expires": now() + 2 * HOUR}
    _, name = await callbacks.ask(zhou, number, group, now(), **known)
    return name


async def test_callbacks_of_the_own_groups_are_made_or_cancelled(visit: Visit, zhou: Distribution) -> None:
    first, second = await agreed(zhou, "13800000001"), await agreed(zhou, "13800000002")
    others = await agreed(zhou, "13800000003", "complaints")
    assert [one["callback"] for one in (await told(visit, "GET", "/todo"))["callbacks"]] == [first, second]
    assert (await told(visit, "POST", f"/callbacks/{first}/call", status=409))["id"] == "refused"  # not on duty
    await told(visit, "POST", "/log-in")
    await told(visit, "POST", f"/callbacks/{first}/call", status=204)
    [claimed] = await callbacks.claim(zhou, "p1", "s1", now())
    assert claimed == first
    standing = await agents.get(zhou, AGENT)
    assert standing
    assert (standing.state, standing.call) == (State.RINGING, first)
    await told(visit, "POST", f"/callbacks/{second}/cancel", status=204)
    assert await callbacks.get(zhou, second) is None
    for act in ("call", "cancel"):
        assert (await told(visit, "POST", f"/callbacks/{others}/{act}", status=404))["id"] == "unknown"
    for name in (first, others):
        await callbacks.cancel(zhou, name, "by_hand", now())


def spoken(console: Console, name: str, group: str = GROUP, file: str = "") -> Voicemail:
    path = file or f"{folder_of(ACCOUNT, group)}/{name}.wav"
    sound = console.settings.recordings_dir / path
    sound.parent.mkdir(parents=True, exist_ok=True)
    sound.write_bytes(b"RIFF" + bytes(40))
    return Voicemail(
        id=name,
        account=ACCOUNT,
        pbx="pbx1",
        call="c1",
        hotline="4007650001",
        caller="13800138000",
        group=group,
        node="message",
        at=now(),
        ms=2000,
        file=path,
    )


async def leave(zhou: Distribution, voicemail: Voicemail) -> None:
    for command in voicemails.left(voicemail):
        await zhou.redis.execute_command(*command)  # type: ignore[no-untyped-call]


async def test_voicemails_of_the_own_groups_are_heard(console: Console, visit: Visit, zhou: Distribution) -> None:
    await leave(zhou, spoken(console, "v1"))
    await leave(zhou, spoken(console, "v2", "complaints"))
    assert [one["voicemail"] for one in (await told(visit, "GET", "/todo"))["voicemails"]] == ["v1"]
    sound = await visit.get(f"{API}/voicemails/v1/sound")
    assert (sound.status, sound.headers["Content-Type"], sound.body[:4]) == (200, "audio/wav", b"RIFF")
    assert (await visit.get(f"{API}/voicemails/v2/sound")).status == 404
    await told(visit, "POST", "/voicemails/v1/heard", status=204)
    assert (await told(visit, "GET", "/todo"))["voicemails"] == []
    heard = await voicemails.get(zhou.redis, ACCOUNT, "v1")
    assert heard
    assert heard.heard_by == AGENT


async def test_no_file_outside_of_the_recordings_is_played(console: Console, visit: Visit, zhou: Distribution) -> None:
    secret = Path(console.settings.recordings_dir).parent / "secret.wav"
    await leave(zhou, spoken(console, "v3", file="../secret.wav"))
    assert secret.exists()
    assert (await visit.get(f"{API}/voicemails/v3/sound")).status == 404


async def test_the_phones_secret_is_the_agents_own_and_no_password(console: Console, visit: Visit) -> None:
    phone = await told(visit, "GET", "/phone")
    assert (phone["user"], phone["realm"], len(phone["ha1"])) == (AGENT, "hotline400", 32)
    async with console.visiting("agent@demo") as other:  # at a desk phone
        assert (await told(other, "GET", "/phone", status=409))["id"] == "refused"
    async with console.visiting("boss@demo") as boss:  # no agent
        assert (await told(boss, "GET", "/phone", status=409))["id"] == "refused"


async def test_the_softphones_line_is_the_pages_own(visit: Visit) -> None:
    """And while Asterisk is away, that is said before the line is opened."""
    for origin, status in (("https://evil.example", 403), (visit.url, 503)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await visit.session.ws_connect("/accounts/demo/desk/sip", protocols=["sip"], origin=origin)
        assert refused.value.status == status


async def test_whoever_has_no_desk_is_told_so(console: Console) -> None:
    async with console.visiting("boss@demo") as boss:
        page = await boss.get("/accounts/demo/desk")
    assert page.status == 409
    assert "The desk is an agent" in page.text
