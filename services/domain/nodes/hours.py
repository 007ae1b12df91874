from collections.abc import Iterator
from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel
from services.domain.opening import OpeningHours


class HoursNode(OpeningHours, NodeModel):
    """Goes ``next`` while it is open, else ``closed``; on holidays ``holiday``, when they have a way of their own."""

    WAYS = ("next", "closed", "holiday")

    kind: Literal["hours"]
    calendar: Id | None = None
    """Of holidays and moved working days; left out: China's."""
    next: Id
    closed: Id
    holiday: Id | None = None

    def references(self) -> Iterator[tuple[str, str, str]]:
        if self.calendar is not None:
            yield "calendar", "calendar", self.calendar
