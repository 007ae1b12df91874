from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from services.domain.model import Id, Model
from services.domain.nodes.base import NodeModel

Cap = Literal["concurrent", "per_caller", "per_day", "per_month"]
"""In this order: of several that are reached the first counts."""

Calls = Annotated[int, Field(ge=1, le=1_000_000)]


class PerCaller(Model):
    """So many calls of one number in any so many hours."""

    calls: Annotated[int, Field(ge=1, le=1000)]
    hours: Annotated[int, Field(ge=1, le=24 * 31)]


class CapsNode(NodeModel):
    """Lets so many calls go ``next``; the way of those beyond is ``beyond``'s of the cap, else ``otherwise``."""

    WAYS = ("next", "beyond", "otherwise")

    kind: Literal["caps"]
    concurrent: Calls | None = None
    """Calls that have gone ``next`` and are not over."""
    per_caller: PerCaller | None = None
    per_day: Calls | None = None
    """Of the calendar, in the hotline's time zone."""
    per_month: Calls | None = None
    next: Id
    beyond: dict[Cap, Id] = Field(default_factory=dict)
    otherwise: Id

    @model_validator(mode="after")
    def _caps_something(self) -> "CapsNode":
        caps = {cap for cap in get_args(Cap) if getattr(self, cap) is not None}
        if not caps:
            raise ValueError(f"caps nothing: give one of {', '.join(get_args(Cap))}")
        if ways := self.beyond.keys() - caps:
            raise ValueError(f"'beyond' has a way for {', '.join(sorted(ways))}, which is not capped")
        return self

    def way(self, cap: Cap | None) -> Id:
        """``cap``: what the call is beyond."""
        return self.next if cap is None else self.beyond.get(cap, self.otherwise)
