"""Attended transfers to a phone that still rings, when Asterisk is busy. Real ones: tests/calls/test_transfer.py."""

import pytest
from redis.asyncio import Redis

from services.domain.documents import Agent, Sip
from services.pbx.transfers import Transfers
from services.store import documents
from services.store.due import Due
from tests.harness.waiting import until
from tests.unit.ami.fake_asterisk import Answer, Asterisk, Fields, asterisk_running, message, our_link, says

CALLER = "PJSIP/carrier-0000004e"
TRANSFER = message(
    "Event: AttendedTransfer",
    "Result: Success",
    "OrigTransfererChannel: PJSIP/1001-0000004f",
    "DestType: App",
    f"TransfereeChannel: {CALLER}",
)
GONE = says("Response: Error", "Message: No such channel")
NOT_YET = says("Response: Success", "Variable: DIALLED", "Value: ")
TAKEN = says("Response: Success", "Variable: DIALLED", "Value: 1002")


@pytest.mark.parametrize("before", [[], [NOT_YET], [GONE], [NOT_YET, GONE, GONE, NOT_YET]])
async def test_the_caller_goes_on_when_it_has_taken_the_place(redis: Redis, before: list[Answer]) -> None:
    """While it does, Asterisk knows no channel of its name for a moment."""
    agent = Agent(kind="agent", id="1001", account="demo", name="李", sip=Sip(password="a-password-1001"))
    await documents.apply(redis, [agent])
    async with asterisk_running() as asterisk:
        answers = [*before, TAKEN]

        def in_turn(action: Fields) -> bytes:
            return answers[len(asterisk.received("Getvar")) - 1](action)

        asterisk.answers["Getvar"] = in_turn
        async with our_link(asterisk) as link:
            Transfers(redis, link, Due(redis))
            asterisk.send(TRANSFER)
            await until(lambda: redirected(asterisk), "the caller to be sent on")
    [action] = asterisk.received("Redirect")
    assert (action["Channel"], action["Context"], action["Exten"]) == ([CALLER], ["transferred"], ["ringing"])
    assert len(asterisk.received("Getvar")) == len(before) + 1


async def redirected(asterisk: Asterisk) -> bool:
    return bool(asterisk.received("Redirect"))
