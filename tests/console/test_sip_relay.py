"""The softphone's line through the console, to an Asterisk that says back what it hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSMsgType, web

from services.console import sip_relay
from services.console.app import create_app
from services.console.context import Parts
from services.domain.people import Person
from services.domain.rights import Role
from services.store import people
from tests.console.conftest import Console
from tests.harness.console import ACCOUNT, HASH, Visit, visiting

SUN = Person(login="relay@demo", name="孙坐席", role=Role.AGENT, account=ACCOUNT, agent="1100", language="en")
REGISTER = "REGISTER sip:desk.invalid SIP/2.0\r\nFrom: <sip:{}@desk.invalid>;tag=a\r\nContent-Length: 0\r\n\r\n"


class Asterisk:
    """Its websocket; ``away``: hangs up all there are."""

    def __init__(self) -> None:
        self.lines: list[web.WebSocketResponse] = []

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse(protocols=["sip"])
        await line.prepare(request)
        self.lines.append(line)
        async for message in line:
            await line.send_str(message.data)
        return line

    async def away(self) -> None:
        await asyncio.gather(*(line.close() for line in self.lines))


async def _runs(stack: AsyncExitStack, app: web.Application) -> int:
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return int(runner.addresses[0][1])


@pytest.fixture
async def asterisk() -> Asterisk:
    return Asterisk()


@pytest.fixture
async def visit(console: Console, asterisk: Asterisk, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Visit]:
    monkeypatch.setattr(sip_relay, "CHECK_SECONDS", 0.1)
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_get("/ws", asterisk.serve)
        address = f"ws://127.0.0.1:{await _runs(stack, app)}/ws"
        settings = console.settings.model_copy(update={"sip_websocket": address})
        port = await _runs(stack, create_app(Parts(console.redis, console.archive, settings)))
        await people.add(console.redis, SUN, HASH)
        yield await stack.enter_async_context(visiting(f"http://127.0.0.1:{port}", SUN.login))
        await people.change(console.redis, SUN, lambda *_: None)


async def line_of(visit: Visit) -> ClientWebSocketResponse:
    return await visit.session.ws_connect("/accounts/demo/desk/sip", protocols=["sip"], origin=visit.url)


async def closed(line: ClientWebSocketResponse) -> int | None:
    message = await line.receive(timeout=10)
    assert message.type in {WSMsgType.CLOSE, WSMsgType.CLOSED}
    return line.close_code


async def test_what_the_agents_phone_says_goes_to_asterisk_and_its_answer_back(visit: Visit) -> None:
    line = await line_of(visit)
    assert line.protocol == "sip"
    await line.send_str(REGISTER.format("1100"))
    assert await line.receive_str(timeout=10) == REGISTER.format("1100")
    await line.close()


@pytest.mark.parametrize("sent", [REGISTER.format("1001"), "GET / HTTP/1.1\r\n\r\n", "x" * 20_000, b"\x00"])
async def test_who_speaks_for_others_or_no_sip_is_cut_off(visit: Visit, sent: str | bytes) -> None:
    line = await line_of(visit)
    await (line.send_str(sent) if isinstance(sent, str) else line.send_bytes(sent))
    assert await closed(line) == WSCloseCode.POLICY_VIOLATION


async def test_an_agent_has_one_line_the_newest(visit: Visit) -> None:
    first, second = await line_of(visit), await line_of(visit)
    assert await closed(first) == sip_relay.TAKEN
    await second.send_str(REGISTER.format("1100"))
    assert await second.receive_str(timeout=10)
    await second.close()


async def test_the_line_ends_with_the_session(visit: Visit, console: Console) -> None:
    line = await line_of(visit)
    await people.change(console.redis, SUN, lambda *_: SUN.model_copy(update={"active": False}))
    assert await closed(line) == sip_relay.ENDED


async def test_the_line_ends_with_asterisk(visit: Visit, asterisk: Asterisk) -> None:
    line = await line_of(visit)
    await asterisk.away()
    assert await closed(line) == sip_relay.AWAY
