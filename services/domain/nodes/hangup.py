from typing import Literal, get_args

from services.domain.nodes.base import NodeModel

Cause = Literal["normal", "busy", "no_answer", "rejected", "out_of_order", "congestion"]
Q850: dict[Cause, int] = dict(zip(get_args(Cause), (16, 17, 19, 21, 27, 34), strict=True))


class Hangup(NodeModel):
    kind: Literal["hangup"]
    cause: Cause = "normal"
    """What the carrier is told of a call that was not answered."""
