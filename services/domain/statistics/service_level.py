"""Every definition of the service level, from the same waits. Each in words, and who uses it: docs/analysis.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from services.domain.statistics.bins import within
from services.domain.statistics.figures import Figures


@dataclass(frozen=True, slots=True)
class Waits:
    """Calls that waited for an agent, or whose phones rang; all are counts.

    Those neither answered nor abandoned went elsewhere in the flow: overflow, voicemail, callback.
    """

    queued: int
    answered: int
    abandoned: int
    queued_within: int
    """That waited no longer than the threshold, whatever came of it."""
    answered_within: int
    abandoned_within: int
    abandoned_short: int
    """Within the threshold for short abandons."""


@dataclass(frozen=True, slots=True)
class Formula:
    id: str
    compute: Callable[[Waits], tuple[int, int]]
    """Numerator and denominator."""


@dataclass(frozen=True, slots=True)
class Level:
    formula: Formula
    met: int
    of: int

    @property
    def share(self) -> float | None:
        return self.met / self.of if self.of else None


FORMULAS: Final = (
    Formula("answered", lambda waits: (waits.answered_within, waits.answered)),
    Formula(
        "finished", lambda waits: (waits.answered_within + waits.abandoned_within, waits.answered + waits.abandoned)
    ),
    Formula("offered", lambda waits: (waits.answered_within, waits.answered + waits.abandoned)),
    Formula(
        "long_abandons", lambda waits: (waits.answered_within, waits.answered + waits.abandoned - waits.abandoned_short)
    ),
    Formula("waited", lambda waits: (waits.queued_within, waits.queued)),
    Formula("queued", lambda waits: (waits.answered_within, waits.queued)),
)


def counted(by_class: Mapping[int, Figures], threshold_s: int, short_s: int) -> Waits:
    """``by_class``: the figures of each class of ``WAIT_EDGES_S``. ValueError for a threshold that is no edge."""
    last, short = within(threshold_s), within(short_s)

    def total(name: str, upto: int | None = None) -> int:
        return sum(getattr(some, name) for key, some in by_class.items() if upto is None or key <= upto)

    return Waits(
        queued=total("calls"),
        answered=total("answered"),
        abandoned=total("abandoned"),
        queued_within=total("calls", last),
        answered_within=total("answered", last),
        abandoned_within=total("abandoned", last),
        abandoned_short=total("abandoned", short),
    )


def levels(waits: Waits) -> list[Level]:
    return [Level(formula, *formula.compute(waits)) for formula in FORMULAS]
