from typing import Literal

from services.domain.model import Id
from services.domain.nodes.base import NodeModel
from services.domain.template import CallerText


class TextMessage(NodeModel):
    """A text message to a caller who has a mobile; the call goes on at once."""

    WAYS = ("next",)

    kind: Literal["text_message"]
    text: CallerText
    next: Id
