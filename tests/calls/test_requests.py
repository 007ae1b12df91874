"""What others have Asterisk do, through the service beside it."""

import asyncio
from collections.abc import Mapping

import pytest

from services.store.requests import AwayError, Hangup, Originate, RefusedError, ask
from tests.harness.demo_calls import HOTLINE
from tests.harness.node import Node
from tests.harness.sipp import Phone, is_hung_up
from tests.harness.waiting import until


def rings(agent: str, seconds: int = 20) -> Originate:
    return Originate(dial=agent, context="hotline", extension=HOTLINE, seconds=seconds)


async def channel(node: Node, agent: str) -> str:
    async def name() -> str:
        lines = (await node.console("core show channels concise")).splitlines()
        return next((line.split("!")[0] for line in lines if line.startswith(f"PJSIP/{agent}-")), "")

    return await until(name, f"a channel of {agent}")


async def test_a_phone_is_rung_and_hung_up(node: Node, phones: Mapping[str, Phone]) -> None:
    phone = await phones["1001"].answers(is_hung_up())
    await ask(node.redis, "pbx1", rings("1001"))
    name = await channel(node, "1001")
    await ask(node.redis, "pbx1", Hangup(channel=name))
    assert await phone.wait(20) == 0


@pytest.mark.parametrize("status", ["486 Busy Here", "603 Decline"])
async def test_a_phone_that_declines(node: Node, phones: Mapping[str, Phone], status: str) -> None:
    phone = await phones["1001"].rejects(status)
    with pytest.raises(RefusedError, match="busy, declined"):
        await ask(node.redis, "pbx1", rings("1001"))
    assert await phone.wait(20) == 0


async def test_a_phone_that_nobody_picks_up(node: Node, phones: Mapping[str, Phone]) -> None:
    phone = await phones["1001"].rings_until_cancelled()
    with pytest.raises(RefusedError, match="nobody answered"):
        await ask(node.redis, "pbx1", rings("1001", seconds=2))
    assert await phone.wait(20) == 0


async def test_what_cannot_be_done_is_refused_with_a_reason(node: Node) -> None:
    with pytest.raises(RefusedError, match="not registered"):
        await ask(node.redis, "pbx1", rings("nobody"))
    with pytest.raises(RefusedError, match="No such channel"):
        await ask(node.redis, "pbx1", Hangup(channel="PJSIP/nobody-1"))


async def test_nobody_stands_beside_that_asterisk(node: Node) -> None:
    with pytest.raises(AwayError, match="pbx9"):
        await ask(node.redis, "pbx9", rings("1001"))


async def test_what_is_no_request_does_no_harm(node: Node, phones: Mapping[str, Phone]) -> None:
    for nonsense in ("", "{}", '{"request": {"do": "originate", "dial": "1001\\r\\nAction: Reload"}}'):
        await node.redis.publish("pbx:pbx1:requests", nonsense)
    phone = await phones["1001"].rejects("486 Busy Here")
    with pytest.raises(RefusedError):
        await asyncio.wait_for(ask(node.redis, "pbx1", rings("1001")), 10)
    assert await phone.wait(20) == 0
