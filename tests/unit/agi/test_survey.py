"""What follows a talk, and the survey that may."""

import pytest
from redis.asyncio import Redis

from services.domain.check import check
from services.domain.documents import Agent, Group
from services.domain.prompts import spoken_name
from services.domain.reading import read
from services.domain.reservation import Leg, Ticket
from services.store import agents, documents, queues
from services.store.distribution import Distribution
from services.store.due import now
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import HOTLINE, OTHERS
from tests.unit.agi.test_journey import PHONES, apply, keys, walk

THANKS = f"/sounds/{spoken_name('谢谢', 'cmn')}"
GROUP = """
kind: group
id: desk
account: shop
name: x
strategy: sequence
members: ["1001"]
"""
RINGS = """{kind: group, group: desk, after: rate, otherwise: one}
    rate: {kind: survey, prompt: 满意吗, scale: 3, thanks: 谢谢, tries: 2, invalid: 错, next: two}"""


async def shop(redis: Redis, first: str = RINGS) -> None:
    await apply(redis, OTHERS, GROUP, PHONES.replace("demo", "shop"), HOTLINE.replace("FIRST", first))


async def known(redis: Redis) -> None:
    """To the distribution, all of them."""
    distribution = Distribution(redis, "shop")
    for name in ("1001", "1002"):
        found = await documents.get(redis, Agent, name)
        assert found
        await agents.put(distribution, found.document, now())
    group = await documents.get(redis, Group, "desk")
    assert group
    await queues.put(distribution, group.document, now())


@pytest.mark.parametrize(
    ("pressed", "said", "score"),
    [
        (["3", None], ["3 match"], ["3"]),
        ([None, "1", None], ["1 match"], ["1"]),
        (["4", None, "2", None], ["4 invalid", "2 match"], ["2"]),
        (["0", "*"], ["0 invalid", "* invalid"], []),
        ([None, None, None, None], ["timeout", "timeout"], []),
    ],
)
async def test_a_score(redis: Redis, pressed: list[str | None], said: list[str], score: list[str]) -> None:
    await shop(redis)
    channel = FakeChannel(keys=[*pressed, None], dials=["ANSWER"])
    assert await walk(redis, channel) == ["first", "rate", "two"]
    assert keys(channel) == said
    assert [mark["score"] for mark in channel.said("SURVEY")] == score
    assert (channel.played[-1] == THANKS) == bool(score)


async def test_a_survey_without_thanks(redis: Redis) -> None:
    await shop(redis, RINGS.replace(" thanks: 谢谢,", ""))
    channel = FakeChannel(keys=["3", None], dials=["ANSWER"])
    assert await walk(redis, channel) == ["first", "rate", "two"]
    assert channel.said("SURVEY") == [{"node": "rate", "score": "3"}]
    assert THANKS not in channel.played


async def test_a_survey_that_leads_nowhere_ends_the_call(redis: Redis) -> None:
    await shop(redis, RINGS.replace(", next: two", ""))
    channel = FakeChannel(keys=["3", None], dials=["ANSWER"])
    assert await walk(redis, channel) == ["first", "rate"]
    assert channel.said("END") == [{"reason": "hangup"}]
    assert channel.variables["JOURNEY"] == "done"


async def test_a_later_talk_without_a_way_forgets_that_of_an_earlier_node(redis: Redis) -> None:
    """Nobody answers at the first; the second's talk is to end the call, whatever becomes of the session."""
    two = """{kind: group, group: desk, after: two, otherwise: again}
    again: {kind: group, group: desk, otherwise: one}"""
    await shop(redis, two)
    channel = FakeChannel(dials=["NOANSWER", "ANSWER"])
    assert await walk(redis, channel) == ["first", "again"]
    assert channel.variables["JOURNEY_AFTER"] == ""


async def test_a_session_that_takes_over_forgets_what_the_one_before_it_said(redis: Redis) -> None:
    await shop(redis, RINGS.replace("after: rate, otherwise: one", "otherwise: rate"))
    channel = FakeChannel(dials=["ANSWER"], JOURNEY_NODE="first", JOURNEY_AFTER="rate")
    assert await walk(redis, channel) == ["first"]
    assert channel.variables["JOURNEY_AFTER"] == ""


async def test_nobody_who_answers_leads_to_no_survey(redis: Redis) -> None:
    await shop(redis)
    assert await walk(redis, FakeChannel(dials=["NOANSWER"])) == ["first", "one"]


async def test_without_a_way_the_talk_ends_the_call(redis: Redis) -> None:
    await shop(redis, RINGS.replace("after: rate, otherwise: one", "otherwise: rate"))
    channel = FakeChannel(dials=["ANSWER"])
    assert await walk(redis, channel) == ["first"]
    assert "JOURNEY_AFTER" not in channel.variables  # nothing that the dialplan would have to be told
    assert channel.variables["DIALSTATUS"] == "ANSWER"


async def test_a_session_that_takes_over_in_the_survey_asks_again(redis: Redis) -> None:
    await shop(redis)
    channel = FakeChannel(dials=["ANSWER"])  # the caller is asked, and the session ends
    assert await walk(redis, channel) == ["first", "rate"]
    left = channel.variables
    assert (left["JOURNEY_NODE"], left["DIALSTATUS"], left["TRANSFER"]) == ("rate", "", "")
    again = FakeChannel(keys=["2", None])
    again.variables = left
    assert await walk(redis, again) == ["rate", "two"]


async def test_a_session_that_takes_over_after_the_talk_goes_on_where_the_dead_one_would_have(redis: Redis) -> None:
    await shop(redis)
    talked = FakeChannel(keys=["2", None], JOURNEY_NODE="first", JOURNEY_AFTER="rate", DIALSTATUS="ANSWER")
    assert await walk(redis, talked) == ["rate", "two"]
    assert talked.dialled == []
    over = FakeChannel(JOURNEY_NODE="first", JOURNEY_AFTER="", DIALSTATUS="ANSWER")
    assert await walk(redis, over) == []
    assert over.variables["JOURNEY"] == "done"


async def test_a_caller_who_was_transferred_is_asked_as_well(redis: Redis) -> None:
    await shop(redis)
    await known(redis)
    channel = FakeChannel(
        keys=["2", None], dials=["ANSWER"], JOURNEY_NODE="first", TRANSFER="1002", BLINDTRANSFER="PJSIP/1001-0000000a"
    )
    assert await walk(redis, channel) == ["rate", "two"]
    assert channel.variables["TRANSFER"] == ""


def test_what_follows_a_talk_still_costs_from_its_begin() -> None:
    ticket = Ticket(None, None, 0).rings((Leg("li", "139", 10),), 10).over(30)
    assert [(leg.begun, leg.ended) for leg in ticket.outbound] == [(10, 30)]
    again = ticket.rings((), 40).rang(50, picked_up=False)
    assert (again.usage(60, 70).agent_answered, again.talking) == (10, None)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [(("scale: 3", "scale: 10"), "rate.scale"), (("after: rate", "after: none"), "first.after")],
)
def test_what_makes_no_sense_is_refused(change: tuple[str, str], sentence: str) -> None:
    reading = read("x", HOTLINE.replace("FIRST", RINGS.replace(*change)))
    assert any(sentence in str(problem) for problem in [*reading.problems, *check(reading)])
