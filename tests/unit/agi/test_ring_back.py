"""Nodes that say something before the call is answered."""

import pytest
from redis.asyncio import Redis

from services.domain.reading import read
from tests.unit.agi.fake_channel import FakeChannel
from tests.unit.agi.test_branches import HOTLINE, OTHERS
from tests.unit.agi.test_journey import apply, walk

SAY = "{kind: say, prompt: 您好, answer: false, next: one}"
QUEUE = "{kind: queue, group: desk, answer: false, keys: {'1': one}, otherwise: one}"


@pytest.mark.parametrize("answer", [True, False])
@pytest.mark.parametrize("first", [SAY, QUEUE.replace("keys: {'1': one}, ", "")], ids=["say", "queue"])
async def test_what_does_not_answer(redis: Redis, first: str, *, answer: bool) -> None:
    await apply(redis, OTHERS, HOTLINE.replace("FIRST", first.replace("false", str(answer).lower())))
    channel = FakeChannel(keys=[None])
    assert await walk(redis, channel) == ["first", "one"]
    assert (channel.answered, channel.executed) == (answer, [] if answer else [("Progress",)])


def test_a_queue_with_keys_answers() -> None:
    [problem] = read("x", HOTLINE.replace("FIRST", QUEUE)).problems
    assert "'keys' need a queue that answers" in str(problem)
