from collections.abc import Iterator
from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import Ringing


class GroupNode(Ringing):
    """Rings a group; when nobody answered the call goes ``otherwise``."""

    WAYS = ("after", "otherwise")

    kind: Literal["group"]
    group: Id

    def references(self) -> Iterator[tuple[str, str, str]]:
        yield "group", "group", self.group
