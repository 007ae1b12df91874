"""Whether the clock was set: rows of a CEL file tell when it was set back, but not when it was set forward.

Billing runs on the host of its Asterisk, so that it is the same clock.
"""

import time

STEP_MS = 5000
"""What is less is slewing, or this process not having been given the processor."""


class Clock:
    """The clock of the day, against the one that counts since the machine was started and is never set."""

    def __init__(self) -> None:
        self._ahead = _ahead()

    def set_by(self) -> int:
        """Milliseconds by which it was set since it was asked last; negative: back; 0: it was not."""
        before, self._ahead = self._ahead, _ahead()
        by = self._ahead - before
        return by if abs(by) > STEP_MS else 0


def _ahead() -> int:
    """Milliseconds; of several looks the one that took least: the process may be stopped in the middle of any."""
    return min(_look() for _ in range(3))[1]


def _look() -> tuple[int, int]:
    begin, now, end = _since_start(), time.time_ns(), _since_start()
    return end - begin, (now - end) // 1_000_000


def _since_start() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
