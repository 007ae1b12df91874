"""What an agent did on a day in China: docs/distribution.md."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.domain.agents import Standing, State

CHINA_MS = 8 * 3_600_000
DAY_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Workday:
    """Durations are milliseconds. Calls are those of queues and those to the agent by name."""

    answered: int = 0
    missed: int = 0
    ready: int = 0
    ringing: int = 0
    busy: int = 0
    own_call: int = 0
    wrap_up: int = 0
    paused: int = 0
    unreachable: int = 0

    @property
    def on_duty(self) -> int:
        return self.ready + self.ringing + self.busy + self.own_call + self.wrap_up + self.paused + self.unreachable


def day_of(at: int) -> int:
    """Days since 1970, in China."""
    return (at + CHINA_MS) // DAY_MS


def midnight(at: int) -> int:
    """The one before, in China."""
    return day_of(at) * DAY_MS - CHINA_MS


def workday(kept: Mapping[str, int], standing: Standing, now: int) -> Workday:
    """``kept``: of the day of ``now``, without the state that the agent is in."""
    today = dict(kept)
    if (of := _counted_as(standing)) is not None:
        today[of] = today.get(of, 0) + max(0, now - max(standing.since, midnight(now)))
    return Workday(**today)


def _counted_as(standing: Standing) -> str | None:
    """As ``counted_as`` in services/store/lua/workday.lua."""
    if standing.state is State.OFFLINE:
        return "unreachable" if standing.reason else None
    return "own_call" if standing.reason == "own_call" and standing.state is State.BUSY else standing.state
