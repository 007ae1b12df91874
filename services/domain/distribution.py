"""Who of a group is rung, and in what order. Each strategy in one sentence: docs/distribution.md."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.domain.documents import Strategy

Member = TypeVar("Member")
Draw = Callable[[int], int]
"""Gives one of 0 … n - 1, each as likely as the others."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of a group who may be rung now."""

    agent: str
    index: int
    """Place in the group's list, from 0."""
    ready_since: int = 0
    answered: int = 0
    """Calls of this group that the agent answered today."""
    weight: int = 1
    level: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    after_ms: int
    level: int


EVERYBODY = (Step(0, 1),)


def rounds(strategy: Strategy, members: Sequence[Member]) -> list[tuple[Member, ...]]:
    """The members that ring together, round after round, when nothing is known of them but their order."""
    if strategy == "ringall":
        return [tuple(members)] if members else []
    return [(member,) for member in members]


def order(  # noqa: PLR0913 - what each strategy looks at
    strategy: Strategy,
    candidates: Iterable[Candidate],
    *,
    draw: Draw,
    start: int = 0,
    level: int = 1,
    last: str | None = None,
) -> list[Candidate]:
    """The candidates in the order in which a call is offered to them; with ``ringall`` they ring together.

    ``start``: the index that this call begins at (``rotation``). ``level``: who has less is left out (``skills``).
    ``last``: the agent who served this caller last, asked before all others.
    """
    listed = sorted(candidates, key=lambda candidate: candidate.index)
    if strategy == "random":
        ordered = [listed.pop(draw(len(listed))) for _ in range(len(listed))]
    elif strategy == "rotation":
        ordered = sorted(listed, key=lambda candidate: candidate.index < start)
    elif strategy == "skills":
        able = [candidate for candidate in listed if candidate.level >= level]
        ordered = sorted(able, key=lambda candidate: (-candidate.level, candidate.ready_since))
    else:
        ordered = sorted(listed, key=_KEYS[strategy])
    return sorted(ordered, key=lambda candidate: candidate.agent != last)


_KEYS: dict[Strategy, Callable[[Candidate], tuple[float, ...]]] = {
    "sequence": lambda candidate: (candidate.index,),
    "ringall": lambda candidate: (candidate.index,),
    "even": lambda candidate: (candidate.answered, candidate.ready_since),
    "longest_idle": lambda candidate: (candidate.ready_since,),
    # Webster's divisors: who is furthest behind its share. After as many calls as all weights together, each
    # member had exactly as many as its weight.
    "percentage": lambda candidate: ((2 * candidate.answered + 1) / candidate.weight,),
}


def level_after(steps: Sequence[Step], waited_ms: int) -> tuple[int, int | None]:
    """The level an agent needs for a caller who waited so long, and the wait at which that changes; None: never."""
    reached = [step for step in steps if step.after_ms <= waited_ms]
    coming = [step.after_ms for step in steps if step.after_ms > waited_ms]
    return reached[-1].level, min(coming, default=None)
