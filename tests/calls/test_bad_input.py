"""What a carrier or a caller may send, and what must not come of it."""

import csv
from collections.abc import Mapping

import pytest

from tests.harness.demo_calls import CALLER, DEMO_CALLS, HOTLINE, DemoCall, outcome
from tests.harness.node import Node
from tests.harness.play import play
from tests.harness.sipp import PHONE_HOST, Headers, Phone, hangs_up, hears, presses

HOSTILE = {
    "escaped line break in the number": (Headers(user="138%0d%0aagi_extension:%204009999999%0d%0a"), "138", None),
    "escaped line break and quotes": (
        Headers(user="13800138000%22%0a%22CALL%22%2c%22USER_DEFINED%22"),
        "13800138000",
        None,
    ),
    "quotes in the name": (Headers('"Robert \\"Bobby\\" Tables"'), CALLER, "Robert Bobby Tables"),
    "backslashes in the name": (Headers('"a\\\\b\\\\"'), CALLER, "ab"),
    "commas, brackets, dollars": (Headers('"x,${EXTEN},(y"'), CALLER, None),
    "300 characters": (Headers('"' + "n" * 300 + '"'), CALLER, "n" * 79),
    "300 digits": (Headers(user="1" * 300), "1" * 32, None),
    "a Chinese name": (Headers('"北京张三"'), CALLER, "北京张三"),
    "a long Chinese name": (Headers('"' + "张" * 100 + '"'), CALLER, "张" * 26),
    "no number": (Headers(user="anonymous"), None, None),
    "an agent's name": (Headers(user="1001"), "1001", None),
    "a diversion": (Headers(extra="Diversion: <sip:1%0d%0a2@x>;reason=unconditional\n"), CALLER, None),
    "an identity": (
        Headers(extra='P-Asserted-Identity: "x" <sip:999@x>\nRemote-Party-ID: <sip:998@x>\n'),
        CALLER,
        None,
    ),
}


SERVED = DemoCall(
    "A call like any other",
    [hears(500), presses("1"), hears(1000), hangs_up()],
    DEMO_CALLS[0].expected,
    DEMO_CALLS[0].phones,
)


@pytest.mark.parametrize("what", HOSTILE)
async def test_the_call_is_served_and_its_record_is_right(node: Node, phones: Mapping[str, Phone], what: str) -> None:
    headers, number, name = HOSTILE[what]
    record = await play(node.sipp, node.stream, SERVED, phones, headers=headers)
    assert outcome(record) == SERVED.expected
    assert record.hotline == HOTLINE
    assert record.caller == number
    if name is not None:
        assert record.caller_name == name


async def test_no_row_of_the_file_was_forged(node: Node, phones: Mapping[str, Phone]) -> None:
    """After all of the above: every row has its seven fields, one CALL a call, and ids that Asterisk made."""
    del phones
    with (node.cel / "hotline.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {7}
    calls = [row[5] for row in rows if row[0] == "CALL"]
    assert len(calls) == len(set(calls))
    assert all(row[4].startswith("pbx1-") and row[5].startswith("pbx1-") for row in rows)


async def test_only_400_numbers_are_served(node: Node) -> None:
    for number in ("12345", "4001234567%0a", "40012345678", "400123456a", "0014001234567", "s"):
        caller = await node.sipp.refused(CALLER, number, 404)
        assert await caller.wait(20) == 0, number


async def test_a_hotline_nobody_has_is_recorded_and_not_answered(node: Node) -> None:
    before = await node.stream.newest()
    caller = await node.sipp.refused(CALLER, "4009999999", 404)
    assert await caller.wait(20) == 0
    [record] = await node.stream.after(before)
    assert (record.end_state, record.answered, record.charge) == ("unknown_hotline", None, None)


@pytest.mark.parametrize("prefix", ["86", "+86"])
async def test_the_number_may_come_with_its_country_code(node: Node, phones: Mapping[str, Phone], prefix: str) -> None:
    record = await play(node.sipp, node.stream, SERVED, phones, to=prefix + HOTLINE)
    assert outcome(record) == SERVED.expected
    assert record.hotline == HOTLINE


async def test_who_is_neither_carrier_nor_agent_is_refused(node: Node) -> None:
    caller = await node.sipp.refused(CALLER, HOTLINE, 401, host=PHONE_HOST)
    assert await caller.wait(20) == 0


async def test_a_phone_needs_its_password(node: Node) -> None:
    await node.sipp.register("1001", "a-wrong-password", status=401)


@pytest.mark.parametrize("codec", ["ulaw", "g722"])
async def test_every_codec(node: Node, phones: Mapping[str, Phone], codec: str) -> None:
    record = await play(node.sipp, node.stream, SERVED, phones, codec=codec)
    assert outcome(record) == SERVED.expected
