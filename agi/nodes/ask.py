import asyncio
import json
import logging
import random
from typing import Literal
from urllib.parse import urlencode, urlsplit

from agi.call import Call
from agi.systems import UnreachableError
from services.domain.nodes.ask import Ask
from services.domain.webhook import may_try_again, signature
from services.store.due import now

PAUSE_SECONDS = 0.3
"""After the first try; twice as long after the next."""

Failure = Literal["timeout", "unreachable", "refused", "garbage"]

log = logging.getLogger(__name__)


class FailedError(Exception):
    def __init__(self, failure: Failure, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.failure = failure
        self.final = final
        """It would be so the next time, too."""


async def handle(call: Call, name: str, node: Ask) -> str:
    url, body = await _question(call, name, node)
    begun, asking = now(), asyncio.create_task(_ask(call, name, node, url, body))
    answered = asyncio.Event()
    asking.add_done_callback(lambda _: answered.set())
    try:
        await _passes_time(call, node, answered)
        kept = await asking
    except FailedError as error:
        log.warning("call %s at node %r: %s: %s", call.id, name, error.failure, error)
        await call.channel.mark("ASK", node=name, outcome=error.failure, ms=str(now() - begun))
        return node.failed
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await call.channel.mark("ASK", node=name, outcome="answered", ms=str(now() - begun))
    for variable, value in kept.items():
        await call.keep(variable, value)
    return node.next


async def _passes_time(call: Call, node: Ask, answered: asyncio.Event) -> None:
    if node.prompt is not None:
        for sound in await call.sounds_of(node.prompt):
            await call.hear(sound, until=answered)
    if not answered.is_set():
        await call.channel.start_music()
        await call.channel.wait_for(answered, node.tries * (node.timeout + 1) + 1)


async def _ask(call: Call, name: str, node: Ask, url: str, body: bytes) -> dict[str, str]:
    """Raises FailedError, after so many tries."""
    failed = 0
    while True:
        try:
            async with asyncio.timeout(node.timeout):
                return await _try(call, name, node, url, body)
        except TimeoutError:
            failure = FailedError("timeout", f"no answer within {node.timeout} s")
        except FailedError as error:
            failure = error
        failed += 1
        if failure.final or failed == node.tries:
            raise failure
        await asyncio.sleep(PAUSE_SECONDS * 2**failed * random.uniform(0.5, 1))  # noqa: S311 - no secret


async def _question(call: Call, name: str, node: Ask) -> tuple[str, bytes]:
    """Address and body."""
    facts = {"call_id": call.id, "hotline": call.hotline.number, "caller": call.caller, "node": name}
    names = {variable for other in call.hotline.flow.nodes.values() for variable in other.keeps()}
    values = {variable: await call.kept(variable) for variable in sorted(names)}
    if node.method == "POST":
        return node.url, json.dumps({**facts, "values": values}, ensure_ascii=False).encode()
    query = urlencode(facts | {f"values.{variable}": value for variable, value in values.items()})
    return f"{node.url}{'&' if urlsplit(node.url).query else '?'}{query}", b""


async def _try(call: Call, name: str, node: Ask, url: str, body: bytes) -> dict[str, str]:
    signed = body or urlsplit(url).query.encode()
    headers = {
        "Content-Type": "application/json",
        "X-Hotline-Id": f"ask:{call.id}:{name}",
        "X-Hotline-Signature": signature(node.secret, now() // 1000, signed),
    }
    try:
        status, said = await call.systems.ask(node.method, url, body, headers)
    except UnreachableError as error:
        raise FailedError("unreachable", str(error)) from error
    if not 200 <= status < 300:  # noqa: PLR2004 - as RFC 9110 divides them
        raise FailedError("refused", f"HTTP {status}", final=not may_try_again(status))
    try:
        return node.kept(said)
    except ValueError as error:
        raise FailedError("garbage", str(error), final=True) from error
