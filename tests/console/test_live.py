"""The live API and its streams, over a real Redis; calls are played by the store."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from services.console import streams
from services.domain.people import Token
from services.domain.rights import Right
from services.store import agents, audit, people, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.console.conftest import Console
from tests.harness.console import Visit
from tests.harness.waiting import until

API = "/api/v1/accounts/demo/live"


@pytest.fixture
async def desk(console: Console) -> AsyncIterator[Distribution]:
    """Nobody on duty, nobody in a queue, before and after."""
    distribution = Distribution(console.redis, "demo")
    yield distribution
    for one in await queues.callers(distribution):
        await queues.leave(distribution, one.call, "closed", now())
    for agent in ("1001", "1002"):
        await agents.logout(distribution, agent, now())


async def joins(desk: Distribution, call: str) -> None:
    known: dict[str, Any] = {"process": "p", "number": "13800138000", "region": "北京", "hotline": "4007690001"}
    await queues.join(desk, call, "counter", now(), **known)


@asynccontextmanager
async def listening(visit: Visit, path: str) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
    """Events by name and data."""
    async with visit.session.get(path, timeout=aiohttp.ClientTimeout(30)) as response:
        assert response.status == 200, await response.text()

        async def events() -> AsyncIterator[tuple[str, str]]:
            name, data = "", list[str]()
            async for line in response.content:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value.rstrip(":")
                elif field.startswith("data"):
                    data.append(value)
                elif not field and name:
                    yield name, "\n".join(data)
                    name, data = "", []

        yield events()


async def board(visit: Visit, query: str = "") -> Any:
    answer = await visit.api("GET", API + query)
    assert answer.status == 200, answer.text
    return json.loads(answer.text)["board"]


async def test_a_program_is_told_what_goes_on(console: Console, desk: Distribution) -> None:
    async with console.visiting("super@demo") as visit:
        await joins(desk, "pbx1-1.1")
        found = await board(visit, "?group=counter&answer_within=10")
        [caller] = found["callers"]
        assert (caller["number"], caller["region"], caller["place"], caller["state"]) == (
            *("13800138000", "北京", 1),
            "waiting",
        )
        assert found["whole"]["waiting"] == 1
        assert {one["agent"] for one in found["agents"]} == {"1001", "1002"}
        assert {one["agent"] for one in (await board(visit))["agents"]} >= {"1001", "1002", "1901"}
        assert (await visit.api("GET", API + "?answer_within=x")).status == 422


async def test_a_stream_tells_each_change(console: Console, desk: Distribution) -> None:
    async with console.visiting("super@demo") as visit, listening(visit, API + "/events") as events:
        assert json.loads((await anext(events))[1])["board"]["callers"] == []
        await joins(desk, "pbx1-1.1")
        name, data = await anext(events)
        assert (name, json.loads(data)["board"]["callers"][0]["call"]) == ("board", "pbx1-1.1")


async def test_a_page_is_sent_only_what_has_changed(console: Console, desk: Distribution) -> None:
    async with console.visiting("super@demo") as visit:
        page = await visit.get("/accounts/demo/live?group=counter")
        assert 'sse-connect="/accounts/demo/live/events?group=counter"' in page.text
        async with listening(visit, "/accounts/demo/live/events?group=counter") as events:
            first = {(await anext(events))[0] for _ in range(6)}
            assert first == {"stopped", "figures", "groups", "hours", "callers", "agents"}
            await agents.login(desk, "1001", now())
            assert {(await anext(events))[0] for _ in range(2)} == {"figures", "agents"}


async def test_a_stream_ends_when_the_session_does(console: Console) -> None:
    async with console.visiting("super@demo") as visit, listening(visit, API + "/events") as events:
        assert (await anext(events))[0] == "board"
        assert (await visit.form("/logout", {})).status == 303
        async with asyncio.timeout(streams.HEARTBEAT_SECONDS + 10):
            assert [name async for name, _ in events] == ["gone"]


async def test_a_stream_ends_when_its_token_is_taken_back(console: Console) -> None:
    token = Token(
        id="wall", name="x", account="demo", scopes=frozenset({Right.SEE_LIVE}), by="boss@demo", created=now()
    )
    shown = await people.add_token(console.redis, token)
    async with Visit(console.url, shown) as visit, listening(visit, API + "/events") as events:
        assert (await anext(events))[0] == "board"
        await people.take_back(console.redis, "demo", "wall")
        async with asyncio.timeout(streams.HEARTBEAT_SECONDS + 10):
            assert [name async for name, _ in events] == ["gone"]


async def test_one_person_has_only_so_many_streams(console: Console) -> None:
    async with console.visiting("audit@demo") as visit, console.visiting("boss@demo") as other:
        held = [await visit.session.get(API + "/events") for _ in range(streams.OF_ONE)]
        assert {one.status for one in held} == {200}
        assert (await visit.api("GET", API + "/events")).status == 429
        assert (await other.api("GET", API + "/events")).status == 200
        held.pop().close()

        async def is_let_in() -> bool:
            return (await visit.api("GET", API + "/events")).status == 200

        await until(is_let_in, "the place of a stream that ended to be free", 15)
        for one in held:
            one.close()


async def test_what_cannot_be_done_is_told_in_a_sentence_and_kept(console: Console, desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    async with console.visiting("super@demo") as visit:
        path = "/accounts/demo/live/agents/1001"
        headers = {"HX-Request": "true", "Accept-Language": "zh-CN"}
        told = await visit.form(path + "/supervision", {"mode": "listen"}, headers=headers)
        assert (told.status, told.headers["HX-Retarget"]) == (409, "#problem")
        assert "1001 talks to no caller of a queue" in told.text
        assert "logged out" in (await visit.form(path + "/logout", {}, headers=headers)).text
        assert "is offline: pause cannot happen" in (await visit.form(path + "/pause", {"reason": "午餐"})).text
    [pause, logout, listen] = await audit.newest(console.redis, 3)
    assert {one.act.actor for one in (pause, logout, listen)} == {"super@demo"}
    assert (listen.act.action, listen.act.supervisor, listen.outcome.startswith("refused")) == ("listen", "1901", True)
    assert (logout.act.action, logout.outcome) == ("forced_logout", "done")


async def test_nobody_acts_on_another_companys_agents_and_calls(console: Console, desk: Distribution) -> None:
    await joins(desk, "pbx1-7.7")
    async with console.visiting("super@other") as visit:
        for path, body in (
            ("agents/1001/logout", {}),
            ("agents/1001/supervision", {"mode": "barge"}),
            ("agents/1001/pause", {"reason": "x"}),
            ("calls/pbx1-7.7/pull", {"agent": "1001"}),
        ):
            assert (await visit.api("POST", f"/api/v1/accounts/other/live/{path}", body)).status == 404, path
        assert (await visit.api("POST", "/api/v1/accounts/other/live/calls/pbx1-7.7/hangup")).status == 409
        assert (
            await visit.api("POST", "/api/v1/accounts/other/live/calls/pbx1-7.7/pull", {"agent": "2001"})
        ).status == 409
    assert await queues.caller(desk, "pbx1-7.7")


async def test_who_has_no_phone_is_told_so(console: Console) -> None:
    async with console.visiting("boss@demo") as visit:
        answer = await visit.api("POST", f"{API}/agents/1001/supervision", {"mode": "listen"})
        assert (answer.status, "no phone" in answer.text) == (409, True)
    async with console.visiting("super@demo") as visit:
        answer = await visit.api("POST", f"{API}/agents/1001/supervision", {"mode": "listen", "supervisor": "1002"})
        assert "own phone only" in answer.text


async def test_a_caller_is_pulled_to_an_agent(console: Console, desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    await agents.login(desk, "1002", now())
    await joins(desk, "busy-1")
    await joins(desk, "busy-2")
    await joins(desk, "pbx1-3.3")
    async with console.visiting("super@demo") as visit:

        async def shown() -> bool:
            return "1002" in (await visit.get("/accounts/demo/live/calls/pbx1-3.3")).text

        async def pulled() -> bool:
            return bool((await board(visit))["callers"][0]["agents"] == ["1002"])

        await until(shown, "the caller to be on the board")  # it may be a quarter of a second old
        assert (await visit.api("POST", f"{API}/calls/pbx1-3.3/pull", {"agent": "1002"})).status == 204
        await until(pulled, "the board to show whom the caller was pulled to")
        assert (await visit.api("POST", f"{API}/calls/pbx1-9.9/pull", {"agent": "1002"})).status == 409


async def test_what_callers_and_documents_say_is_text(console: Console, desk: Distribution) -> None:
    await queues.join(desk, "pbx1-4.4", "counter", now(), process="p", number="<script>", region="<b>&")
    async with console.visiting("super@demo") as visit:
        page = (await visit.get("/accounts/demo/live")).text
        assert "&lt;script&gt;" in page
        assert "<b>" not in page


async def test_the_page_says_which_calls_its_figures_leave_out(console: Console) -> None:
    async with console.visiting("super@demo") as visit:
        assert 'href="/accounts/demo/analysis?since=' in (await visit.get("/accounts/demo/live")).text
        assert "/accounts/demo/analysis?since=" not in (await visit.get("/accounts/demo/live?wall=true")).text
