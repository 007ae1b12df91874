from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import Id
from services.domain.nodes.asking import Asking
from services.domain.nodes.base import Prompt


class Survey(Asking):
    """The caller says by a key, from 1 on, how content it was with whom it last talked to."""

    WAYS = ("next",)
    PROMPTS = (*Asking.PROMPTS, "thanks")

    kind: Literal["survey"]
    scale: Annotated[int, Field(ge=2, le=9)] = 5
    """The highest key."""
    thanks: Prompt | None = None
    """Played after a score."""
    next: Id | None = None
    """Where the call goes then, with a score or without; left out: it ends."""

    def ends(self) -> bool:
        return self.next is None

    def takes(self, key: str) -> bool:
        return key.isdigit() and 1 <= int(key) <= self.scale
