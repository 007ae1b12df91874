"""Documents that are applied while calls are running."""

import asyncio
from bisect import bisect_right
from itertools import count

import pytest

from services.domain.documents import Hotline
from services.domain.record import Record
from services.store import documents
from services.store.due import end, now
from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.sipp import hears, is_hung_up, presses_and_is_hung_up
from tests.harness.waiting import until

MENU, GREETING = "4005300000", "4005300001"
SECOND = 1000


async def hotline(node: Node, number: str) -> Hotline:
    found = await documents.get(node.redis, Hotline, number)
    assert found
    return found.document


def leading_to(menu: Hotline, name: str) -> Hotline:
    fields = menu.model_dump(mode="json")
    nodes = fields["flow"]["nodes"]
    nodes["welcome"] |= {"keys": {"1": name}, "otherwise": name}
    fields["flow"]["nodes"] = {"welcome": nodes["welcome"], name: {"kind": "hangup"}}
    return Hotline.model_validate(fields)


async def test_who_is_in_a_menu_goes_on_in_its_version_and_the_next_meets_the_new_one(node: Node) -> None:
    before = await node.stream.newest()
    menu, events = await hotline(node, MENU), len(_events(node))
    waiting = await node.sipp.call(CALLER, MENU, [hears(3000), presses_and_is_hung_up("1")])
    await until(lambda: _in_menu(node, events), "the caller to be in the menu", 10)
    await documents.apply(node.redis, [leading_to(menu, "second")])
    later = await node.sipp.call(CALLER, MENU, [hears(1000), presses_and_is_hung_up("1")])
    assert await later.wait(30) == 0
    assert await waiting.wait(30) == 0
    records = await node.stream.after(before, 2)
    assert sorted([hop.node for hop in record.hops] for record in records) == [
        ["welcome", "first"], ["welcome", "second"],
    ]  # fmt: skip
    versions = {record.hops[-1].node: record.hotline_version or 0 for record in records}
    assert versions["second"] == versions["first"] + 1
    await documents.apply(node.redis, [menu])


def _events(node: Node) -> bytes:
    return (node.cel / "hotline.csv").read_bytes()


async def _in_menu(node: Node, since: int) -> bool:
    return b"welcome" in _events(node)[since:]


@pytest.mark.large
async def test_applying_during_twenty_calls_a_second_disturbs_none(node: Node) -> None:
    """Every call is answered, hears the greeting and is hung up, in a version that was in effect when it came."""
    calls, a_second = 300, 20
    before = await node.stream.newest()
    greeting = await hotline(node, GREETING)
    crowd = await node.sipp.crowd(calls, GREETING, [is_hung_up()], a_second=a_second)
    applied: list[tuple[int, int]] = []

    async def keep_applying() -> None:
        for number in count(2):
            changed = greeting.model_copy(update={"name": f"greeting {number}"})
            [(_, version)] = await documents.apply(node.redis, [changed])
            applied.append((now(), version))
            await asyncio.sleep(0.1)

    applying = asyncio.create_task(keep_applying())
    try:
        assert await crowd.wait(90) == 0
    finally:
        await end([applying])
    records = await node.stream.after(before, calls, 60)
    assert len(records) == calls
    assert {record.end_state for record in records} == {"flow_ended"}
    assert all([hop.node for hop in record.hops] == ["greeting", "bye"] for record in records)
    late = [record.call_id for record in records if not _in_effect(record, applied)]
    assert not late
    assert len({record.hotline_version for record in records}) > calls / 20


def _in_effect(record: Record, applied: list[tuple[int, int]]) -> bool:
    """The version that stood as the call came, or one that has been made within a second of it."""
    at = bisect_right(applied, (record.started, 0))
    stood = applied[at - 1][1] if at else applied[0][1] - 1
    soon = [version for when, version in applied[at:] if when <= record.started + SECOND]
    return record.hotline_version in {stood, *soon}
