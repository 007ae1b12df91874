from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from services.domain.model import Id
from services.domain.nodes.base import NodeModel, Value, VariableName


def _as_kept(cases: Any) -> Any:
    """YAML reads an unquoted ``1:`` as a number, ``true:`` as a truth."""
    if not isinstance(cases, dict):
        return cases
    return {str(case).lower() if isinstance(case, bool) else str(case): way for case, way in cases.items()}


class Switch(NodeModel):
    """By what the call has kept under a name."""

    WAYS = ("cases", "otherwise")

    kind: Literal["switch"]
    variable: VariableName
    cases: Annotated[dict[Value, Id], BeforeValidator(_as_kept), Field(min_length=1, max_length=100)]
    otherwise: Id
    """For every other value, and when nothing is kept."""

    def reads(self) -> Iterator[tuple[str, str]]:
        yield "variable", self.variable
