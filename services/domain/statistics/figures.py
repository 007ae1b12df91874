"""The figures of some calls; each is defined in docs/analysis.md."""

from dataclasses import astuple, dataclass
from operator import add


@dataclass(frozen=True, slots=True)
class Figures:
    """``answer_ms`` (what was waited), ``talk_ms`` and ``wrap_ms`` are sums over those answered."""

    calls: int = 0
    answered: int = 0
    abandoned: int = 0
    """Hung up while an agent was waited for, or a phone rang."""
    answer_ms: int = 0
    talk_ms: int = 0
    wrap_ms: int = 0
    """Wrap-up after these calls, as far as agents' states were archived."""
    billed_s: int = 0
    """Whole increments of all legs, whether money or a package paid for them."""

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(add, astuple(self), astuple(other)))

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer."""
        return self.answer_ms / self.answered if self.answered else None

    @property
    def aht_ms(self) -> float | None:
        """Average handling time: talk and wrap-up."""
        return (self.talk_ms + self.wrap_ms) / self.answered if self.answered else None

    @property
    def talk_mean_ms(self) -> float | None:
        return self.talk_ms / self.answered if self.answered else None

    @property
    def answer_rate(self) -> float | None:
        return self.answered / self.calls if self.calls else None

    @property
    def abandon_rate(self) -> float | None:
        """Of the calls that an agent was waited for until one answered or the caller hung up."""
        offered = self.answered + self.abandoned
        return self.abandoned / offered if offered else None


@dataclass(frozen=True, slots=True)
class Duty:
    """What agents did, in milliseconds."""

    ready_ms: int = 0
    ringing_ms: int = 0
    busy_ms: int = 0
    """With callers of ours."""
    wrap_ms: int = 0
    rest_ms: int = 0
    """The short rest after a missed offer."""
    own_call_ms: int = 0
    paused_ms: int = 0

    def __add__(self, other: "Duty") -> "Duty":
        return Duty(*map(add, astuple(self), astuple(other)))

    @property
    def on_duty_ms(self) -> int:
        return self.available_ms + self.own_call_ms + self.paused_ms

    @property
    def available_ms(self) -> int:
        """At work on callers or waiting for one."""
        return self.ready_ms + self.ringing_ms + self.busy_ms + self.wrap_ms + self.rest_ms

    @property
    def occupancy(self) -> float | None:
        """Talk and wrap-up, of the time that agents were there for callers; pauses and own calls count neither way."""
        return (self.busy_ms + self.wrap_ms) / self.available_ms if self.available_ms else None
