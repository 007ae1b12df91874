"""Which calls a draft would lead elsewhere, from the console: looked at meanwhile, given up at any time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.domain.record import to_json
from services.simulation.call import simulate
from services.simulation.scene import Scene
from services.store import documents
from services.store.due import now
from services.store.keys import RATED_STREAM
from tests.console.conftest import Console
from tests.harness.console import Visit
from tests.harness.waiting import until

IMPACT = "/api/v1/accounts/demo/impact"
DRAFT = "/api/v1/accounts/demo/draft"
FLOW = "/api/v1/accounts/demo/documents/hotline/4001234567"


@pytest.fixture(scope="module")
async def boss(console: Console) -> AsyncIterator[Visit]:
    """Who has had calls, and leads key 1 elsewhere in the draft."""
    every = list((await documents.standing(console.redis)).documents.values())
    for keys in ("1", "2", "1"):
        scene = Scene(documents=every, number="4001234567", caller="13800138000", at=now(), keys=keys)
        made = await asyncio.to_thread(simulate, scene, console.settings.sounds_dir)
        await console.redis.xadd(RATED_STREAM, {"record": to_json(made.record)})
    async with console.visiting("boss@demo") as visit:
        shown = json.loads((await visit.api("GET", FLOW)).text)
        shown["document"]["flow"]["nodes"]["welcome"]["keys"]["1"] = "service"
        await visit.api("PUT", FLOW, {"document": shown["document"], "mark": shown["mark"]})
        yield visit
        await visit.api("DELETE", DRAFT)


async def look(visit: Visit, job: str) -> Any:
    return json.loads((await visit.api("GET", f"{IMPACT}/{job}")).text)


async def test_calls_that_would_have_gone_elsewhere_are_found(boss: Visit) -> None:
    begun = await boss.api("POST", IMPACT, {"days": 1})
    assert begun.status == 202
    job = json.loads(begun.text)["job"]

    async def done() -> Any:
        found = await look(boss, job)
        return found if found["state"] != "running" else None

    found = await until(done, "the replay to be over", 60)
    assert (found["state"], found["elsewhere"]) == ("done", 2)
    assert found["calls"] == found["done"] >= 3, "other tests have had calls, too"
    assert [(one["before"].split()[1], one["after"].split()[1], one["calls"]) for one in found["sums"]] == [
        ("sales", "service", 2)
    ]
    page = await boss.get(f"/accounts/demo/setup/impact/{job}")
    assert "2 would have gone elsewhere" in page.text
    assert "hx-trigger" not in page.text


async def test_a_replay_is_given_up(boss: Visit) -> None:
    job = json.loads((await boss.api("POST", IMPACT, {})).text)["job"]
    assert (await boss.api("DELETE", f"{IMPACT}/{job}")).status == 204
    assert (await look(boss, job))["state"] == "cancelled"


async def test_nobody_else_looks_at_it(console: Console, boss: Visit) -> None:
    job = json.loads((await boss.api("POST", IMPACT, {})).text)["job"]
    async with console.visiting("super@demo") as other:
        assert (await other.api("GET", f"{IMPACT}/{job}")).status == 404
    await boss.api("DELETE", f"{IMPACT}/{job}")
