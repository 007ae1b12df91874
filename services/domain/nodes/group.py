from collections.abc import Iterator
from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel


class GroupNode(NodeModel):
    """Rings a group; when nobody answered the call goes ``otherwise``."""

    WAYS = ("otherwise",)
    WAITS = True

    kind: Literal["group"]
    group: Id
    otherwise: Id

    def ends(self) -> bool:
        return True

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "group", "group", self.group
