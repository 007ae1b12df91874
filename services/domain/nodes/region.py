from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from services.domain.model import Id
from services.domain.nodes.base import Branch, NodeModel
from services.domain.region import NumberType, Party, Region
from services.domain.rules import Who
from services.domain.tariff import Place


class RegionBranch(Branch):
    """All that is named must hold; conditions as in a tariff's rules."""

    type: Annotated[list[NumberType], Field(min_length=1)] | None = None
    region: Annotated[list[Place], Field(min_length=1, max_length=400)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "RegionBranch":
        if self.type is None and self.region is None:
            raise ValueError("names neither 'type' nor 'region'; for all other callers there is 'otherwise'")
        return self


class RegionNode(NodeModel):
    """By the type and the place of the caller's number: the first branch that suits it, else ``otherwise``."""

    WAYS = ("branches", "otherwise")

    kind: Literal["region"]
    numbering: Id | None = None
    """What the company knows better than the numbering plan."""
    branches: Annotated[list[RegionBranch], Field(min_length=1, max_length=100)]
    otherwise: Id

    def references(self) -> Iterator[tuple[str, str, str]]:
        if self.numbering is not None:
            yield "numbering", "numbering", self.numbering

    def way(self, caller: Party, home: Region | None) -> Id:
        for branch in self.branches:
            if Who.of(branch.type, branch.region).suits(caller, home):
                return branch.next
        return self.otherwise
