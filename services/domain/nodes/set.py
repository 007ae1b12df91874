from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import StringConstraints

from services.domain.model import Id
from services.domain.nodes.base import NodeModel
from services.domain.nodes.collect import VariableName

Value = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\"\\]{0,200}$")]


class SetVariable(NodeModel):
    """The call keeps a value under a name."""

    WAYS = ("next",)

    kind: Literal["set"]
    name: VariableName
    value: Value
    next: Id

    def keeps(self) -> Iterator[str]:
        yield self.name
