"""Real callers who are on a list, and real calls beyond a cap."""

from collections.abc import Mapping

import pytest

from services.domain.record import Listed, Record
from services.store import keys
from tests.calls.test_crashes import in_cel, seen
from tests.harness.demo_calls import CALLER
from tests.harness.desk import answers
from tests.harness.node import Node
from tests.harness.process import Process
from tests.harness.sipp import Phone, hangs_up, hears, is_hung_up, presses_and_is_hung_up, refers_to, talks
from tests.harness.waiting import until

SCREENED, TALKED_TO_FIRST, ONE_AT_A_TIME, TWO_A_DAY, ONE_TALK = (f"400500000{number}" for number in range(5))


async def refused(node: Node, caller: str, to: str, status: int) -> Record:
    before = await node.stream.newest()
    call = await node.sipp.refused(caller, to, status)
    assert await call.wait(30) == 0
    [record] = await node.stream.after(before)
    assert (record.answered, record.end_state) == (None, "flow_ended")
    return record


def path(record: Record) -> list[str]:
    return [hop.node for hop in record.hops]


@pytest.mark.parametrize(
    ("caller", "entry", "reason"),
    [
        ("17011112222", "1701*", "fraud"),
        ("013900139000", "13900139000", "fraud"),
        ("+862161234567", "02161234567", None),
    ],
)
async def test_who_is_listed_is_told_why_unanswered(node: Node, caller: str, entry: str, reason: str | None) -> None:
    record = await refused(node, caller, SCREENED, 403)
    assert path(record) == ["door", "refused"]
    assert record.hops[0].listed == Listed(list="blocked", entry=entry, reason=reason)
    spoken = record.hops[1].at - record.hops[0].at > 1000
    assert spoken == (reason is not None)
    assert record.charge is not None
    assert record.charge.total == "0.00"


@pytest.mark.parametrize(("caller", "status", "to"), [(CALLER, 486, "welcome"), ("anonymous", 503, "hidden")])
async def test_others_are_let_in_and_withheld_numbers_go_their_way(
    node: Node, caller: str, status: int, to: str
) -> None:
    record = await refused(node, caller, SCREENED, status)
    assert path(record) == ["door", to]
    assert record.hops[0].listed is None


async def test_who_was_answered_is_told_as_well(node: Node) -> None:
    before = await node.stream.newest()
    caller = await node.sipp.call("17011112222", TALKED_TO_FIRST, [is_hung_up()])
    assert await caller.wait(30) == 0
    [record] = await node.stream.after(before)
    assert path(record) == ["hello", "door", "refused"]
    assert record.hops[2].at - record.hops[1].at > 1000


async def is_in_the_menu(node: Node, menus: int, *does: str) -> Process:
    """A call that is beyond the cap's node."""
    caller = await node.sipp.call(CALLER, ONE_AT_A_TIME, [*does])
    await in_cel(node, "ANSWER", menus + 1)
    return caller


async def test_one_call_at_a_time_whatever_dies(node: Node) -> None:
    """The second is refused while the first is there, also after another process has taken the first over."""
    answers = await seen(node, "ANSWER")
    first = await is_in_the_menu(node, answers, hears(8000), presses_and_is_hung_up("1"))
    record = await refused(node, "13900000001", ONE_AT_A_TIME, 486)
    assert [(hop.node, hop.cap) for hop in record.hops] == [("limit", "concurrent"), ("full", None)]
    journeys = await seen(node, "JOURNEY")
    await node.second_agi.start()
    await node.second_agi_ready()
    try:
        await node.agi.kill()
        await in_cel(node, "JOURNEY", journeys + 1)
        assert path(await refused(node, "13900000002", ONE_AT_A_TIME, 486)) == ["limit", "full"]
        before = await node.stream.newest()
        assert await first.wait(30) == 0
        [served] = await node.stream.after(before)
        assert path(served) == ["limit", "welcome", "welcome", "bye"]
        assert [hop.cap for hop in served.hops] == [None] * 4
    finally:
        await node.agi.start()
        await node.agi_ready()
        await node.second_agi.kill()
    before = await node.stream.newest()
    third = await is_in_the_menu(node, answers + 1, hears(100), hangs_up())
    assert await third.wait(30) == 0
    assert [path(record) for record in await node.stream.after(before)] == [["limit", "welcome"]]
    await until(lambda: nobody_counts(node, ONE_AT_A_TIME), "the call to be given up")


async def nobody_counts(node: Node, hotline: str) -> bool:
    return not await node.redis.exists(keys.capped_running(hotline, "limit"))


async def test_a_call_counts_on_when_it_is_transferred(node: Node, phones: Mapping[str, Phone]) -> None:
    transfers, bridges = await seen(node, "TRANSFER"), await seen(node, "BRIDGE_ENTER")
    first = await phones["1001"].answers(talks(500), refers_to("1002"), hangs_up())
    second = await answers(phones["1002"])
    caller = await node.sipp.call(CALLER, ONE_TALK, [hears(500), talks(6000), hangs_up()])
    await in_cel(node, "TRANSFER", transfers + 1)
    await in_cel(node, "BRIDGE_ENTER", bridges + 4)
    assert path(await refused(node, "13900000001", ONE_TALK, 486)) == ["limit", "full"]
    before = await node.stream.newest()
    assert [await side.wait(30) for side in (caller, first, second)] == [0, 0, 0]
    [record] = await node.stream.after(before)
    assert [hop.kind for hop in record.hops] == ["caps", "group", "transfer"]
    await until(lambda: nobody_counts(node, ONE_TALK), "the call to be given up")


async def test_so_many_a_day_and_of_one_number(node: Node) -> None:
    callers = [("13900000001", 480), ("+8613900000001", 486), ("13900000002", 480), ("13900000003", 503)]
    records = [await refused(node, caller, TWO_A_DAY, status) for caller, status in callers]
    assert [(record.hops[0].cap, path(record)[1]) for record in records] == [
        (None, "go"), ("per_caller", "again"), (None, "go"), ("per_day", "tomorrow"),
    ]  # fmt: skip
