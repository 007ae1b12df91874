"""Who of a group is rung, and in what order."""

from collections.abc import Sequence
from typing import TypeVar

from services.domain.documents import Strategy

Member = TypeVar("Member")


def rounds(strategy: Strategy, members: Sequence[Member]) -> list[tuple[Member, ...]]:
    """The members that ring together, round after round, until one answers.

    ``sequence`` always starts at the first member and goes on when it is busy, unreachable or does not answer;
    ``ringall`` rings all at once, once.
    """
    match strategy:
        case "sequence":
            return [(member,) for member in members]
        case "ringall":
            return [tuple(members)] if members else []
