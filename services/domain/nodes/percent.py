from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.domain.model import Id
from services.domain.nodes.base import Branch, NodeModel


class Share(Branch):
    percent: Annotated[int, Field(ge=1, le=100)]


class PercentNode(NodeModel):
    """So many of a hundred calls take each branch, by chance; the rest goes ``otherwise``."""

    WAYS = ("branches", "otherwise")

    kind: Literal["percent"]
    branches: Annotated[list[Share], Field(min_length=1, max_length=100)]
    otherwise: Id

    @model_validator(mode="after")
    def _adds_up(self) -> "PercentNode":
        if (total := sum(branch.percent for branch in self.branches)) > 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"the branches add up to {total} percent, which is more than 100")
        return self

    def way(self, drawn: int) -> Id:
        """``drawn``: 0 … 99."""
        for branch in self.branches:
            drawn -= branch.percent
            if drawn < 0:
                return branch.next
        return self.otherwise
