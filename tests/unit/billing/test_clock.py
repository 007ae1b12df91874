import time

import pytest

from services.billing.clock import STEP_MS, Clock


@pytest.mark.parametrize("by", [120_000, -120_000])
def test_a_clock_that_is_set_is_told_once(monkeypatch: pytest.MonkeyPatch, by: int) -> None:
    clock = Clock()
    assert clock.set_by() == 0
    monkeypatch.setattr(time, "time_ns", lambda now=time.time_ns: now() + by * 1_000_000)
    assert abs(clock.set_by() - by) < STEP_MS
    assert clock.set_by() == 0


class Machine:
    """Nanoseconds since its start, and by how many its clock of the day is ahead of that."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.since_start, self.ahead, self.stops_for = 0, 10**18, 0
        monkeypatch.setattr(time, "clock_gettime_ns", lambda _: self.since_start)
        monkeypatch.setattr(time, "time_ns", self._time)

    def _time(self) -> int:
        told = self.since_start + self.ahead
        self.since_start, self.stops_for = self.since_start + self.stops_for, 0
        return told


def test_time_that_passes_and_slewing_are_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    clock = Clock()
    for _ in range(3):
        machine.since_start += 3_600_000_000_000
        machine.ahead += 1_000_000_000
        assert clock.set_by() == 0


def test_a_process_that_is_stopped_while_it_looks_sees_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    clock = Clock()
    machine.stops_for = 3_600_000_000_000
    assert clock.set_by() == 0
    assert clock.set_by() == 0
