from collections.abc import Iterator
from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Value, VariableName


class SetVariable(NodeModel):
    """The call keeps a value under a name."""

    WAYS = ("next",)

    kind: Literal["set"]
    name: VariableName
    value: Value
    next: Id

    def keeps(self) -> Iterator[str]:
        yield self.name
