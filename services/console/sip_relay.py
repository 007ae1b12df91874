"""The softphone's line to Asterisk: SIP over a websocket (RFC 7118), which the console passes on for its agent."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
from aiohttp import WSMessage, WSMsgType, hdrs, web
from redis.exceptions import RedisError

from services.console import access
from services.console.context import At
from services.console.problems import Away, Forged
from services.domain.sip_message import LONGEST, objection
from services.store.due import end

PROTOCOL = "sip"
HEARTBEAT_SECONDS = 20.0
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""That a browser has to say goodbye."""
CHECK_SECONDS = 30.0
"""How often it is asked whether the session still holds."""
ASTERISKS_LONGEST = 65_536

TAKEN, ENDED, AWAY = 4001, 4002, 4003
"""Codes with which a line is closed: another browser has taken the phone, the session is over, Asterisk is away."""

log = logging.getLogger(__name__)


class Lines:
    """Those that this console holds, one for each agent."""

    def __init__(self) -> None:
        self._open: dict[str, web.WebSocketResponse] = {}

    async def pass_on(self, at: At, agent: str) -> web.WebSocketResponse:
        """As long as both sides stay. A line that the agent had before is closed. Raises Forged and Away."""
        _check_origin(at)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    asterisk = await client.ws_connect(
                        at.settings.sip_websocket,
                        protocols=[PROTOCOL],
                        heartbeat=HEARTBEAT_SECONDS,
                        max_msg_size=ASTERISKS_LONGEST,
                    )
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                log.warning("no websocket at %s: %r", at.settings.sip_websocket, error)
                raise Away("Asterisk does not answer, so the softphone cannot ring now.") from error
            async with asterisk:
                browser = web.WebSocketResponse(
                    protocols=[PROTOCOL], heartbeat=HEARTBEAT_SECONDS, max_msg_size=LONGEST * 4, timeout=CLOSE_SECONDS
                )
                await browser.prepare(at.request)
                async with self._only(agent, browser):
                    await _join(at, agent, browser, asterisk)
        return browser

    async def end(self, _: web.Application) -> None:
        """The browsers come again to the next console."""
        await asyncio.gather(*(line.close(code=1001) for line in list(self._open.values())))

    @contextlib.asynccontextmanager
    async def _only(self, agent: str, browser: web.WebSocketResponse) -> AsyncIterator[None]:
        before = self._open.get(agent)
        self._open[agent] = browser
        if before is not None:
            await before.close(code=TAKEN)
        try:
            yield
        finally:
            if self._open.get(agent) is browser:
                del self._open[agent]


LINES = web.AppKey("lines", Lines)


def add(app: web.Application) -> None:
    app[LINES] = Lines()
    app.on_shutdown.append(app[LINES].end)


def _check_origin(at: At) -> None:
    """Another site's page can open a websocket with the session of whoever looks at it."""
    origin = urlsplit(at.request.headers.get(hdrs.ORIGIN, ""))
    if origin.netloc not in {at.request.host, urlsplit(at.settings.console_url).netloc}:
        raise Forged("The line was asked for by another site.")


async def _join(at: At, agent: str, browser: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse) -> None:
    """Until one side goes; then the other is closed."""
    works = (_outward(agent, browser, asterisk), _inward(asterisk, browser), _hold(at))
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        code = next(task.result() for task in done)
    except (ConnectionError, aiohttp.ClientError):
        code = AWAY
    finally:
        await end(tasks)
    await browser.close(code=code)


async def _outward(agent: str, browser: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse) -> int:
    async for message in browser:
        why = objection(message.data, agent) if message.type is WSMsgType.TEXT else f"no text: {message.type.name}"
        if why is not None:
            log.warning("the softphone of %s is cut off: %s", agent, why)
            return aiohttp.WSCloseCode.POLICY_VIOLATION
        await asterisk.send_str(message.data)
    return aiohttp.WSCloseCode.OK


async def _inward(asterisk: aiohttp.ClientWebSocketResponse, browser: web.WebSocketResponse) -> int:
    message: WSMessage
    async for message in asterisk:
        if message.type is WSMsgType.TEXT:
            await browser.send_str(message.data)
        elif message.type is WSMsgType.BINARY:  # Asterisk's frames may be either
            await browser.send_str(message.data.decode(errors="replace"))
    return AWAY


async def _hold(at: At) -> int:
    """Ends with the session, or when the person is somebody else at a phone."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        with contextlib.suppress(RedisError):
            who = await access.again(at.request, at.redis)
            if who is None or who.person != at.identity.person:
                return ENDED
