"""A real call whose way a company's own system decides."""

import asyncio
import json

import pytest
from aiohttp import web

from services.domain.documents import Hotline
from services.store import documents
from tests.calls.test_crashes import in_cel, kill_and_start, seen
from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.unit.agi.test_ask import SECRET, company

ASKING = "4005100002"


def hotline(url: str) -> Hotline:
    ask = {"kind": "ask", "url": url, "secret": SECRET, "keep": {"level": "level"}, "timeout": 2}
    nodes = {
        "ask": {**ask, "next": "which", "failed": "down"},
        "which": {"kind": "switch", "variable": "level", "cases": {"gold": "busy"}, "otherwise": "down"},
        "busy": {"kind": "hangup", "cause": "busy"},
        "down": {"kind": "hangup", "cause": "out_of_order"},
    }
    flow = {"start": "ask", "nodes": nodes}
    named = {"kind": "hotline", "number": ASKING, "account": "demo", "name": "x", "flow": flow}
    return Hotline.model_validate(named)


@pytest.mark.parametrize(("level", "status"), [("gold", 486), ("hangs", 502)])
async def test_the_companys_system_says_where_a_call_goes(node: Node, level: str, status: int) -> None:
    """The service dies while it asks: another asks again."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(json.loads(await request.read())["caller"])
        if level == "hangs" or len(asked) == 1:
            await asyncio.sleep(60)
        return web.json_response({"level": level})

    async with company(answer) as url:
        await documents.apply(node.redis, [hotline(f"{url}/level")])
        before, asks = await node.stream.newest(), await seen(node, "NODE")
        call = await node.sipp.refused(CALLER, ASKING, status)
        if level == "gold":
            await in_cel(node, "NODE", asks + 1)
            await kill_and_start(node.agi)
            await node.agi_ready()
        assert await call.wait(40) == 0
        [record] = await node.stream.after(before)
    assert (record.end_state, record.answered) == ("flow_ended", None)
    assert set(asked) == {CALLER}
    assert len(asked) == 2
