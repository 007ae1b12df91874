from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import Id
from services.domain.nodes.base import NodeModel


class Screen(NodeModel):
    """A caller whose number is on one of the lists is told why and goes ``listed``, others ``otherwise``."""

    WAYS = ("listed", "withheld", "otherwise")

    kind: Literal["screen"]
    lists: Annotated[list[Id], Field(min_length=1, max_length=10)]
    """The first that has the caller counts."""
    listed: Id
    withheld: Id | None = None
    """Where callers go whose number is not shown; left out: ``otherwise``."""
    otherwise: Id

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield from ((f"lists.{index}", "list", name) for index, name in enumerate(self.lists))
