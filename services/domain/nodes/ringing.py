from services.domain.model import Id
from services.domain.nodes.base import NodeModel


class Ringing(NodeModel):
    """Brings the caller to somebody it can talk to."""

    WAITS = True

    after: Id | None = None
    """Where the call goes when the other side has ended the talk and the caller is still there; left out: it ends."""
