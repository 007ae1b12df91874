from typing import Annotated, Literal

from pydantic import Field

from services.domain.model import BoundNumber
from services.domain.nodes.base import Ringing


class TransferNode(Ringing):
    """Rings a number outside, over the trunk that the call came by: one that is written here, never one keyed in."""

    WAYS = ("after", "otherwise")

    kind: Literal["transfer"]
    number: BoundNumber
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 45
