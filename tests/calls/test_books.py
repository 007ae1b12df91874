"""A real call in an account's book, from its extra services to its correction and the month's statement."""

import json
from datetime import datetime, timedelta
from typing import Any

from services.domain.rating import CHINA_TIME
from services.domain.tariff import Tariff
from services.store import books, documents
from tests.harness.demo_calls import CALLER
from tests.harness.node import Node
from tests.harness.sipp import hangs_up, hears, is_hung_up

BOOKED = "4007800010"


async def said(node: Node, *command: str) -> Any:
    return json.loads(await node.hotline(*command, "--json"))


async def make_dearer(node: Node) -> None:
    found = await documents.get(node.redis, Tariff, "booked")
    assert found is not None
    fields = json.loads(found.document.model_dump_json(exclude_none=True))
    fields["prices"][0]["inbound"]["rules"][0]["connect"] = "0.09"
    await documents.apply(node.redis, [Tariff.model_validate(fields)])


async def test_a_call_is_booked_with_what_it_used_and_corrected_and_stated(node: Node) -> None:
    before = await node.stream.newest()
    phone = await node.sipp.bound_phone().answers(is_hung_up())
    caller = await node.sipp.call(CALLER, BOOKED, [hears(1000), hangs_up()])
    assert [await caller.wait(30), await phone.wait(30)] == [0, 0]
    [record] = await node.stream.after(before)
    assert (len(record.recordings), record.hops[0].text_message, record.agent) == (1, "accepted", "booked-mobile")
    assert record.charge is not None
    assert record.charge.total == "0.05"  # the minute is included, the connection is not
    extras = [line async for line in books.lines(node.redis, "booked") if line.kind == "extra"]
    number = (await books.get(node.redis, "booked")).book.number
    assert [(line.number, line.amount, line.text) for line in extras] == [
        (number, -30_000, "recording: 1 used, 0 included, 1 x 0.03"),
        (number, 0, "sms: 1 used, 1 included, 0 x 0.10"),
    ]

    await make_dearer(node)
    today = datetime.now(CHINA_TIME).date()
    days = ("--since", str(today - timedelta(1)), "--until", str(today + timedelta(1)), "--account", "booked")
    assert (await said(node, "rerate", *days, "--apply"))["difference"] == "0.04"
    for _ in range(2):
        await node.hotline("account", "top-up", "booked", "50", "--id", "invoice-1")
    assert await said(node, "doctor", "--account", "booked") == {"account": "booked", "drift": []}
    stated = await said_statement(node, f"{today:%Y-%m}")
    balance = (await said(node, "account", "show", "booked"))["balance"]
    assert (stated["balance"]["end"], [one["amount"] for one in stated["top_ups"]]) == (balance, ["50.00"])
    assert (stated["calls_total"], [one["amount"] for one in stated["corrections"]]) == ("0.05", ["0.04"])


async def said_statement(node: Node, cycle: str) -> Any:
    return json.loads(await node.hotline("statement", "booked", "--cycle", cycle, "--format", "json"))
