"""What agents dial at their own phones, and what they hear."""

import asyncio
from collections.abc import Mapping

from services.domain import features
from services.domain.agents import State
from services.domain.prompts import spoken_name
from services.store import agents, audit
from services.store.audit import Act
from services.store.distribution import Distribution
from services.store.due import now
from tests.harness.demo_calls import CALLER
from tests.harness.desk import reaches
from tests.harness.hearing import Ear, likeness, samples
from tests.harness.node import Node
from tests.harness.sipp import PHONE_HOST, Phone, hangs_up, hears, is_hung_up

REASONS = {"1": "休息"}
"""An account's when its document says nothing else."""
BACK_OFFICE = "4007600002"
FORGED = '"1002"'


async def told(node: Node, agent: str, code: str, display_name: str = "") -> str:
    """The sentence that sounds most like what the agent hears."""
    transport, ear = await asyncio.get_running_loop().create_datagram_endpoint(Ear, (PHONE_HOST, 0))
    try:
        port = str(transport.get_extra_info("sockname")[1])
        phone = await node.dials(agent, code, is_hung_up(), media_port=port, display_name=display_name)
        assert await phone.wait(20) == 0
    finally:
        transport.close()
    sounds = {
        text: samples((node.sounds / spoken_name(text, "cmn")).with_suffix(".wav"))
        for text in features.sentences(REASONS)
    }
    alike = {text: likeness(ear.samples, sound) for text, sound in sounds.items()}
    best = max(alike, key=lambda text: alike[text])
    assert alike[best] > 0.9, alike
    return best


async def test_from_logging_in_to_logging_out(node: Node, desk: Distribution) -> None:
    """1001, whose phone says to be another, while 1002 is refused what it may not do."""

    async def works() -> None:
        assert await told(node, "1001", "*81", FORGED) == features.LOGGED_IN
        await reaches(desk, "1001", {State.READY})
        assert await told(node, "1001", "*831") == features.paused("休息")
        await reaches(desk, "1001", {State.PAUSED})
        assert await told(node, "1001", "*80") == features.is_paused("休息")
        assert await told(node, "1001", "*84") == features.RESUMED
        await reaches(desk, "1001", {State.READY})
        assert await told(node, "1001", "*82") == features.LOGGED_OUT
        await reaches(desk, "1001", {State.OFFLINE})

    async def is_refused() -> None:
        assert await told(node, "1002", "*82") == features.IS_OUT
        await agents.login(desk, "1002", now())
        assert await told(node, "1002", "*81") == features.IS_IN
        assert await told(node, "1002", "*839") == features.NO_REASON
        assert await told(node, "1002", "*84") == features.NOTHING_TO_END
        await reaches(desk, "1002", {State.READY})

    await asyncio.gather(works(), is_refused())
    acts = [entry.act for entry in await audit.newest(node.redis, 4)]
    done = ["log_out", "resume", "pause", "log_in"]
    assert acts == [Act("demo", "1001", action, "1001") for action in done]


async def test_a_wrap_up_is_ended(node: Node, phones: Mapping[str, Phone], desk: Distribution) -> None:
    await agents.login(desk, "1001", now())
    phone = await phones["1001"].answers(is_hung_up())
    caller = await node.sipp.call(CALLER, BACK_OFFICE, [hears(1000), hangs_up()])
    assert [await side.wait(20) for side in (caller, phone)] == [0, 0]
    await reaches(desk, "1001", {State.WRAP_UP})
    assert await told(node, "1001", "*84") == features.WRAPPED
    await reaches(desk, "1001", {State.READY})
