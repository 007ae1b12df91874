import asyncio

import pytest

from services.ami import Limits
from services.ami.limits import Pauses


class Clock:
    """The loop's time, as the test sets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)


async def test_pauses_grow_to_the_longest_and_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        clock = Clock(patched)
        pauses = Pauses(0.1, 5)
        taken = []
        for _ in range(10):
            taken.append(pauses.next())
            clock.now += taken[-1]
    wholes = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5, 5]
    assert all(whole / 2 <= pause <= whole for pause, whole in zip(taken, wholes, strict=True))
    assert len(set(taken)) == 10


async def test_a_failure_long_after_the_last_one_is_a_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        clock = Clock(patched)
        pauses = Pauses(0.1, 5)
        for _ in range(10):
            pauses.next()
        clock.now += 9.9
        assert pauses.next() > 2
        clock.now += 10.1
        assert pauses.next() <= 0.1


def test_what_the_limits_promise() -> None:
    limits = Limits()
    assert limits.ping_every + limits.ping < 5
    assert limits.first_refused_pause / 2 >= 10
